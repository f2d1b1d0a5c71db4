import type { Actor, AdapterMemory, MessageRef } from '../../gateway/types.js';
import type { Log } from '../../observability/log.js';
import type { Outbox } from './outbox.js';
import type { Postman } from './postman.js';
import { hasPrompt, keepPrompt, nextField, type Prompt, takePrompt } from './prompts.js';
import { type Conversation, conversationRef, messageRef, telegramId } from './refs.js';
import { KEY_IN_GROUP, NOT_DELETED } from './sentences.js';
import { escapeHtml } from './text.js';
import type { Inbound, TypedMessage } from './types.js';

type Text = Extract<Inbound, { kind: 'text' }>;

export interface KeyDeskParts {
  readonly memory: AdapterMemory;
  readonly outbox: () => Outbox | undefined;
  readonly postman: Postman;
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

/** One word, long, of letters and digits: nobody says that to a bot, and many keys look like it. */
const LIKE_A_KEY = /^(?=\S*[A-Za-z])(?=\S*\d)\S{20,}$/;

export function createKeyDesk({ memory, outbox, postman, now, log, run }: KeyDeskParts): KeyDesk {
  async function ask(actor: Actor, conversation: Conversation, prompt: Prompt): Promise<void> {
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
    const sent = await out.plain(
      { kind: 'private', chat: user },
      { text, keyboard: [], kept: [] },
      { markup },
    );
    if (sent.kind !== 'sent') return postman.invite(conversation, actor, prompt.words);
    const asked = 'message' in sent.message ? { asked: sent.message.message } : {};
    await keepPrompt(memory, actor, { ...prompt, ...asked });
  }

  async function say(inbound: Text, sentence: string): Promise<void> {
    const reply = { title: '', lines: [{ mark: 'attention', cells: [sentence] }], actions: [] } as const;
    await postman.send({ actor: inbound.actor, conversation: conversationRef(here(inbound)) }, reply);
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
    if (prompt.asked !== undefined)
      await postman.remove(messageRef({ chat: place.chat, message: prompt.asked }));
    if (!removed) await say(inbound, NOT_DELETED);
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
    return (
      inbound.repliesToUs &&
      (LIKE_A_KEY.test(inbound.text.trim()) || (await hasPrompt(memory, inbound.actor)))
    );
  }

  return {
    ask,
    expects: (inbound) => (inGroup(inbound) ? strayKey(inbound) : hasPrompt(memory, inbound.actor)),
    async hear(inbound) {
      if (inGroup(inbound)) {
        await removeTyped(inbound);
        await say(inbound, KEY_IN_GROUP);
        return true;
      }
      const prompt = await takePrompt(memory, inbound.actor);
      if (prompt === undefined) return false;
      await given(inbound, prompt);
      return true;
    },
  };
}
