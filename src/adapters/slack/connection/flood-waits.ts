/** What is remembered at a time. */
const MOST = 1_000;

/**
 * A 429 says for how long a method, or a channel, is to be left alone. Whoever comes before that (the sweep, another
 * command) is told from here, and Slack is not asked: asking it again makes the wait longer.
 */
export interface FloodWaits {
  leftMs(key: string): number;
  note(key: string, waitMs: number): void;
}

export function createFloodWaits(now: () => number = () => performance.now()): FloodWaits {
  const untilMs = new Map<string, number>();
  return {
    leftMs: (key) => Math.max(0, (untilMs.get(key) ?? 0) - now()),
    note(key, waitMs) {
      untilMs.delete(key);
      untilMs.set(key, now() + waitMs);
      for (const oldest of untilMs.keys()) {
        if (untilMs.size <= MOST) break;
        untilMs.delete(oldest);
      }
    },
  };
}
