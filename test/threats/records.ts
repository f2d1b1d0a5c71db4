import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { RunningGateway } from '../helpers/running-gateway.js';

async function recordPaths(stateFolder: string): Promise<readonly string[]> {
  const entries = await readdir(join(stateFolder, 'records'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** All that a state folder holds, names and bytes, but the key that opens it. */
export async function everyRecord(stateFolder: string): Promise<string> {
  const paths = await recordPaths(stateFolder);
  // A gateway that runs takes some away meanwhile.
  const read = (path: string) => readFile(path, 'latin1').catch(() => '');
  const records = await Promise.all(paths.map(async (path) => `${path}\n${await read(path)}`));
  return records.join('\n');
}

/**
 * Every record of a gateway as its file holds it: a record that was written again, if only with the same words, is
 * sealed anew and differs. Without the sign of life that a gateway gives every few seconds.
 */
export async function recordFiles({
  stateFolder,
}: RunningGateway): Promise<Readonly<Record<string, string>>> {
  const root = join(stateFolder, 'records');
  const paths = await recordPaths(stateFolder);
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
