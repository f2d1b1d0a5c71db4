import type { Invocation, MessageRef } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import type { Unfinished } from '../../common/unfinished.js';
import { type Conversation, messageRef, readMessageRef, type SentMessage, showsEphemeral } from '../refs.js';
import { WORKING } from '../sentences.js';
import type { Outbox } from './outbox.js';

/** One command under way. */
export interface Turn {
  readonly invocation: Invocation;
  readonly conversation: Conversation;
  readonly user: number;
  /**
   * The "Working…" that this person sees, if there is one, for the answer to take its place. From then on there will be no
   * other sign of work.
   */
  placeholder(): Promise<SentMessage | undefined>;
  /** The answer stands in its place, or it is gone. Until then a former process’s heir would find it. */
  replaced(): Promise<void>;
}

type Started = Pick<Turn, 'invocation' | 'conversation' | 'user'>;

export interface Turns {
  begin(turn: Started): Turn;
  /** The command that an answer belongs to. */
  of(update: number): Turn | undefined;
  /** The command that a press on this message gave. */
  on(message: SentMessage): Turn | undefined;
  /** A "Working…" for which there was no answer is taken away; one that the answer could not replace says so, later. */
  end(turn: Turn): void;
}

/** Whoever waits longer than this sees that something happens. */
export const PATIENCE_MS = 1_000;

/**
 * Commands under way, each with its sign of work: in a group an ephemeral "Working…" within the 15 seconds that Telegram
 * allows, which the answer then replaces; in the private chat "typing…"; on a pressed message, no more buttons.
 */
export function createTurns(
  outbox: () => Outbox | undefined,
  unfinished: Pick<Unfinished, 'add' | 'remove' | 'abandon'>,
  log: Log,
  patienceMs = PATIENCE_MS,
): Turns {
  const underWay = new Map<number, { readonly turn: Turn; over(): Promise<void> }>();

  async function work(started: Started): Promise<SentMessage | undefined> {
    const message = await showWork(outbox(), started);
    if (message !== undefined) await unfinished.add(messageRef(message));
    return message;
  }

  return {
    begin(started) {
      let shown: Promise<SentMessage | undefined> | undefined;
      let state: 'waits' | 'answering' | 'replaced' = 'waits';
      const timer = setTimeout(() => {
        shown = work(started).catch((error: unknown) => {
          log.debug({ error }, 'a sign of work could not be shown');
          return undefined;
        });
      }, patienceMs);
      timer.unref();
      const turn: Turn = {
        ...started,
        async placeholder() {
          if (state === 'waits') state = 'answering';
          clearTimeout(timer);
          return state === 'replaced' ? undefined : shown;
        },
        async replaced() {
          state = 'replaced';
          const message = await shown;
          if (message !== undefined) await unfinished.remove(messageRef(message));
        },
      };
      const over = async (): Promise<void> => {
        clearTimeout(timer);
        const left = state === 'replaced' ? undefined : await shown;
        if (left === undefined) return;
        if (state === 'answering') return unfinished.abandon(messageRef(left));
        await outbox()?.remove(left);
        await unfinished.remove(messageRef(left));
      };
      underWay.set(started.conversation.update, { turn, over });
      return turn;
    },
    of: (update) => underWay.get(update)?.turn,
    on: (message) => [...underWay.values()].find(({ turn }) => isOn(turn.invocation.message, message))?.turn,
    end({ conversation: { update } }) {
      underWay
        .get(update)
        ?.over()
        .catch((error: unknown) => log.debug({ error }, 'a sign of work could not be taken away'));
      underWay.delete(update);
    },
  };
}

function isOn(pressed: MessageRef | undefined, message: SentMessage): boolean {
  if (pressed === undefined) return false;
  const ref = messageRef(message);
  return Object.keys(ref).every((name) => pressed[name] === ref[name]);
}

async function showWork(
  outbox: Outbox | undefined,
  { invocation, conversation, user }: Started,
): Promise<SentMessage | undefined> {
  const { place } = conversation;
  const pressed = invocation.message === undefined ? undefined : readMessageRef(invocation.message);
  if (pressed !== undefined) await outbox?.strip(pressed);
  if (place.kind === 'private') {
    if (pressed?.chat !== place.chat) await outbox?.typing(place);
  } else if (pressed === undefined && showsEphemeral(conversation)) {
    const sent = await outbox?.ephemeral(conversation, user, { text: WORKING, keyboard: [], kept: [] });
    return sent?.kind === 'sent' ? sent.message : undefined;
  }
  return undefined;
}
