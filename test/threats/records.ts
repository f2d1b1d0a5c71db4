import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { RunningGateway } from '../helpers/running-gateway.js';

/**
 * Every record of a gateway as its file holds it: a record that was written again, if only with the same words, is
 * sealed anew and differs. Without the sign of life that a gateway gives every few seconds.
 */
export async function recordFiles({
  stateFolder,
}: RunningGateway): Promise<Readonly<Record<string, string>>> {
  const root = join(stateFolder, 'records');
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const kept = paths.filter(
    (path) => path.endsWith('.record') && !relative(root, path).startsWith('listeners'),
  );
  const files = await Promise.all(kept.sort().map(async (path) => [path, await readFile(path, 'utf8')]));
  return Object.fromEntries(files);
}

/** Takes the records away, as a disk that is gone does; gives what brings them back. */
export async function breakStore(stateFolder: string): Promise<() => Promise<void>> {
  const records = join(stateFolder, 'records');
  const aside = join(stateFolder, '..', 'records-aside');
  await rename(records, aside);
  await writeFile(records, 'no folder');
  return async () => {
    await rm(records);
    await rename(aside, records);
  };
}
