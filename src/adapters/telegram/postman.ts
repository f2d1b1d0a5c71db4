import type { AdapterMemory, Delivery, MessageRef, Recipient, Reply } from '../../gateway/types.js';
import type { Log } from '../../observability/log.js';
import { createAdminless } from './adminless.js';
import type { Outbox, Sent } from './outbox.js';
import { type Conversation, messageRef, readConversation, readMessageRef, telegramId } from './refs.js';
import { type RenderedMessage, renderReply } from './render.js';
import { ONLY_IN_PRIVATE, OPEN_CHAT } from './sentences.js';
import { rememberWords } from './start-links.js';
import type { Turns } from './turns.js';
import type { Place } from './types.js';

export interface PostmanParts {
  /** Undefined: not connected to Telegram. */
  readonly outbox: () => Outbox | undefined;
  readonly memory: () => AdapterMemory;
  readonly turns: Turns;
  /** The bot's name, once it is known. */
  readonly username: () => string | undefined;
  readonly now: () => number;
  readonly log: Log;
}

/** Brings what is said to one person, so that nobody else sees it. */
export interface Postman {
  send(to: Recipient, reply: Reply): Promise<Delivery>;
  update(message: MessageRef, reply: Reply): Promise<Delivery>;
  remove(message: MessageRef): Promise<boolean>;
  /** Offers, where everybody sees it, to go on in private; says nothing else. */
  invite(conversation: Conversation, to: Recipient['actor'], words: readonly string[]): Promise<void>;
}

/** Bot API, ephemeral messages: 15 seconds, of which the way takes some. */
const EPHEMERAL_WITHIN_MS = 14_000;
/** As long as sign-in messages are kept up to date, their buttons mean something. */
const BUTTONS_MS = 8 * 86_400_000;

const GONE: Delivery = { kind: 'gone' };
const NO_WAY: Delivery = { kind: 'no-private-way' };

export function createPostman(parts: PostmanParts): Postman {
  const { turns, now, log } = parts;
  const adminless = createAdminless(now);

  /** What does not fit into a button is remembered before anybody can press it. */
  async function prepare(reply: Reply): Promise<RenderedMessage> {
    const message = renderReply(reply);
    for (const { key, value } of message.kept) await parts.memory().set(key, value, BUTTONS_MS);
    return message;
  }

  async function ephemerally(
    outbox: Outbox,
    conversation: Conversation,
    user: number,
    message: RenderedMessage,
  ): Promise<Delivery | undefined> {
    const { place, update, atMs, query, ephemeral } = conversation;
    // A command that everybody saw comes from a client that shows no ephemeral messages, though Telegram takes them.
    if (query === undefined && ephemeral === undefined) return undefined;
    const allowed = now() - atMs < EPHEMERAL_WITHIN_MS;
    if (!allowed && adminless.has(place.chat)) return undefined;
    const sent = await outbox.ephemeral(allowed ? conversation : { place, update, atMs }, user, message);
    if (sent.kind === 'sent') return delivered(sent);
    if (!allowed) adminless.add(place.chat);
    log.debug({ refusal: sent.kind, chat: 'group' }, 'Telegram took no ephemeral message');
    return undefined;
  }

  async function privately(outbox: Outbox, place: Place, message: RenderedMessage): Promise<Delivery> {
    const sent = await outbox.plain(place, message);
    if (sent.kind === 'refused') throw new Error(`Telegram refused a message: ${sent.why}`);
    return sent.kind === 'sent' ? delivered(sent) : NO_WAY;
  }

  async function inGroup(
    outbox: Outbox,
    conversation: Conversation,
    user: number,
    message: RenderedMessage,
  ): Promise<Delivery> {
    const turn = turns.of(conversation.update);
    const working = await turn?.placeholder();
    const edited = working === undefined ? undefined : await outbox.edit(working, message);
    if (edited?.kind === 'sent') return delivered(edited);
    const whispered = await ephemerally(outbox, conversation, user, message);
    if (whispered !== undefined) return whispered;
    const delivery = await privately(outbox, { kind: 'private', chat: user }, message);
    if (delivery.kind !== 'delivered' && turn !== undefined)
      await invite(conversation, turn.invocation.actor, turn.invocation.words);
    return delivery;
  }

  async function invite(
    conversation: Conversation,
    actor: Recipient['actor'],
    words: readonly string[],
  ): Promise<void> {
    const outbox = parts.outbox();
    const username = parts.username();
    if (outbox === undefined || username === undefined) return;
    const url = await rememberWords(parts.memory(), actor, words, username);
    const note = { text: ONLY_IN_PRIVATE, keyboard: [[{ text: OPEN_CHAT, url }]], kept: [] };
    const replyTo = conversation.message === undefined ? {} : { replyTo: conversation.message };
    const sent = await outbox.plain(conversation.place, note, { silent: true, ...replyTo });
    if (sent.kind !== 'sent')
      log.info({ refusal: sent.kind }, 'a group could not be told that I answer in private');
  }

  return {
    async send({ actor, conversation: ref }, reply) {
      const outbox = parts.outbox();
      const user = telegramId(actor);
      if (outbox === undefined || user === undefined) return GONE;
      if (ref === undefined) return privately(outbox, { kind: 'private', chat: user }, await prepare(reply));
      const conversation = readConversation(ref);
      if (conversation === undefined) return GONE;
      const { place } = conversation;
      if (place.kind === 'group') return inGroup(outbox, conversation, user, await prepare(reply));
      return place.chat === user ? privately(outbox, place, await prepare(reply)) : GONE;
    },

    async update(ref, reply) {
      const outbox = parts.outbox();
      const sent = readMessageRef(ref);
      if (outbox === undefined || sent === undefined) return GONE;
      const edited = await outbox.edit(sent, await prepare(reply));
      if (edited.kind === 'sent') return delivered(edited);
      if (edited.kind === 'same') return { kind: 'delivered', message: messageRef(sent) };
      if (edited.kind === 'refused') log.warn({ why: edited.why }, 'Telegram refused an edit');
      return GONE;
    },

    async remove(ref) {
      const outbox = parts.outbox();
      const sent = readMessageRef(ref);
      return outbox !== undefined && sent !== undefined && (await outbox.remove(sent));
    },

    invite,
  };
}

function delivered({ message }: Extract<Sent, { kind: 'sent' }>): Delivery {
  return { kind: 'delivered', message: messageRef(message) };
}
