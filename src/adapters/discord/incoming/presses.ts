import type { Actor, ChatGateway, MessageRef } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import { createAtWork } from '../../common/at-work.js';
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
  end(press: Press): Promise<void>;
}

export interface PressesParts {
  readonly gateway: ChatGateway;
  readonly direct: Direct;
  readonly now: () => number;
  readonly log: Log;
}

export function createPresses({ gateway, direct, now, log }: PressesParts): Presses {
  const atWork = createAtWork(gateway, now, log);
  const mayAsk = async (actor: Actor): Promise<boolean> => (await gateway.complete(actor, [''])).length > 0;

  const kept = async (key: string): Promise<KeptAction | undefined> => {
    const value = await gateway.memory.get(key);
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
      if (form !== undefined) {
        if (atWork.isAt(on.id)) return say(STILL_AT_WORK);
        const data = modalOf(form, formIdOf(customId));
        return { kind: 'answer', callback: { type: CALLBACKS.modal, data } };
      }
      const pressed = await atWork.begin(on.id, customId);
      if (pressed === 'again') return { kind: 'answer', callback: NOTHING };
      if (pressed === 'another') return say(STILL_AT_WORK);
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

    end: ({ on }) => atWork.end(on.id),
  };
}

function refOf({ actor, place }: Press | Submission, { id, ephemeral }: PressedMessage): MessageRef {
  const kind = place.kind === 'dm' && !ephemeral ? 'direct' : 'whispered';
  return messageRef({ kind, channel: place.channel, message: id, user: actor.userId });
}
