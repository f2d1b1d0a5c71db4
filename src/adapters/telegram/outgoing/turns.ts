import type { Invocation, MessageRef } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import { createSignOfWork, type SignOfWork } from '../../common/sign-of-work.js';
import type { Unfinished } from '../../common/unfinished.js';
import { type Conversation, messageRef, readMessageRef, type SentMessage, showsEphemeral } from '../refs.js';
import { type Outbox, SIGN_OF_WORK } from './outbox.js';
import { readShownButtons, type ShownButtons } from './shown-buttons.js';

/** One command under way. Its sign of work is what this person sees. */
export interface Turn extends Pick<SignOfWork<SentMessage>, 'placeholder' | 'replaced'> {
  readonly invocation: Invocation;
  readonly conversation: Conversation;
  readonly user: number;
  /** Those of the message that was pressed. */
  readonly buttons?: ShownButtons;
}

type Started = Pick<Turn, 'invocation' | 'conversation' | 'user' | 'buttons'>;

/** What is shown while a command runs: a message that says so, or one that was pressed, without the buttons that it had. */
interface Sign {
  readonly message: SentMessage;
  readonly had?: ShownButtons;
}

/** To be ended by another process, if it comes to that. */
function signRef({ message, had }: Sign): MessageRef {
  return { ...messageRef(message), ...(had === undefined ? {} : { had }) };
}

/** The message of a sign that a process left, and the buttons that it had, if it had any. */
export function readSign(ref: MessageRef): Sign | undefined {
  const message = readMessageRef(ref);
  const had = readShownButtons(ref.had);
  return message && { message, ...(had === undefined ? {} : { had }) };
}

export interface Turns {
  begin(turn: Started): Turn;
  /** The command that an answer belongs to. */
  of(update: number): Turn | undefined;
  /** The command that a press on this message gave. */
  on(message: SentMessage): Turn | undefined;
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

  return {
    begin(started) {
      const { placeholder, replaced, over } = createSignOfWork<Sign>({
        show: () => showWork(outbox(), started),
        remove: async ({ message, had }) =>
          had === undefined ? outbox()?.remove(message) : outbox()?.buttons(message, had),
        refOf: signRef,
        unfinished,
        patienceMs,
        log,
      });
      const turn: Turn = {
        ...started,
        async placeholder() {
          const sign = await placeholder();
          return sign?.had === undefined ? sign?.message : undefined;
        },
        replaced,
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

async function showWork(outbox: Outbox | undefined, started: Started): Promise<Sign | undefined> {
  const { invocation, conversation, user, buttons } = started;
  const { place } = conversation;
  const pressed = invocation.message === undefined ? undefined : readMessageRef(invocation.message);
  if (pressed !== undefined) await outbox?.buttons(pressed, []);
  if (place.kind === 'private' && pressed?.chat !== place.chat) await outbox?.typing(place);
  if (pressed !== undefined) return buttons && { message: pressed, had: buttons };
  if (place.kind === 'private' || !showsEphemeral(conversation)) return undefined;
  const sent = await outbox?.ephemeral(conversation, user, SIGN_OF_WORK);
  return sent?.kind === 'sent' ? { message: sent.message } : undefined;
}
