import type { Outbox } from '../outgoing/outbox.js';

const MOST = 10_000;

/** What a channel hangs on, if it is a thread: a message does not tell, and it never changes. */
export interface Parents {
  of(channel: string): Promise<string | undefined>;
}

export function createParents(outbox: () => Outbox | undefined): Parents {
  const known = new Map<string, Promise<string | undefined>>();
  return {
    of(channel) {
      const before = known.get(channel);
      if (before !== undefined) return before;
      const asked = outbox()?.parentOf(channel) ?? Promise.resolve(undefined);
      asked.catch(() => known.delete(channel));
      if (known.size >= MOST) known.clear();
      known.set(channel, asked);
      return asked;
    },
  };
}
