import { randomBytes } from 'node:crypto';
import { chmod, readFile, stat } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { createDurably, makeFolder, makeFolders, writeDurably } from './durable-file.js';
import { inFolder, unlessAbsent } from './file-failure.js';
import { keyId, SHORTEST_KEY } from './sealing.js';
import { StoreError } from './types.js';

const KEY_FILE = 'sealing.key';
const KEY_ID_FILE = 'sealing.kid';
/** Windows has no such modes; there the folder inherits its owner's rights. */
const OTHERS = process.platform === 'win32' ? 0 : 0o077;

/** Makes the state folder and its parts, for this user alone. */
export function prepareFolder(folder: string): Promise<void> {
  return inFolder(folder, 'open the store', async () => {
    // Not `mkdir` with `recursive`: where the system refuses for good with ENOENT, as in /proc, Node tries for ever.
    await makeFolders(parse(folder).root, folder);
    const found = await stat(folder);
    if (!found.isDirectory()) throw noFolder(folder);
    if ((found.mode & OTHERS) !== 0) await chmod(folder, 0o700);
    for (const part of ['records', 'changes', 'locks']) await makeFolder(join(folder, part));
  });
}

/**
 * The key in the state folder, made on the first start. Of several processes that start at once, all get the same.
 * It is never made again where records are already sealed: those need the one that is missing.
 */
export async function loadSealingKey(folder: string): Promise<string> {
  const path = join(folder, KEY_FILE);
  const key = await inFolder(folder, 'read the sealing key', async () => {
    // In this order: whoever starts beside us writes the key before the note of its id.
    const noted = await readOwn(join(folder, KEY_ID_FILE));
    const known = await readOwn(path);
    if (known === undefined && noted !== undefined) throw missingKey(path);
    if (known === undefined) await createDurably(path, `${randomBytes(32).toString('base64url')}\n`);
    return known ?? (await readOwn(path)) ?? '';
  });
  if (key.length >= SHORTEST_KEY) return key;
  throw new StoreError('wrong_key', `${path} is damaged. Restore it; nothing was deleted.`);
}

/**
 * Refuses to open a folder whose records were sealed with none of these keys: better one clear sentence at the start
 * than every credential unreadable. A new first key is noted.
 */
export function checkKeys(folder: string, keys: readonly string[]): Promise<void> {
  const path = join(folder, KEY_ID_FILE);
  return inFolder(folder, 'check the sealing key', async () => {
    const ids = keys.map(keyId);
    const noted = await readOwn(path);
    if (noted !== undefined && !ids.includes(noted)) throw otherKey(folder);
    const [first] = ids;
    if (first !== undefined && noted !== first) await writeDurably(path, `${first}\n`);
  });
}

async function readOwn(path: string): Promise<string | undefined> {
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

function missingKey(path: string): StoreError {
  return new StoreError(
    'wrong_key',
    `${path} is missing, and the records beside it were sealed. Restore it, or move the folder away to start over; nothing was deleted.`,
  );
}

function otherKey(folder: string): StoreError {
  return new StoreError(
    'wrong_key',
    `The records in ${folder} were sealed with another key. Use that one (${KEY_FILE} in that folder, unless one was configured); to change keys, configure both, the new one first. Nothing was deleted.`,
  );
}
