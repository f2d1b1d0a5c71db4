const WITHIN_MS = 10 * 60_000;
const IN_A_GROUP = 5;
const MOST_GROUPS = 1_000;

interface Note {
  readonly user: number | string;
  readonly atMs: number;
}

/**
 * How often a group is told that the bot answers in private: whoever types `/mcp` brings that about, allowed or not, and
 * must not fill the group with it (threat 20). Once for each person, five times in all, within ten minutes; a note's
 * button opens the private chat for anybody, so that one on show does for those who get none.
 */
export function createNoteLimit(now: () => number): {
  spend(chat: number | string, user: number | string): boolean;
} {
  const notes = new Map<number | string, readonly Note[]>();
  return {
    /** False: not now. */
    spend(chat, user) {
      const sinceMs = now() - WITHIN_MS;
      const latest = (notes.get(chat) ?? []).filter(({ atMs }) => atMs > sinceMs);
      notes.delete(chat);
      const allowed = latest.length < IN_A_GROUP && latest.every((note) => note.user !== user);
      notes.set(chat, allowed ? [...latest, { user, atMs: now() }] : latest);
      for (const oldest of notes.keys()) {
        if (notes.size <= MOST_GROUPS) break;
        notes.delete(oldest);
      }
      return allowed;
    },
  };
}
