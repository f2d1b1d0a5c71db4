import { statSync } from 'node:fs';

/** What tells one file from the one that took its place. */
interface FileStamp {
  readonly ino: number;
  readonly mtimeMs: number;
  readonly size: number;
}

/**
 * A number that goes up with every change, or a file's stamp. To be compared with `sameVersion` and with versions of
 * the same record alone.
 */
export type RecordVersion = number | FileStamp;

/** The record has not been changed between the two. */
export function sameVersion(one: RecordVersion, other: RecordVersion): boolean {
  if (typeof one === 'number' || typeof other === 'number') return one === other;
  return one.mtimeMs === other.mtimeMs && one.ino === other.ino && one.size === other.size;
}

/** File systems stamp by a clock that ticks every 1 to 10 ms. */
const TICK_MS = 20;

/**
 * The version of the record in a file: a record is replaced by a new file, never written over. Undefined where there is
 * no file, where the system will not say, and within a tick of its last change: a next one could look the same, because
 * numbers of files are used again.
 */
export function fileVersion(path: string): RecordVersion | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats === undefined || Math.abs(Date.now() - stats.mtimeMs) < TICK_MS ? undefined : stats;
  } catch {
    return undefined;
  }
}
