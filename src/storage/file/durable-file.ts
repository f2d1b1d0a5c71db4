import { randomUUID } from 'node:crypto';
import { chmod, link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../file-failure.js';
import { inheritOwner } from './inherited-owner.js';

/** Runs the step that changes a file for all who look: at once, or when it is this file's turn. */
export type ChangingStep = <T>(change: () => Promise<T>) => Promise<T>;

const atOnce: ChangingStep = (change) => change();

/**
 * Writes a file whole or not at all, and not before it is on the disk: a new file, synced, renamed over the old one,
 * the folder synced.
 *
 * Not `write-file-atomic`: version 7 ignores short writes, so that a full disk leaves half a file in place of the old
 * one and the promise resolves; and its temporary names meet where two containers share a folder and a process id.
 */
export async function writeDurably(path: string, text: string, step: ChangingStep = atOnce): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeNew(temporary, text);
    await step(() => rename(temporary, path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  await syncFolder(dirname(path));
}

/** The same, where `path` must not exist: false when it does. */
export async function createDurably(path: string, text: string): Promise<boolean> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeNew(temporary, text);
    await link(temporary, path);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
  await syncFolder(dirname(path));
  return true;
}

async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    // `open` takes the umask off the mode.
    await file.chmod(0o600);
    await inheritOwner(path, (uid, gid) => file.chown(uid, gid));
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Makes what was created, renamed or removed in a folder last. Some systems cannot, and need not. A folder that is
 * gone was empty: somebody took the record that was just written, which is no reason to write it again.
 */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch (error) {
    if (!['ENOENT', 'EPERM', 'EISDIR', 'EINVAL', 'ENOTSUP'].includes(errorCode(error) ?? '')) throw error;
  }
}

/** Makes the folders from `root`, which must exist, down to `folder`, for its owner alone. */
export async function makeFolders(
  root: string,
  folder: string,
  make: (folder: string) => Promise<unknown> = makeFolder,
): Promise<void> {
  if (folder === root) return;
  try {
    await make(folder);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || dirname(folder) === root) throw error;
    await makeFolders(root, dirname(folder), make);
    await make(folder);
  }
}

/** One folder inside a state folder, mode 0700 whatever the umask. Fine when it is there already. */
export async function makeFolder(folder: string): Promise<void> {
  if (await makeOwnFolder(folder)) await inheritOwner(folder);
}

/** The same, for this user whoever has the folder around it. False where it was there already. */
export async function makeOwnFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, 0o700);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
  await chmod(folder, 0o700);
  await syncFolder(dirname(folder));
  return true;
}
