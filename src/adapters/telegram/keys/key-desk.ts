import type { Actor, AdapterMemory, Delivery, Field, MessageRef } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import { createRecently } from '../../common/recently.js';
import { escapeHtml } from '../outgoing/escape-html.js';
import type { Outbox } from '../outgoing/outbox.js';
import type { Postman } from '../outgoing/postman.js';
import { type Conversation, conversationRef, messageRef, telegramId } from '../refs.js';
import {
  ADDRESS_NOT_DELETED,
  FORWARDED_KEY,
  LATE_ANSWER,
  NOT_DELETED,
  NOT_DELETED_NOR_USED,
  UNASKED_KEY,
} from '../sentences.js';
import type { Inbound, Place, TypedMessage } from '../types.js';
import { refuseInGroup } from './group-keys.js';
import { isLateAnswer, noteQuestion } from './late-answers.js';
import {
  hasPrompt,
  keepPrompt,
  keepQuestion,
  nextField,
  openQuestion,
  PROMPT_LIFETIME_MS,
  type Prompt,
  peekPrompt,
  takePrompt,
  takeQuestion,
} from './prompts.js';
import { commandIn, holdsKey, isAddress, looksLikeKey } from './shapes.js';

type Text = Extract<Inbound, { kind: 'text' }>;

export interface KeyDeskParts {
  readonly memory: AdapterMemory;
  readonly outbox: () => Outbox | undefined;
  readonly postman: Postman;
  /** False: what people answer the bot with may be for its host. */
  readonly alone: boolean;
  readonly now: () => number;
  readonly log: Log;
  /** Runs the command that a form, once filled in, is. */
  readonly run: (
    inbound: { readonly updateId: number; readonly actor: Actor },
    words: readonly string[],
    conversation: Conversation,
    circumstances: { readonly fields: Readonly<Record<string, string>>; readonly message?: MessageRef },
  ) => Promise<void>;
}

/**
 * Keys without a page to type them on: where the gateway has no public URL they are asked for in the private chat, and the
 * message that holds one is deleted at once.
 */
export interface KeyDesk {
  /** Asks for the form's next field in the person's private chat. */
  ask(actor: Actor, conversation: Conversation, prompt: Prompt): Promise<void>;
  /** Whether this text is what somebody was asked for, or a key where others read it. */
  expects(inbound: Text): Promise<boolean>;
  /** False: it is none of these. */
  hear(inbound: Text): Promise<boolean>;
}

const UNREAD = 'whether a key was asked for could not be read';

/** Where somebody is asked: in their private chat, and in the topic of it in which they are, if there is one. */
function privatePlace({ place }: Conversation, user: number): Place {
  return place.kind === 'private' && place.chat === user ? place : { kind: 'private', chat: user };
}

export function createKeyDesk({ memory, outbox, postman, alone, now, log, run }: KeyDeskParts): KeyDesk {
  const waiting = createRecently<string>(now, PROMPT_LIFETIME_MS);

  /** Questions on their way: somebody may answer before Telegram has said which message it became. */
  const onTheirWay = new Map<string, Promise<void>>();

  async function ask(actor: Actor, conversation: Conversation, prompt: Prompt): Promise<void> {
    const asking = put(actor, conversation, prompt);
    const over = asking.catch(() => undefined);
    onTheirWay.set(actor.userId, over);
    void over.then(() => {
      if (onTheirWay.get(actor.userId) === over) onTheirWay.delete(actor.userId);
    });
    await asking;
  }

  async function put(actor: Actor, conversation: Conversation, prompt: Prompt): Promise<void> {
    const field = nextField(prompt);
    const user = telegramId(actor);
    const out = outbox();
    if (field === undefined || user === undefined || out === undefined) return;
    const after = field.secret ? ' I delete it as soon as it is here.' : '';
    const text = `<b>${escapeHtml(prompt.title)}</b>\nSend me ${escapeHtml(field.label)} as your next message.${after}`;
    const markup = {
      force_reply: true,
      input_field_placeholder: (field.hint ?? field.label).slice(0, 64),
    } as const;
    await removeQuestion(actor, user);
    // Before anybody can answer: what is typed then is a key.
    await keepPrompt(memory, actor, prompt);
    waiting.add(actor.userId);
    try {
      const question = { text, keyboard: [], kept: [] };
      const sent = await out.plain(privatePlace(conversation, user), question, { markup });
      if (sent.kind === 'sent' && 'message' in sent.message) {
        await keepQuestion(memory, actor, sent.message.message);
        return await noteQuestion(memory, actor, sent.message.message);
      }
    } catch (error) {
      await takePrompt(memory, actor);
      throw error;
    }
    await takePrompt(memory, actor);
    await postman.invite(conversation, actor, prompt.words);
  }

  /**
   * Whoever was asked for a key may have changed their mind: the question stays. Beside the commands of a host, what looks
   * like both is a key only where it replies to the question.
   */
  async function isCommand({ text, actor, answers }: Text): Promise<boolean> {
    const found = commandIn(text);
    if (found !== 'either' || alone) return found === 'command';
    return answers === undefined || (await openQuestion(memory, actor)) !== answers;
  }

  /** While the store is down: of whom this process asked one, and what looks like one. */
  const wasAsked = ({ actor }: Text): boolean => waiting.has(actor.userId);
  const mayBeKey = (inbound: Text): boolean => wasAsked(inbound) || looksLikeKey(inbound.text);

  async function isAsked(inbound: Text): Promise<boolean> {
    const { actor, answers } = inbound;
    try {
      if (await isCommand(inbound)) return false;
      return (await hasPrompt(memory, actor)) || (await isLateAnswer(memory, actor, answers));
    } catch (error) {
      log.warn({ error }, UNREAD);
      return mayBeKey(inbound);
    }
  }

  /** Of what is not said to us, only a key counts: whoever is asked for six digits or an address may say what looks like one. */
  async function isKeyAsked(inbound: Text): Promise<boolean> {
    try {
      if (!holdsKey(inbound.text) || (await isCommand(inbound))) return false;
      const prompt = await peekPrompt(memory, inbound.actor);
      return prompt?.fields.some(({ name, secret }) => secret && name !== 'address') ?? false;
    } catch (error) {
      log.warn({ error }, UNREAD);
      return wasAsked(inbound);
    }
  }

  /** One question at a time is on show. That it stays changes nothing about the key. */
  async function removeQuestion(actor: Actor, chat: number): Promise<void> {
    const question = await takeQuestion(memory, actor);
    if (question === undefined) return;
    await postman
      .remove(messageRef({ chat, message: question }))
      .catch((error: unknown) => log.debug({ error }, 'a question could not be taken away'));
  }

  async function say(inbound: Text, sentence: string): Promise<Delivery> {
    const reply = { title: '', lines: [{ mark: 'attention', cells: [sentence] }], actions: [] } as const;
    return postman.send({ actor: inbound.actor, conversation: conversationRef(here(inbound)) }, reply);
  }

  const invite = (inbound: Text, warning?: string): Promise<void> =>
    postman.invite(here(inbound), inbound.actor, ['auth'], warning);

  /** The key counts all the same: its owner would only send it once more. */
  async function warn(inbound: Text, { name }: Field): Promise<void> {
    await say(inbound, name === 'address' ? ADDRESS_NOT_DELETED : NOT_DELETED).catch((error: unknown) =>
      log.warn({ error }, 'nobody could be warned of a key that could not be deleted'),
    );
  }

  const here = ({ place, updateId, typed }: Text): Conversation => ({
    place,
    update: updateId,
    atMs: now(),
    ...typed,
  });

  async function removeTyped({
    place,
    typed,
  }: {
    place: Text['place'];
    typed: TypedMessage;
  }): Promise<boolean> {
    if (!('message' in typed)) return true;
    return postman
      .remove(messageRef({ chat: place.chat, message: typed.message }))
      .catch((error: unknown) => {
        log.warn({ error }, 'a message with a key could not be deleted');
        return false;
      });
  }

  /** The answer to a prompt. It is gone from the chat before anything else happens. */
  async function given(inbound: Text, prompt: Prompt): Promise<void> {
    const { actor, place } = inbound;
    const field = nextField(prompt);
    if (field === undefined) return;
    const removed = !field.secret || (await removeTyped(inbound));
    await onTheirWay.get(actor.userId);
    await removeQuestion(actor, place.chat);
    if (!removed) await warn(inbound, field);
    const filled = { ...prompt, given: { ...prompt.given, [field.name]: inbound.text.trim() } };
    if (nextField(filled) !== undefined) return ask(actor, here(inbound), filled);
    const { form } = filled;
    await run(inbound, filled.words, here(inbound), {
      fields: filled.given,
      ...(form === undefined ? {} : { message: form }),
    });
  }

  const inGroup = ({ place }: Text): boolean => place.kind === 'group';

  async function strayKey(inbound: Text): Promise<boolean> {
    const { text, repliesToUs } = inbound;
    // What others say to each other is theirs, whatever it looks like.
    if (!repliesToUs) return isKeyAsked(inbound);
    const seen = alone && commandIn(text) !== 'command' && (holdsKey(text) || isAddress(text));
    return seen || (await isAsked(inbound));
  }

  /** It is no answer to a question for something else, which stays open. */
  async function isOtherwiseMeant(inbound: Text): Promise<boolean> {
    if (!alone || !isAddress(inbound.text)) return false;
    const prompt = await peekPrompt(memory, inbound.actor);
    return prompt === undefined || nextField(prompt)?.name !== 'address';
  }

  async function inPrivate(inbound: Text): Promise<boolean> {
    const { actor, answers } = inbound;
    if (inbound.forwarded) {
      await say(inbound, (await removeTyped(inbound)) ? FORWARDED_KEY : NOT_DELETED_NOR_USED);
      return true;
    }
    if ((await isCommand(inbound)) || (await isOtherwiseMeant(inbound))) return false;
    if (await isLateAnswer(memory, actor, answers)) {
      await say(inbound, (await removeTyped(inbound)) ? LATE_ANSWER : NOT_DELETED_NOR_USED);
      return true;
    }
    const prompt = await takePrompt(memory, actor);
    waiting.delete(actor.userId);
    if (prompt === undefined) return unasked(inbound);
    await given(inbound, prompt);
    return true;
  }

  /** A key that nobody asked for, or not any more: it does not stay where it is. */
  async function unasked(inbound: Text): Promise<boolean> {
    if (!looksLikeKey(inbound.text)) return false;
    await say(inbound, (await removeTyped(inbound)) ? UNASKED_KEY : NOT_DELETED_NOR_USED);
    return true;
  }

  return {
    ask,
    async expects(inbound) {
      if (inGroup(inbound)) return strayKey(inbound);
      return inbound.forwarded ? isKeyAsked(inbound) : isAsked(inbound);
    },
    async hear(inbound) {
      if (inGroup(inbound)) {
        await refuseInGroup(inbound, { removeTyped, say, invite });
        return true;
      }
      return inPrivate(inbound).catch(async (error: unknown) => {
        if (mayBeKey(inbound)) await removeTyped(inbound);
        throw error;
      });
    },
  };
}
