import type { Actor, AdapterMemory, MessageRef } from '../../../gateway/types.js';
import { type KeptAction, readKept } from '../../common/kept-actions.js';
import { decodeCustomId, decodeFormId, formIdOf } from '../outgoing/custom-ids.js';
import type { Direct } from '../outgoing/direct.js';
import { fieldsOf, modalOf } from '../outgoing/modal.js';
import { CALLBACKS } from '../outgoing/outbox.js';
import { messageRef } from '../refs.js';
import { EXPIRED_BUTTON, NOT_YOURS, notDigits, STILL_AT_WORK } from '../sentences.js';
import type { Callback, Interaction, PressedMessage } from '../types.js';
import { NOTHING, noteCallback } from './callbacks.js';

type Press = Extract<Interaction, { readonly kind: 'press' }>;
type Submission = Extract<Interaction, { readonly kind: 'submission' }>;

/** What a press or a submission comes to: a first answer at once, or a command. */
export type Meant =
  | { readonly kind: 'answer'; readonly callback: Callback }
  | {
      readonly kind: 'command';
      readonly words: readonly string[];
      readonly fields?: Readonly<Record<string, string>>;
      readonly message?: MessageRef;
    };

export interface Presses {
  /**
   * Where it comes to a command, its message is at work from now on, and until `end`.
   * @throws where the store does not answer
   */
  press(press: Press): Promise<Meant>;
  /** @throws where the store does not answer */
  submit(submission: Submission): Promise<Meant>;
  /** The command of a pressed message is over. */
  end(press: Press): void;
}

export interface PressesParts {
  readonly memory: AdapterMemory;
  readonly direct: Direct;
  /** Whether this person may run anything at all. */
  readonly mayAsk: (actor: Actor) => Promise<boolean>;
}

export function createPresses({ memory, direct, mayAsk }: PressesParts): Presses {
  /** Messages whose command is under way, each with the button that gave it. */
  const atWork = new Map<string, string>();

  const kept = async (key: string): Promise<KeptAction | undefined> => {
    const value = await memory.get(key);
    return value === undefined ? undefined : readKept(value);
  };

  async function meantBy(customId: string): Promise<KeptAction | undefined> {
    const decoded = decodeCustomId(customId);
    if (decoded?.kind === 'kept') return kept(decoded.key);
    return decoded === undefined ? undefined : { kind: 'command', words: decoded.words };
  }

  /** A button is for who sees its message (threat 11): nobody else does, but what comes in is not to be trusted with that. */
  function isTheirs(interaction: Press | Submission, on: PressedMessage): boolean {
    const { actor, place } = interaction;
    if (on.owner !== undefined && on.owner !== actor.userId) return false;
    return place.kind === 'dm' ? direct.known(actor.userId, place.channel) : on.ephemeral;
  }

  const say = (sentence: string): Meant => ({ kind: 'answer', callback: noteCallback(sentence) });

  return {
    async press(press) {
      const { actor, customId, on } = press;
      if (!isTheirs(press, on)) return say(NOT_YOURS);
      const action = await meantBy(customId);
      if (action === undefined) return say(EXPIRED_BUTTON);
      // Who may run nothing is asked for nothing, whatever their button says: the command itself refuses them.
      const form = action.kind === 'form' && (await mayAsk(actor)) ? action : undefined;
      const before = atWork.get(on.id);
      if (before !== undefined)
        return before === customId ? { kind: 'answer', callback: NOTHING } : say(STILL_AT_WORK);
      if (form !== undefined) {
        const data = modalOf(form, formIdOf(customId));
        return { kind: 'answer', callback: { type: CALLBACKS.modal, data } };
      }
      // Nothing is waited for in between: of two presses at once, one is the first.
      atWork.set(on.id, customId);
      return { kind: 'command', words: action.words, message: refOf(press, on) };
    },

    async submit(submission) {
      const { customId, values, on } = submission;
      if (on !== undefined && !isTheirs(submission, on)) return say(NOT_YOURS);
      const decoded = decodeFormId(customId);
      const action = decoded && (await kept(decoded.key));
      if (action?.kind !== 'form') return say(EXPIRED_BUTTON);
      const { given, wrong } = fieldsOf(action.fields, values);
      if (wrong?.digits !== undefined) return say(notDigits(wrong.digits));
      const message = on === undefined ? {} : { message: refOf(submission, on) };
      return { kind: 'command', words: action.words, fields: given, ...message };
    },

    end: ({ on }) => void atWork.delete(on.id),
  };
}

function refOf({ actor, place }: Press | Submission, { id, ephemeral }: PressedMessage): MessageRef {
  const kind = place.kind === 'dm' && !ephemeral ? 'direct' : 'whispered';
  return messageRef({ kind, channel: place.channel, message: id, user: actor.userId });
}
