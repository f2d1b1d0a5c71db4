import { chmod, readFile, stat } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { inFolder, unlessAbsent } from '../file-failure.js';
import { keyId, SHORTEST_KEY } from '../sealing/key-ring.js';
import { StoreError } from '../types.js';
import { makeFolder, makeFolders, makeOwnFolder, writeDurably } from './durable-file.js';

export const KEY_FILE = 'sealing.key';
export const OLD_KEY_FILE = `${KEY_FILE}.old`;
const KEY_ID_FILE = 'sealing.kid';
/** Windows has no such modes; there the folder inherits its owner's rights. */
const OTHERS = process.platform === 'win32' ? 0 : 0o077;

/** Makes the state folder and its parts, for its owner alone. */
export function prepareFolder(folder: string): Promise<void> {
  return inFolder(folder, 'open the store', async () => {
    // Not `mkdir` with `recursive`: where the system refuses for good with ENOENT, as in /proc, Node tries for ever.
    await makeFolders(parse(folder).root, folder, makeOwnFolder);
    const found = await stat(folder);
    if (!found.isDirectory()) throw noFolder(folder);
    if ((found.mode & OTHERS) !== 0) await chmod(folder, 0o700);
    for (const part of ['records', 'changes', 'locks']) await makeFolder(join(folder, part));
  });
}

/**
 * Refuses to open a folder whose records were sealed with none of these keys: better one clear sentence at the start
 * than every credential unreadable. A new first key is noted.
 */
export function checkKeys(folder: string, keys: readonly string[]): Promise<void> {
  return inFolder(folder, 'check the sealing key', async () => {
    const ids = keys.map(keyId);
    const noted = await notedKeyId(folder);
    if (noted !== undefined && !ids.includes(noted))
      throw otherKey(folder, await formerKeyFile(folder, noted));
    const [first] = ids;
    if (first !== undefined && noted !== first) await noteKeyId(folder, first);
  });
}

/** The id of the key that was first when a gateway started last. */
export function notedKeyId(folder: string): Promise<string | undefined> {
  return readOwn(join(folder, KEY_ID_FILE));
}

export function noteKeyId(folder: string, id: string): Promise<void> {
  return writeDurably(join(folder, KEY_ID_FILE), `${id}\n`);
}

/** The file in which `keys rotate` keeps former keys, where the one with this id is in it. */
export async function formerKeyFile(folder: string, id: string): Promise<string | undefined> {
  const path = join(folder, OLD_KEY_FILE);
  const keys = ((await readOwn(path)) ?? '').split('\n').filter((key) => key.length >= SHORTEST_KEY);
  return keys.some((key) => keyId(key) === id) ? path : undefined;
}

const remedyOf = (path: string): string =>
  `It is in ${path}: add it behind the first one, as a line of ${KEY_FILE} or in security.encryption_key.`;

/** For records that need another key than there is: where it still is. Never rejects. */
export function formerKeyRemedy(folder: string): (id: string) => Promise<string | undefined> {
  return async (id) => {
    const path = await formerKeyFile(folder, id).catch(() => undefined);
    return path === undefined ? undefined : remedyOf(path);
  };
}

/** A small file of ours, if it is there; made ours alone where others could read it. */
export async function readOwn(path: string): Promise<string | undefined> {
  const content = await unlessAbsent(readFile(path, 'utf8'));
  if (content !== undefined && ((await stat(path)).mode & OTHERS) !== 0) await chmod(path, 0o600);
  return content?.trim();
}

function noFolder(path: string): StoreError {
  return new StoreError(
    'store_unavailable',
    `${path} is a file, and the state folder has to be there. Choose another folder, or move that file away.`,
  );
}

function otherKey(folder: string, former: string | undefined): StoreError {
  const remedy =
    former === undefined
      ? `Use that one (${KEY_FILE} in that folder, unless one was configured); to change keys, configure both, the new one first.`
      : remedyOf(former);
  return new StoreError(
    'wrong_key',
    `The records in ${folder} were sealed with another key. ${remedy} Nothing was deleted.`,
  );
}
