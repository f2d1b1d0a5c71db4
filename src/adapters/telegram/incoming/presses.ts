import type { Actor, AdapterMemory, ChatGateway, MessageRef } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import { createAtWork } from '../../common/at-work.js';
import { readKept } from '../../common/kept-actions.js';
import { membersOf, textOf } from '../../common/payload.js';
import type { KeyDesk } from '../keys/key-desk.js';
import { decodeData } from '../outgoing/callback-data.js';
import { type Conversation, messageRef, type SentMessage } from '../refs.js';
import { ASKED_IN_PRIVATE, EXPIRED_BUTTON, NOT_YOURS, STILL_AT_WORK } from '../sentences.js';
import type { Inbound, TypedMessage } from '../types.js';

type Press = Extract<Inbound, { kind: 'press' }>;

export interface PressesParts {
  readonly gateway: ChatGateway;
  readonly keys: KeyDesk;
  /** Answers a callback query; never rejects. */
  readonly answer: (queryId: string, alert?: string) => void;
  readonly now: () => number;
  readonly log: Log;
  /** What somebody waits for failed: says so in their conversation. Never rejects. */
  readonly apologise: (to: Actor, conversation: Conversation, cause: unknown) => Promise<void>;
  /** Runs the command that a button is. */
  readonly run: (
    inbound: Pick<Press, 'updateId' | 'actor' | 'buttons'>,
    words: readonly string[],
    conversation: Conversation,
    circumstances: { readonly message: MessageRef },
  ) => Promise<void>;
}

/** Pressed buttons: each press is answered at once, whatever its command takes. */
export interface Presses {
  /** Rejects only as long as the press is not answered: an answer may still say so. */
  press(inbound: Press): Promise<void>;
  /** Answers the press of a button that is none of ours. False: it is no press. */
  dismiss(update: unknown): boolean;
}

export function createPresses(parts: PressesParts): Presses {
  const { gateway, keys, answer, now, log, run } = parts;
  const atWork = createAtWork(gateway, now, log);
  const mayAsk = async (actor: Actor): Promise<boolean> => (await gateway.complete(actor, [''])).length > 0;

  return {
    /** A button is for who sees its message (threat 11). What it stands on may be too old to be told. */
    async press(inbound) {
      const { actor, queryId, data, owner, place, on, updateId } = inbound;
      if (place === undefined || on === undefined) return answer(queryId, EXPIRED_BUTTON);
      if (owner === undefined || String(owner) !== actor.userId) return answer(queryId, NOT_YOURS);
      const action = await meantBy(data, gateway.memory);
      if (action === undefined) return answer(queryId, EXPIRED_BUTTON);
      const message = messageRef(pressedMessage(on, place.chat, owner));
      const key = JSON.stringify(message);
      const pressed = await atWork.begin(key, data);
      if (pressed !== 'first') return answer(queryId, pressed === 'again' ? undefined : STILL_AT_WORK);
      // Who may run nothing is asked for nothing, whatever their button says: the command itself refuses them.
      const form = action.kind === 'form' && (await mayAsk(actor)) ? action : undefined;
      const elsewhere = form !== undefined && place.kind === 'group';
      answer(queryId, elsewhere ? ASKED_IN_PRIVATE : undefined);
      const conversation = { place, update: updateId, atMs: now(), query: queryId };
      const work =
        form !== undefined
          ? keys.ask(actor, conversation, { ...form, given: {}, form: message })
          : run(inbound, action.words, conversation, { message });
      // No client shows a second answer to the same press.
      await work.catch((error: unknown) => parts.apologise(actor, conversation, error));
      await atWork.end(key);
    },

    dismiss(update) {
      const queryId = textOf(membersOf(membersOf(update).callback_query).id);
      if (queryId === undefined) return false;
      answer(queryId, EXPIRED_BUTTON);
      return true;
    },
  };
}

async function meantBy(data: string, memory: AdapterMemory): Promise<ReturnType<typeof readKept>> {
  const decoded = decodeData(data);
  if (decoded === undefined) return undefined;
  if (decoded.kind === 'words') return { kind: 'command', words: decoded.words };
  const kept = await memory.get(decoded.key);
  return kept === undefined ? undefined : readKept(kept);
}

function pressedMessage(on: TypedMessage, chat: number, receiver: number): SentMessage {
  return 'message' in on ? { chat, message: on.message } : { chat, receiver, ephemeral: on.ephemeral };
}
