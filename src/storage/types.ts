/**
 * The one seam to everything that outlives a request. Keyv holds the records (sealed, with expiry);
 * an engine adds what Keyv cannot do: an atomic take, locks across processes, news of changes.
 */

import type { RecordVersion } from './record-version.js';

/** Records of one kind. Keys are made with `recordKey`. Values are plain JSON. */
export interface Records<T> {
  /** Undefined when absent or expired. @throws {StoreError} */
  get(key: string): Promise<T | undefined>;
  /** Durable when it resolves. Without `ttlMs` it never expires. @throws {StoreError} */
  set(key: string, value: T, ttlMs?: number): Promise<void>;
  /**
   * The same, where there is none that has not expired: one operation of the store. Of several callers, in whatever
   * process, one is told true. @throws {StoreError}
   */
  add(key: string, value: T, ttlMs: number): Promise<boolean>;
  /**
   * Puts `value` in the place of a record that `isStill` recognises, and leaves its end as it is. What another process
   * sets meanwhile stays, and nothing that is deleted or claimed comes back: for where a lock may be lost, and nobody
   * hears of that in time. (Files cannot promise it to the millisecond.)
   *
   * @returns what is there now: `value` itself where it was put there
   * @throws {StoreError}
   */
  replace(key: string, isStill: (found: T) => boolean, value: T): Promise<T | undefined>;
  /** True when there was something to delete. Only a hint: two callers may both be told true. @throws {StoreError} */
  delete(key: string): Promise<boolean>;
  /**
   * To be asked for before `get`: while it stays the same (`sameVersion`), so does the record, but for its expiry.
   * Undefined: read it. Cheap, and never throws. See `CachedRecords`.
   */
  version(key: string): RecordVersion | undefined;
  /** All keys whose leading segments are those of `prefix` (`recordKey('telegram:1')` finds `recordKey('telegram:1', 'linear')`). */
  keys(prefix?: string): Promise<readonly string[]>;
}

export interface Store {
  /** The same `name` always gives the same records; T is the caller's promise. */
  records<T>(name: string): Records<T>;
  /** Atomic read-and-delete: of all callers in all processes, one gets the value. @throws {StoreError} */
  claim<T>(name: string, key: string): Promise<T | undefined>;
  /**
   * Runs `work` while holding the lock `name`, across all processes that share the store. Waits for its turn (bounded:
   * StoreError `lock_timeout`); outlives a dead holder. `lease` aborts when the lock was lost while working.
   */
  lock<T>(name: string, work: (lease: AbortSignal) => Promise<T>): Promise<T>;
  /** Calls `changed(key)` after a record of `name` was set or deleted by any process. Resolves to the way to stop. */
  watch(name: string, changed: (key: string) => void): Promise<() => void>;
  close(): Promise<void>;
}

export type StoreErrorCode =
  | 'store_unavailable'
  | 'record_unreadable'
  | 'record_too_new'
  | 'lock_timeout'
  | 'wrong_key'
  | 'store_busy'
  | 'store_misconfigured';

/** What storage could not do. `record_unreadable`, `record_too_new` and `wrong_key` never delete anything. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  constructor(
    readonly code: StoreErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** Joins segments into a key. Each segment is percent-encoded, so that any text is safe and `/` only ever separates. */
export function recordKey(...segments: readonly string[]): string {
  return segments
    .map((segment) =>
      encodeURIComponent(segment.toWellFormed()).replaceAll('.', '%2E').replaceAll('*', '%2A'),
    )
    .join('/');
}

/** The segments of a key made by `recordKey`. */
export function keySegments(key: string): readonly string[] {
  return key.split('/').map(decodeURIComponent);
}
