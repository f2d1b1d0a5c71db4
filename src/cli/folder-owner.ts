import { accessSync, constants, existsSync, lstatSync, openSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Settings } from '../gateway/settings.js';
import type { StorageKind } from '../storage/places.js';
import { VerbError } from './failure.js';

/** A user of the machine, and their group. */
export interface FolderOwner {
  readonly uid: number;
  readonly gid: number;
}

/** This process, as far as it may become somebody else. */
export interface Process {
  /** Absent on Windows. */
  readonly uid: number | undefined;
  become(owner: FolderOwner): void;
}

/**
 * A verb that is typed as root works in a state folder as the user whom the folder belongs to, from here on and for good.
 * That user, and each program that it runs as an MCP server, can put links in there: root would follow them, and read,
 * shut off or delete whatever there is on the machine.
 *
 * To be called before anything in the folder is looked at.
 *
 * @returns the same storages, by the names under which they are to be opened
 * @throws {VerbError} where that cannot be
 */
export function workAsFolderOwner(
  storages: readonly StorageKind[],
  caller: Process = thisProcess(),
): readonly StorageKind[] {
  if (caller.uid !== 0) return storages;
  const owners = storages.flatMap((storage) =>
    storage.kind === 'file' ? (ownerOf(resolve(storage.folder)) ?? []) : [],
  );
  const [first] = owners;
  if (owners.some(({ uid }) => uid !== first?.uid)) throw ofSeveral();
  if (first === undefined || first.uid === 0) return storages;
  const open = storages.map(opened);
  try {
    caller.become(first);
  } catch (cause) {
    if (cause instanceof VerbError) throw cause;
    throw new VerbError(`The state folder belongs to user ${first.uid}: run this as that user.`, 1, {
      cause,
    });
  }
  return open.map(({ storage, byHandle }) => (isReachable(storage) ? storage : byHandle));
}

/** The same, of a config. */
export function asFolderOwner(settings: Settings): Settings {
  const [storage = settings.storage] = workAsFolderOwner([settings.storage]);
  return { ...settings, storage };
}

/**
 * The folder of a unit with `DynamicUser` lies in `/var/lib/private`, into which root alone may go (systemd.exec(5)): its
 * owner gets there by what root has opened, which stays open as long as this process lives.
 */
function opened(storage: StorageKind): { readonly storage: StorageKind; readonly byHandle: StorageKind } {
  if (storage.kind !== 'file' || !existsSync(HANDLES)) return { storage, byHandle: storage };
  try {
    const handle = openSync(resolve(storage.folder), constants.O_RDONLY | constants.O_DIRECTORY);
    return { storage, byHandle: { ...storage, folder: `${HANDLES}/${handle}` } };
  } catch {
    // Not there yet, or no folder: whoever opens the store says so.
    return { storage, byHandle: storage };
  }
}

/** Of Linux: a name for what is open, which leads there whatever is in between. */
const HANDLES = '/proc/self/fd';

function isReachable(storage: StorageKind): boolean {
  if (storage.kind !== 'file') return true;
  try {
    statSync(resolve(storage.folder));
    return true;
  } catch {
    return false;
  }
}

/** Undefined where there is none yet: then there is nothing in it. A link to one belongs to whoever can change the link. */
function ownerOf(folder: string): FolderOwner | undefined {
  const itself = lstatSync(folder, { throwIfNoEntry: false });
  return itself?.uid === 0 ? statSync(folder, { throwIfNoEntry: false }) : itself;
}

function thisProcess(): Process {
  return { uid: process.geteuid?.(), become };
}

/** For good: not the effective user alone, which programs that are started from here could undo. */
function become({ uid, gid }: FolderOwner): void {
  process.setgroups?.([gid]);
  process.setgid?.(gid);
  process.setuid?.(uid);
  // Parts of the program are loaded when they are needed.
  const [, program = process.execPath] = process.argv;
  try {
    accessSync(program, constants.R_OK);
  } catch (cause) {
    throw new VerbError(
      `The state folder belongs to user ${uid}, who may not read this program (${program}): install it where everybody may.`,
      1,
      { cause },
    );
  }
}

function ofSeveral(): VerbError {
  return new VerbError(
    'The two folders belong to different users, and root works in each as its owner alone: give both to one of them (chown -R).',
    1,
  );
}
