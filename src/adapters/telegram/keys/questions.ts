import type { Actor, AdapterMemory, Field } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import { createRecently } from '../../common/recently.js';
import { escapeHtml } from '../outgoing/escape-html.js';
import type { Outbox } from '../outgoing/outbox.js';
import type { Postman } from '../outgoing/postman.js';
import { type Conversation, messageRef, telegramId } from '../refs.js';
import type { Place } from '../types.js';
import { noteQuestion } from './bearing.js';
import {
  keepPrompt,
  keepQuestion,
  nextField,
  PROMPT_LIFETIME_MS,
  type Prompt,
  peekPrompt,
  takePrompt,
  takeQuestion,
} from './prompts.js';

export interface QuestionsParts {
  readonly memory: AdapterMemory;
  readonly outbox: () => Outbox | undefined;
  readonly postman: Postman;
  readonly now: () => number;
  readonly log: Log;
}

/** The questions in private chats, one at a time for each person. */
export interface Questions {
  /** Asks for the form's next field in the person's private chat. */
  ask(actor: Actor, conversation: Conversation, prompt: Prompt): Promise<void>;
  /** Resolves once it is known which message the question became that is on its way to them, if one is. Never rejects. */
  arrived(actor: Actor): Promise<void>;
  /** This process asked them something, and they have not answered: known also while the store is away. */
  wasAsked(actor: Actor): boolean;
  /** What they were asked: theirs to answer once. */
  take(actor: Actor): Promise<Prompt | undefined>;
  /** Takes the message away that asks. That it stays changes nothing about the answer. */
  remove(actor: Actor): Promise<void>;
  /** They take it back, or what is asked about this server. False: nothing such was asked. */
  withdraw(actor: Actor, server: string | undefined): Promise<boolean>;
}

/** Where somebody is asked: in their private chat, and in the topic of it in which they are, if there is one. */
function privatePlace({ place }: Conversation, user: number): Place {
  return place.kind === 'private' && place.chat === user ? place : { kind: 'private', chat: user };
}

export function createQuestions({ memory, outbox, postman, now, log }: QuestionsParts): Questions {
  const waiting = createRecently<string>(now, PROMPT_LIFETIME_MS);

  /** Questions on their way: somebody may answer before Telegram has said which message it became. */
  const onTheirWay = new Map<string, Promise<void>>();

  async function put(actor: Actor, conversation: Conversation, prompt: Prompt): Promise<void> {
    const field = nextField(prompt);
    const user = telegramId(actor);
    const out = outbox();
    if (field === undefined || user === undefined || out === undefined) return;
    await remove(actor);
    // Before anybody can answer: what is typed then is a key.
    await keepPrompt(memory, actor, prompt);
    waiting.add(actor.userId);
    try {
      if (await send(out, actor, privatePlace(conversation, user), prompt.title, field)) return;
    } catch (error) {
      await takePrompt(memory, actor);
      throw error;
    }
    await takePrompt(memory, actor);
    await postman.invite(conversation, actor, prompt.words);
  }

  /** False: the bot may not write to them. */
  async function send(
    out: Outbox,
    actor: Actor,
    place: Place,
    title: string,
    field: Field,
  ): Promise<boolean> {
    const after = field.secret ? ' I delete it as soon as it is here.' : '';
    const text = `<b>${escapeHtml(title)}</b>\nSend me ${escapeHtml(field.label)} as your next message.${after}`;
    const markup = {
      force_reply: true,
      input_field_placeholder: (field.hint ?? field.label).slice(0, 64),
    } as const;
    const sent = await out.plain(place, { text, keyboard: [], kept: [] }, { markup });
    if (sent.kind !== 'sent' || !('message' in sent.message)) return false;
    const { message } = sent.message;
    try {
      await keepQuestion(memory, actor, { message, secret: field.secret });
      await noteQuestion(memory, actor, message);
    } catch (error) {
      await takeAway(place.chat, message);
      throw error;
    }
    return true;
  }

  async function takeAway(chat: number, message: number): Promise<void> {
    await postman
      .remove(messageRef({ chat, message }))
      .catch((error: unknown) => log.debug({ error }, 'a question could not be taken away'));
  }

  async function remove(actor: Actor): Promise<void> {
    const chat = telegramId(actor);
    const question = await takeQuestion(memory, actor);
    if (question !== undefined && chat !== undefined) await takeAway(chat, question.message);
  }

  const arrived = async ({ userId }: Actor): Promise<void> => onTheirWay.get(userId);

  async function take(actor: Actor): Promise<Prompt | undefined> {
    const prompt = await takePrompt(memory, actor);
    waiting.delete(actor.userId);
    return prompt;
  }

  return {
    async ask(actor, conversation, prompt) {
      // One after the other: the later one takes the place of the one before, which must be known by then.
      const asking = arrived(actor).then(() => put(actor, conversation, prompt));
      const over = asking.catch(() => undefined);
      onTheirWay.set(actor.userId, over);
      void over.then(() => {
        if (onTheirWay.get(actor.userId) === over) onTheirWay.delete(actor.userId);
      });
      await asking;
    },
    arrived,
    wasAsked: ({ userId }) => waiting.has(userId),
    take,
    remove,
    async withdraw(actor, server) {
      await arrived(actor);
      const about = (await peekPrompt(memory, actor))?.words[1];
      if (server !== undefined && about !== undefined && about.toLowerCase() !== server.toLowerCase())
        return false;
      const prompt = await take(actor);
      await remove(actor);
      return prompt !== undefined;
    },
  };
}
