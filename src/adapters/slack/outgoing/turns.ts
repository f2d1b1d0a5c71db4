import type { Invocation } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import { createSignOfWork, type SignOfWork } from '../../common/sign-of-work.js';
import type { Unfinished } from '../../common/unfinished.js';
import type { Installation } from '../connection/installations.js';
import { type Conversation, messageRef, promiseRef, type SentMessage, userOf } from '../refs.js';
import { ONE_MOMENT, WORKING } from '../sentences.js';
import type { Outbox } from './outbox.js';
import { renderSentence } from './render.js';

/** One command under way. Its sign of work is what this person sees in their DM. */
export interface Turn extends Pick<SignOfWork<SentMessage>, 'placeholder' | 'replaced'> {
  readonly invocation: Invocation;
  readonly conversation: Conversation;
  readonly installation: Installation;
}

type Started = Pick<Turn, 'invocation' | 'conversation' | 'installation'>;

export interface Turns {
  begin(turn: Started): Turn;
  /** The command that an answer belongs to. */
  of(turn: string): Turn | undefined;
  end(turn: Turn): void;
}

/** Whoever waits longer than this sees that something happens. */
export const PATIENCE_MS = 2_000;

/**
 * Commands that were typed as messages, each with its sign of work: in the DM a "Working…" that the answer replaces; in a
 * channel a whisper, which nobody can take away again. A slash command's sign comes with its acknowledgement, and what
 * a press is on stays on show. What was promised is kept for the next process, which says that nothing came of it.
 */
export function createTurns(
  outbox: () => Outbox | undefined,
  unfinished: Pick<Unfinished, 'add' | 'remove' | 'abandon'>,
  log: Log,
  patienceMs = PATIENCE_MS,
): Turns {
  const underWay = new Map<string, { readonly turn: Turn; over(): Promise<void> }>();

  const isInDm = ({ direct, url }: Conversation): boolean => direct && url === undefined;

  async function work({ conversation, installation }: Started): Promise<SentMessage | undefined> {
    const { channel, thread, owner, team, url } = conversation;
    if (!isInDm(conversation)) {
      if (url === undefined)
        await outbox()?.whisper(installation, { channel, thread }, userOf(owner), renderSentence(ONE_MOMENT));
      await unfinished.add(promiseRef(conversation));
      return undefined;
    }
    const sent = await outbox()?.post(installation, { channel, thread }, renderSentence(WORKING));
    if (sent?.kind !== 'sent') return undefined;
    return { kind: 'plain', team, channel, owner, ts: sent.ts };
  }

  return {
    begin(started) {
      const { invocation, conversation, installation } = started;
      let promised = false;
      const { placeholder, replaced, ...sign } = createSignOfWork({
        show() {
          promised = !isInDm(conversation);
          return work(started);
        },
        remove: async (message) => {
          if (message.kind === 'plain') await outbox()?.remove(installation, message.channel, message.ts);
        },
        refOf: messageRef,
        unfinished,
        patienceMs: invocation.message === undefined ? patienceMs : undefined,
        log,
      });
      /** The next process has nothing to say about it. */
      const over = async (): Promise<void> => {
        await sign.over();
        if (promised) await unfinished.remove(promiseRef(conversation));
      };
      const turn: Turn = { ...started, placeholder, replaced };
      underWay.set(conversation.turn, { turn, over });
      return turn;
    },
    of: (turn) => underWay.get(turn)?.turn,
    end({ conversation: { turn } }) {
      underWay
        .get(turn)
        ?.over()
        .catch((error: unknown) => log.debug({ error }, 'a sign of work could not be ended'));
      underWay.delete(turn);
    },
  };
}
