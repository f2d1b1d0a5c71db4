import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createDurably, writeDurably } from '../file/durable-file.js';
import { formerKeyFile, KEY_FILE, notedKeyId, OLD_KEY_FILE, readOwn } from '../file/state-folder.js';
import { inFolder } from '../file-failure.js';
import { StoreError } from '../types.js';
import { type KeySource, SHORTEST_KEY } from './key-ring.js';

/**
 * The keys in the state folder, one a line, the first made on the first start; several while `keys rotate` has not done.
 * Of several processes that start at once, all get the same. None is made where records are already sealed: those need
 * the one that is missing.
 */
export async function loadFolderKeys(folder: string): Promise<readonly string[]> {
  const path = join(folder, KEY_FILE);
  const content = await inFolder(folder, 'read the sealing key', async () => {
    // In this order: whoever starts beside us writes the key before the note of its id.
    const noted = await notedKeyId(folder);
    const known = await readOwn(path);
    if (known === undefined && noted !== undefined)
      throw missingKey(path, await formerKeyFile(folder, noted));
    if (known === undefined) await createDurably(path, `${newKey()}\n`);
    return known ?? (await readOwn(path)) ?? '';
  });
  const keys = keysIn(content);
  if (keys !== undefined) return keys;
  throw new StoreError('wrong_key', `${path} is damaged. Restore it; nothing was deleted.`);
}

/**
 * The same for a running gateway: a look at the file whenever something is sealed, so that all who share the folder
 * seal with the new key as soon as there is one.
 */
export function folderKeys(folder: string, loaded: readonly string[]): KeySource {
  const path = join(folder, KEY_FILE);
  let keys = loaded;
  let seen = '';
  return () => {
    try {
      const { ino, mtimeMs, size } = statSync(path);
      const stamp = `${ino} ${mtimeMs} ${size}`;
      if (stamp !== seen) keys = keysIn(readFileSync(path, 'utf8')) ?? keys;
      seen = stamp;
    } catch {
      // Gone, or not to be read just now: what was read before still opens what it sealed.
    }
    return keys;
  };
}

/** Puts a new key in front of the others, unless a rotation that was cut short has done that; gives them all. */
export async function addFolderKey(folder: string): Promise<readonly string[]> {
  const keys = await loadFolderKeys(folder);
  if (keys.length > 1) return keys;
  const both = [newKey(), ...keys];
  await inFolder(folder, 'write the sealing key', () => writeKeys(folder, both));
  return both;
}

/**
 * Takes all but the first of these away: to a file of their own, beside those of earlier rotations, in case a backup is
 * ever restored. What another rotation has put in front meanwhile stays: this one's lock may be lost, and nobody here has
 * heard of it yet.
 */
export async function dropFolderKeys(folder: string, [, ...others]: readonly string[]): Promise<void> {
  const left = (await loadFolderKeys(folder)).filter((key) => !others.includes(key));
  // Somebody has put an old file back.
  if (left.length === 0) return;
  await inFolder(folder, 'write the sealing key', async () => {
    const file = join(folder, OLD_KEY_FILE);
    const earlier = keysIn((await readOwn(file)) ?? '') ?? [];
    const kept = new Set([...others, ...earlier]);
    await writeDurably(file, [...kept].map((key) => `${key}\n`).join(''));
    await writeKeys(folder, left);
  });
}

function writeKeys(folder: string, keys: readonly string[]): Promise<void> {
  return writeDurably(join(folder, KEY_FILE), keys.map((key) => `${key}\n`).join(''));
}

function keysIn(content: string): readonly string[] | undefined {
  const keys = content.trim().split('\n');
  return keys.every((key) => key.length >= SHORTEST_KEY) ? keys : undefined;
}

function newKey(): string {
  return randomBytes(32).toString('base64url');
}

function missingKey(path: string, former: string | undefined): StoreError {
  const from = former === undefined ? '' : ` from ${former}, which has that key`;
  return new StoreError(
    'wrong_key',
    `${path} is missing, and the records beside it were sealed. Restore it${from}, or move the folder away to start over; nothing was deleted.`,
  );
}
