/** What came last: the memory of an adapter that must not grow. */
export interface Latest<T> {
  /** A key that is remembered already becomes the latest again, with this value. */
  add(key: string, value: T): void;
  of(key: string): T | undefined;
  /** At least the `least` latest, the oldest first. */
  all(): readonly (readonly [string, T])[];
}

/**
 * Remembers the `least` latest at least, and never twice as many. Older ones are forgotten together: a map out of which
 * its oldest are taken one by one is searched through what it has lost each time.
 */
export function createLatest<T>(least: number): Latest<T> {
  let latest = new Map<string, T>();
  let before = new Map<string, T>();

  function forget(): void {
    before = latest;
    latest = new Map();
  }

  return {
    add(key, value) {
      latest.delete(key);
      before.delete(key);
      if (latest.size >= least) forget();
      latest.set(key, value);
    },
    of: (key) => latest.get(key) ?? before.get(key),
    all: () => [...before, ...latest],
  };
}
