import type { Subject } from '../../auth/types.js';
import { unlessUnreadable } from '../../storage/sealing/unreadable.js';
import { recordKey, type Store } from '../../storage/types.js';
import { type Actor, actorId } from '../types.js';

/** With which account a person was seen last: that is where news finds them. */
export interface Seen {
  /** They said something. Cheap: looks at the store every few minutes, and writes when the account changed, or once a day. */
  note(subject: Subject, actor: Actor): Promise<void>;
  last(subject: Subject): Promise<Actor | undefined>;
}

interface SeenRecord {
  readonly actor: Actor;
  readonly atMs: number;
}

const COLLECTION = 'seen';
const LOOK_EVERY_MS = 5 * 60_000;
const WRITE_EVERY_MS = 24 * 3_600_000;
/** Who says nothing for so long hears nothing by itself. */
const KEPT_MS = 400 * 24 * 3_600_000;
const MOST_REMEMBERED = 10_000;

/** The account alone: each adapter finds the private chat of an actor by itself. */
export function createSeen(store: Store, now: () => number): Seen {
  const records = store.records<SeenRecord>(COLLECTION);
  const lately = new Map<Subject, { readonly account: string; readonly atMs: number }>();
  const read = (subject: Subject) => unlessUnreadable(records.get(recordKey(subject)));

  function isKnown(subject: Subject, account: string): boolean {
    const known = lately.get(subject);
    if (known?.account === account && now() - known.atMs < LOOK_EVERY_MS) return true;
    if (lately.size >= MOST_REMEMBERED) lately.clear();
    lately.set(subject, { account, atMs: now() });
    return false;
  }

  return {
    async note(subject, actor) {
      if (isKnown(subject, actorId(actor))) return;
      const before = await read(subject);
      const isSame = before !== undefined && actorId(before.actor) === actorId(actor);
      if (isSame && now() - before.atMs < WRITE_EVERY_MS) return;
      await records.set(recordKey(subject), { actor, atMs: now() }, KEPT_MS);
    },
    last: async (subject) => (await read(subject))?.actor,
  };
}
