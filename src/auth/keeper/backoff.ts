/** When a refresh that failed may be tried again, so that N callers do not hammer a provider that is down. */
export interface Backoff {
  /** Undefined: now. */
  waitUntilMs(key: string): number | undefined;
  /** Resolves to when the next try may be made. */
  failed(key: string, retryAfterMs?: number): number;
  clear(key: string): void;
}

/** When to ask again where it is not the provider that stands in the way. */
export const SOON_MS = 1_000;
const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
/** Beyond so many, what has long been free to try again is forgotten. */
const MANY = 1_000;
/** A provider that asks for longer is asked again after this. */
const LONGEST_RETRY_AFTER_MS = 300_000;

interface Wait {
  readonly untilMs: number;
  readonly waitMs: number;
  readonly failures: number;
}

export function createBackoff(now: () => number): Backoff {
  const waits = new Map<string, Wait>();
  /** Twice what was left the last time: a look through all who wait, at each failure of a provider of many people, takes seconds. */
  let lookAgainAt = MANY;
  const forgetThoseBefore = (beforeMs: number) => {
    for (const [key, { untilMs }] of waits) if (untilMs < beforeMs) waits.delete(key);
    lookAgainAt = Math.max(MANY, waits.size * 2);
  };
  return {
    waitUntilMs(key) {
      const wait = waits.get(key);
      if (wait === undefined) return undefined;
      const leftMs = wait.untilMs - now();
      // More than all of it: the clock was put back, and by how much is not to be waited for.
      return leftMs <= 0 || leftMs > wait.waitMs ? undefined : wait.untilMs;
    },
    failed(key, retryAfterMs = 0) {
      const failures = (waits.get(key)?.failures ?? 0) + 1;
      const ownMs = Math.min(FIRST_MS * 2 ** Math.min(failures - 1, 10), LONGEST_MS);
      const waitMs = Math.max(ownMs, Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS));
      const untilMs = now() + waitMs;
      if (waits.size >= lookAgainAt) forgetThoseBefore(now() - LONGEST_RETRY_AFTER_MS);
      waits.set(key, { untilMs, waitMs, failures });
      return untilMs;
    },
    clear: (key) => void waits.delete(key),
  };
}
