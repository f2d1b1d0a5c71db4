/** What was lately: forgotten after a while, and the oldest first where there is too much of it. */
export interface Recently<K> {
  has(key: K): boolean;
  add(key: K): void;
  delete(key: K): void;
}

export function createRecently<K>(now: () => number, forMs: number, most = 1_000): Recently<K> {
  const untilMs = new Map<K, number>();
  return {
    has: (key) => (untilMs.get(key) ?? 0) > now(),
    add(key) {
      untilMs.delete(key);
      untilMs.set(key, now() + forMs);
      for (const oldest of untilMs.keys()) {
        if (untilMs.size <= most) break;
        untilMs.delete(oldest);
      }
    },
    delete: (key) => void untilMs.delete(key),
  };
}
