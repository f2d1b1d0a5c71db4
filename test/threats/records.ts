import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
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

/** The same once nothing is written any more: who spoke, and the audit, are written a moment later. */
export async function settledRecords(gateway: RunningGateway): Promise<Readonly<Record<string, string>>> {
  for (let before = await recordFiles(gateway); ; ) {
    await sleep(800);
    const after = await recordFiles(gateway);
    if (isDeepStrictEqual(before, after)) return after;
    before = after;
  }
}

/** The files of records in a folder and those below it, by their paths from there. */
export async function recordsIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  return names.filter((name) => name.endsWith('.record'));
}
