/** Chats where an ephemeral message was refused because the bot is no administrator: not to be tried again for a while. */
export function createAdminless(now: () => number): { has(chat: number): boolean; add(chat: number): void } {
  const untilMs = new Map<number, number>();
  return {
    has: (chat) => (untilMs.get(chat) ?? 0) > now(),
    add(chat) {
      untilMs.delete(chat);
      untilMs.set(chat, now() + TRY_AGAIN_MS);
      for (const oldest of untilMs.keys()) {
        if (untilMs.size <= MOST) break;
        untilMs.delete(oldest);
      }
    },
  };
}

const TRY_AGAIN_MS = 10 * 60_000;
const MOST = 1_000;
