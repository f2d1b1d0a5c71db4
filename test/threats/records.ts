import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { RunningGateway } from '../helpers/running-gateway.js';

/** A gateway's sign of life, every few seconds. */
const ALIVE = ['listeners'];
/** Who spoke, and the audit: written a moment after the command. */
const AFTERWARDS = [...ALIVE, 'seen', 'audit'];

async function filesBut(
  { stateFolder }: RunningGateway,
  names: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const root = join(stateFolder, 'records');
  const kept = (await recordsIn(root)).filter((path) => !names.some((name) => path.startsWith(name)));
  const files = await Promise.all(
    [...kept].sort().map(async (path) => [join(root, path), await readFile(join(root, path), 'utf8')]),
  );
  return Object.fromEntries(files);
}

/**
 * Every record of a gateway as its file holds it: a record that was written again, if only with the same words, is
 * sealed anew and differs. Without those that come by themselves.
 */
export async function recordFiles(gateway: RunningGateway): Promise<Readonly<Record<string, string>>> {
  return filesBut(gateway, AFTERWARDS);
}

/** The same with who spoke and the audit, once nothing is written any more. */
export async function settledRecords(gateway: RunningGateway): Promise<Readonly<Record<string, string>>> {
  for (let before = await filesBut(gateway, ALIVE); ; ) {
    await sleep(800);
    const after = await filesBut(gateway, ALIVE);
    if (isDeepStrictEqual(before, after)) return after;
    before = after;
  }
}

/** The files of records in a folder and those below it, by their paths from there. */
export async function recordsIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  return names.filter((name) => name.endsWith('.record'));
}

/** All that a state folder holds, names and bytes, but the key that opens it. */
export async function everyRecord(stateFolder: string): Promise<string> {
  const root = join(stateFolder, 'records');
  // A gateway that runs takes some away meanwhile.
  const read = (path: string) => readFile(join(root, path), 'latin1').catch(() => '');
  const records = await Promise.all(
    (await recordsIn(root)).map(async (path) => `${path}\n${await read(path)}`),
  );
  return records.join('\n');
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
