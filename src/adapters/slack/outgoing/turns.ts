import type { Invocation } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import type { Unfinished } from '../../common/unfinished.js';
import type { Installation } from '../connection/installations.js';
import { type Conversation, messageRef, type SentMessage, userOf } from '../refs.js';
import { ONE_MOMENT, WORKING } from '../sentences.js';
import type { Outbox } from './outbox.js';
import { renderSentence } from './render.js';

/** One command under way. */
export interface Turn {
  readonly invocation: Invocation;
  readonly conversation: Conversation;
  readonly installation: Installation;
  /**
   * The "Working…" that this person sees in their DM, if there is one, for the answer to take its place. From then on
   * there will be no other sign of work.
   */
  placeholder(): Promise<SentMessage | undefined>;
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
 * a press is on stays on show.
 */
export function createTurns(
  outbox: () => Outbox | undefined,
  unfinished: Pick<Unfinished, 'add' | 'remove'>,
  log: Log,
  patienceMs = PATIENCE_MS,
): Turns {
  const underWay = new Map<string, { readonly turn: Turn; over(): void }>();

  async function work({ conversation, installation }: Started): Promise<SentMessage | undefined> {
    const { channel, thread, direct, owner, team } = conversation;
    if (!direct) {
      await outbox()?.whisper(installation, { channel, thread }, userOf(owner), renderSentence(ONE_MOMENT));
      return undefined;
    }
    const sent = await outbox()?.post(installation, { channel, thread }, renderSentence(WORKING));
    if (sent?.kind !== 'sent') return undefined;
    const message = { kind: 'plain', team, channel, owner, ts: sent.ts } as const;
    await unfinished.add(messageRef(message));
    return message;
  }

  return {
    begin(started) {
      let shown: Promise<SentMessage | undefined> | undefined;
      const { invocation, conversation } = started;
      const hasSign = invocation.message === undefined && conversation.url === undefined;
      const timer = hasSign
        ? setTimeout(() => {
            shown = work(started).catch((error: unknown) => {
              log.debug({ error }, 'a sign of work could not be shown');
              return undefined;
            });
          }, patienceMs)
        : undefined;
      timer?.unref();
      const turn: Turn = {
        ...started,
        async placeholder() {
          clearTimeout(timer);
          const message = await shown;
          shown = undefined;
          if (message !== undefined) await unfinished.remove(messageRef(message));
          return message;
        },
      };
      underWay.set(conversation.turn, { turn, over: () => clearTimeout(timer) });
      return turn;
    },
    of: (turn) => underWay.get(turn)?.turn,
    end({ conversation: { turn } }) {
      underWay.get(turn)?.over();
      underWay.delete(turn);
    },
  };
}
