import { StoreError } from './types.js';

const FULL = 'The disk is full: free some space, then try again.';
const FORBIDDEN = 'This user may not: let it own that folder, with mode 700.';
const GONE = 'The folder is gone: bring it back (is the volume mounted?), then restart.';
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EFBIG: FULL,
  EACCES: FORBIDDEN,
  EPERM: FORBIDDEN,
  EROFS: 'It is mounted read-only: mount it for writing, or choose another folder.',
  ENOENT: GONE,
  ENOTDIR: 'A part of this path is a file: choose another folder, or move that file away.',
  EMFILE: 'Too many files are open: try again, or raise the limit (ulimit -n).',
  ENFILE: 'Too many files are open on this machine: try again.',
};

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Undefined where the file is absent; every other failure is thrown on. */
export async function unlessAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** What the file system refused, as a StoreError with the remedy. Errors without a system code are bugs and go on. */
export async function inFolder<T>(folder: string, doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = errorCode(error);
    if (error instanceof StoreError || code === undefined) throw error;
    const remedy = REMEDIES[code] ?? 'Check the disk, then try again.';
    const kind = code === 'EMFILE' || code === 'ENFILE' ? 'store_busy' : 'store_unavailable';
    throw new StoreError(kind, `Could not ${doing} in the state folder ${folder} (${code}). ${remedy}`, {
      cause: error,
    });
  }
}
