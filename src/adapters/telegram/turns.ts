import type { Invocation } from '../../gateway/types.js';
import type { Log } from '../../observability/log.js';
import type { Outbox } from './outbox.js';
import { type Conversation, readMessageRef, type SentMessage } from './refs.js';
import { WORKING } from './sentences.js';

/** One command under way. */
export interface Turn {
  readonly invocation: Invocation;
  readonly conversation: Conversation;
  readonly user: number;
  /** The "Working…" that this person sees, if there is one. From then on there will be no other sign of work. */
  placeholder(): Promise<SentMessage | undefined>;
}

export interface Turns {
  begin(turn: Pick<Turn, 'invocation' | 'conversation' | 'user'>): Turn;
  /** The command that an answer belongs to. */
  of(update: number): Turn | undefined;
  end(turn: Turn): void;
}

/** Whoever waits longer than this sees that something happens. */
export const PATIENCE_MS = 1_000;

/**
 * Commands under way, each with its sign of work: in a group an ephemeral "Working…" within the 15 seconds that Telegram
 * allows, which the answer then replaces; in the private chat "typing…"; on a pressed message, no more buttons.
 */
export function createTurns(outbox: () => Outbox | undefined, log: Log, patienceMs = PATIENCE_MS): Turns {
  const underWay = new Map<number, Turn>();

  return {
    begin(started) {
      let shown: Promise<SentMessage | undefined> | undefined;
      const timer = setTimeout(() => {
        shown = showWork(outbox(), started).catch((error: unknown) => {
          log.debug({ error }, 'a sign of work could not be shown');
          return undefined;
        });
      }, patienceMs);
      timer.unref();
      const turn: Turn = {
        ...started,
        async placeholder() {
          clearTimeout(timer);
          return shown;
        },
      };
      underWay.set(started.conversation.update, turn);
      return turn;
    },
    of: (update) => underWay.get(update),
    end(turn) {
      void turn.placeholder();
      underWay.delete(turn.conversation.update);
    },
  };
}

async function showWork(
  outbox: Outbox | undefined,
  { invocation, conversation, user }: Pick<Turn, 'invocation' | 'conversation' | 'user'>,
): Promise<SentMessage | undefined> {
  const { place, query, ephemeral } = conversation;
  const pressed = invocation.message === undefined ? undefined : readMessageRef(invocation.message);
  if (pressed !== undefined) await outbox?.strip(pressed);
  else if (place.kind === 'private') await outbox?.typing(place);
  else if (query !== undefined || ephemeral !== undefined) {
    const sent = await outbox?.ephemeral(conversation, user, { text: WORKING, keyboard: [], kept: [] });
    return sent?.kind === 'sent' ? sent.message : undefined;
  }
  return undefined;
}
