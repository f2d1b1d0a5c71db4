import type { Actor, AdapterMemory, Delivery, Field, MessageRef } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import type { Outbox } from '../outgoing/outbox.js';
import type { Postman } from '../outgoing/postman.js';
import { type Conversation, conversationRef, messageRef } from '../refs.js';
import {
  ADDRESS_NOT_DELETED,
  FORWARDED_KEY,
  KEY_AS_FILE,
  KEY_ELSEWHERE,
  LATE_ANSWER,
  NOT_DELETED,
  NOT_DELETED_NOR_USED,
  UNASKED_KEY,
} from '../sentences.js';
import type { Inbound, TypedMessage } from '../types.js';
import { type Bearing, bearingOf } from './bearing.js';
import { refuseInGroup } from './group-keys.js';
import { asksForKey, hasPrompt, nextField, type Prompt, peekPrompt, standingQuestion } from './prompts.js';
import { createQuestions } from './questions.js';
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
  /** Takes the question away that this command takes back. False: none. */
  withdraw(actor: Actor, words: readonly string[]): Promise<boolean>;
  /** Whether this text is what somebody was asked for, or a key where others read it. */
  expects(inbound: Text): Promise<boolean>;
  /** False: it is none of these. */
  hear(inbound: Text): Promise<boolean>;
}

const UNREAD = 'whether a key was asked for could not be read';

export function createKeyDesk({ memory, outbox, postman, alone, now, log, run }: KeyDeskParts): KeyDesk {
  const questions = createQuestions({ memory, outbox, postman, now, log });

  /**
   * Whoever was asked for a key may have changed their mind: the question stays. Beside the commands of a host, what looks
   * like both is a key only where it replies to the question.
   */
  async function isCommand({ text, actor, answers }: Text): Promise<boolean> {
    const found = commandIn(text);
    if (found !== 'either' || alone) return found === 'command';
    if (answers === undefined) return true;
    await questions.arrived(actor);
    return (await standingQuestion(memory, actor))?.message !== answers;
  }

  /** While the store is down: of whom this process asked one, and what looks like one. */
  const wasAsked = ({ actor }: Text): boolean => questions.wasAsked(actor);
  const mayBeKey = (inbound: Text): boolean => wasAsked(inbound) || looksLikeKey(inbound.text);

  async function known(
    inbound: Text,
    look: () => Promise<boolean>,
    otherwise: (inbound: Text) => boolean,
  ): Promise<boolean> {
    try {
      return !(await isCommand(inbound)) && (await look());
    } catch (error) {
      log.warn({ error }, UNREAD);
      return otherwise(inbound);
    }
  }

  async function bearing({ actor, answers, text }: Text): Promise<Bearing> {
    if (answers !== undefined) await questions.arrived(actor);
    const found = await bearingOf(memory, actor, answers);
    if (found.kind !== 'elsewhere') return found;
    // An address tells by itself what it answers.
    return asksForAddress(found.prompt) && isAddress(text) ? { kind: 'answer', prompt: found.prompt } : found;
  }

  async function isMeant(inbound: Text): Promise<boolean> {
    const found = await bearing(inbound);
    switch (found.kind) {
      case 'answer':
        return inbound.attached !== true || isSecret(found.prompt);
      case 'late':
        return true;
      case 'elsewhere':
        return isMisplaced(inbound, found.prompt);
      case 'none':
        return false;
    }
  }

  /** Of what is not said to us, only a key counts: whoever is asked for six digits or an address may say what looks like one. */
  async function isKeyAsked(inbound: Text): Promise<boolean> {
    if (!holdsKey(inbound.text)) return false;
    const look = async () => isMisplaced(inbound, await peekPrompt(memory, inbound.actor));
    return known(inbound, look, wasAsked);
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
    const { actor } = inbound;
    const field = nextField(prompt);
    if (field === undefined) return;
    const removed = !field.secret || (await removeTyped(inbound));
    await questions.arrived(actor);
    await questions.remove(actor);
    if (!removed) await warn(inbound, field);
    const filled = { ...prompt, given: { ...prompt.given, [field.name]: inbound.text.trim() } };
    if (nextField(filled) !== undefined) return questions.ask(actor, here(inbound), filled);
    const { form } = filled;
    await run(inbound, filled.words, here(inbound), {
      fields: filled.given,
      ...(form === undefined ? {} : { message: form }),
    });
  }

  const inGroup = ({ place }: Text): boolean => place.kind === 'group';

  async function strayKey(inbound: Text): Promise<boolean> {
    const { text, repliesToUs, actor } = inbound;
    // What others say to each other is theirs, whatever it looks like; so is what they say to a host.
    if (!repliesToUs || !alone) return isKeyAsked(inbound);
    if (commandIn(text) !== 'command' && (holdsKey(text) || isAddress(text))) return true;
    // Whoever was just asked for a key, and answers a bot that is for nothing else, may give a short one.
    return known(inbound, () => hasPrompt(memory, actor), mayBeKey);
  }

  /** It is no answer to a question for something else, which stays open. */
  async function isOtherwiseMeant(inbound: Text): Promise<boolean> {
    if (!alone || inbound.attached === true || !isAddress(inbound.text)) return false;
    const prompt = await peekPrompt(memory, inbound.actor);
    return prompt === undefined || !asksForAddress(prompt);
  }

  async function inPrivate(inbound: Text): Promise<boolean> {
    if (inbound.forwarded) return refuse(inbound, FORWARDED_KEY);
    if ((await isCommand(inbound)) || (await isOtherwiseMeant(inbound))) return false;
    const found = await bearing(inbound);
    switch (found.kind) {
      case 'answer':
        return inbound.attached === true ? refuse(inbound, KEY_AS_FILE) : answered(inbound);
      case 'late':
        return late(inbound);
      case 'elsewhere':
        return isMisplaced(inbound, found.prompt) ? refuse(inbound, KEY_ELSEWHERE) : unasked(inbound);
      case 'none':
        return unasked(inbound);
    }
  }

  async function answered(inbound: Text): Promise<boolean> {
    const prompt = await questions.take(inbound.actor);
    if (prompt === undefined) return unasked(inbound);
    await given(inbound, prompt);
    return true;
  }

  /** The question goes too: what comes next is no answer to it. */
  async function late(inbound: Text): Promise<true> {
    const removed = await removeTyped(inbound);
    if (!(await hasPrompt(memory, inbound.actor))) await questions.remove(inbound.actor);
    return refused(inbound, removed, LATE_ANSWER);
  }

  /** A key that nobody asked for, or not any more: it does not stay where it is. */
  async function unasked(inbound: Text): Promise<boolean> {
    return looksLikeKey(inbound.text) && refuse(inbound, UNASKED_KEY);
  }

  /** It goes, and is used for nothing. */
  const refuse = async (inbound: Text, sentence: string): Promise<true> =>
    refused(inbound, await removeTyped(inbound), sentence);

  async function refused(inbound: Text, removed: boolean, sentence: string): Promise<true> {
    await say(inbound, removed ? sentence : NOT_DELETED_NOR_USED);
    return true;
  }

  return {
    ask: questions.ask,
    async withdraw(actor, [command, server]) {
      if (command?.toLowerCase() !== 'cancel') return false;
      // While the store is down the command itself says so.
      return questions.withdraw(actor, server).catch((error: unknown) => {
        log.warn({ error }, UNREAD);
        return false;
      });
    },
    async expects(inbound) {
      if (inGroup(inbound)) return strayKey(inbound);
      if (inbound.forwarded) return isKeyAsked(inbound);
      return known(inbound, () => isMeant(inbound), mayBeKey);
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

const asksForAddress = (prompt: Prompt): boolean => nextField(prompt)?.name === 'address';
const isSecret = (prompt: Prompt): boolean => nextField(prompt)?.secret === true;

/** It looks like the key that is asked for, and comes another way. */
function isMisplaced({ text }: Text, prompt: Prompt | undefined): boolean {
  return holdsKey(text) && prompt !== undefined && asksForKey(prompt);
}
