const WITHIN_MS = 60_000;
const MOST = 10;
const MOST_PEOPLE = 1_000;

/**
 * How often somebody is told what tells them nothing new: that the bot understands commands alone, that a link is another's.
 * Whoever goes on all the same must not use up what the bot may send to everybody (threat 20). Ten times a minute.
 */
export function createTalkLimit(now: () => number): { spend(user: string): boolean } {
  const told = new Map<string, readonly number[]>();
  return {
    /** False: not now. */
    spend(user) {
      const sinceMs = now() - WITHIN_MS;
      const latest = (told.get(user) ?? []).filter((atMs) => atMs > sinceMs);
      const allowed = latest.length < MOST;
      told.delete(user);
      told.set(user, allowed ? [...latest, now()] : latest);
      for (const oldest of told.keys()) {
        if (told.size <= MOST_PEOPLE) break;
        told.delete(oldest);
      }
      return allowed;
    },
  };
}
