import type { Actor, AdapterMemory, Delivery, MessageRef, Recipient, Reply } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import { createNoteLimit } from '../../common/note-limit.js';
import { createRecently } from '../../common/recently.js';
import { rememberWords } from '../incoming/start-links.js';
import {
  type Conversation,
  messageRef,
  readConversation,
  readMessageRef,
  type SentMessage,
  showsEphemeral,
  telegramId,
} from '../refs.js';
import { KEY_SEEN_IN_GROUP, ONLY_IN_PRIVATE, OPEN_CHAT } from '../sentences.js';
import type { Place } from '../types.js';
import { TooManyRequestsError } from './failures.js';
import type { Outbox, Sent } from './outbox.js';
import { type RenderedMessage, renderReply } from './render.js';
import type { Turn, Turns } from './turns.js';

export interface PostmanParts {
  /** Undefined: stopped, or not started. Throws until it is connected to Telegram. */
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
  /**
   * Offers in a group to go on in private, and says nothing else, because everybody may see it; or a warning that concerns
   * everybody.
   */
  invite(conversation: Conversation, to: Actor, words: readonly string[], warning?: string): Promise<void>;
}

/** Bot API, ephemeral messages: 15 seconds, of which the way takes some. */
const EPHEMERAL_WITHIN_MS = 14_000;
/** Chats where an ephemeral message was refused because the bot is no administrator: not to be tried again for so long. */
const ADMINLESS_MS = 10 * 60_000;
/** As long as sign-in messages are kept up to date, their buttons mean something. */
const BUTTONS_MS = 8 * 86_400_000;

const GONE: Delivery = { kind: 'gone' };
const NO_WAY: Delivery = { kind: 'no-private-way' };

export function createPostman(parts: PostmanParts): Postman {
  const { turns, now, log } = parts;
  const adminless = createRecently<number>(now, ADMINLESS_MS);
  const notes = createNoteLimit(now);
  /** Of its own: who was just invited may answer that with a key. */
  const warnings = createNoteLimit(now);

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
    const { place, update, atMs } = conversation;
    if (!showsEphemeral(conversation)) return undefined;
    const asAdmin = { place, update, atMs };
    const ways = now() - atMs < EPHEMERAL_WITHIN_MS ? [conversation, asAdmin] : [asAdmin];
    for (const way of ways) {
      if (way === asAdmin && adminless.has(place.chat)) continue;
      const sent = await outbox.ephemeral(way, user, message).catch(tooMany);
      if (sent.kind === 'sent') return delivered(sent);
      log.debug({ refusal: sent.kind, chat: 'group' }, 'Telegram took no ephemeral message');
      if (sent.kind === 'no-access' || sent.kind === 'too-many') break;
      if (way === asAdmin) adminless.add(place.chat);
    }
    return undefined;
  }

  async function privately(outbox: Outbox, place: Place, message: RenderedMessage): Promise<Delivery> {
    const sent = await outbox.plain(place, message);
    // A topic can be taken away; the chat that it was in stays.
    if (sent.kind === 'gone' && place.topic !== undefined)
      return privately(outbox, { kind: place.kind, chat: place.chat }, message);
    if (sent.kind === 'refused') throw new Error(`Telegram refused a message: ${sent.why}`);
    return sent.kind === 'sent' ? delivered(sent) : NO_WAY;
  }

  async function inGroup(
    outbox: Outbox,
    conversation: Conversation,
    user: number,
    message: RenderedMessage,
    isExposed: boolean,
  ): Promise<Delivery> {
    const turn = turns.of(conversation.update);
    const working = await turn?.placeholder();
    if (working !== undefined) {
      const edited = standing(working, await outbox.edit(working, message).catch(tooMany));
      if (edited !== undefined || (await outbox.remove(working).catch(() => false))) await turn?.replaced();
      if (edited !== undefined) return edited;
    }
    const whispered = await ephemerally(outbox, conversation, user, message);
    if (whispered !== undefined) return whispered;
    const delivery = await privately(outbox, { kind: 'private', chat: user }, message);
    if (delivery.kind === 'delivered' || turn === undefined) return delivery;
    const { actor, words } = turn.invocation;
    const isSeen = isExposed && !showsEphemeral(conversation);
    // What the button stands for is kept: no key among it.
    const note = await (isSeen ? noteFor(actor, ['auth'], KEY_SEEN_IN_GROUP) : noteFor(actor, words));
    if (note !== undefined) await inviteOpenly(outbox, conversation, user, note, isSeen ? warnings : notes);
    return delivery;
  }

  /**
   * A form on a group's message is filled in in the private chat: what came of it is said there too. The buttons stay
   * where they are kept up to date.
   */
  async function tellThere(outbox: Outbox, turn: Turn, shown: SentMessage, reply: Reply): Promise<void> {
    const { place } = turn.conversation;
    if (place.kind !== 'private' || place.chat === shown.chat) return;
    await outbox
      .plain(place, renderReply(withoutActions(reply)))
      .catch((error: unknown) =>
        log.warn({ error }, 'what came of a form could not be said where it was filled in'),
      );
  }

  async function inviteOpenly(
    outbox: Outbox,
    conversation: Conversation,
    user: number,
    note: RenderedMessage,
    limit = notes,
  ) {
    if (!limit.spend(conversation.place.chat, user)) return;
    const replyTo = conversation.message === undefined ? {} : { replyTo: conversation.message };
    const sent = await outbox.plain(conversation.place, note, { silent: true, ...replyTo });
    if (sent.kind !== 'sent')
      log.info({ refusal: sent.kind }, 'a group could not be told that I answer in private');
  }

  /** The same words again, by a button that opens the private chat. */
  async function noteFor(
    actor: Actor,
    words: readonly string[],
    text = ONLY_IN_PRIVATE,
  ): Promise<RenderedMessage | undefined> {
    const username = parts.username();
    if (username === undefined) return undefined;
    const url = await rememberWords(parts.memory(), actor, words, username);
    return { text, keyboard: [[{ text: OPEN_CHAT, url }]], kept: [] };
  }

  return {
    async send({ actor, conversation: ref }, reply) {
      const user = telegramId(actor);
      const conversation = ref && readConversation(ref);
      if (user === undefined || (ref !== undefined && conversation === undefined)) return GONE;
      const outbox = parts.outbox();
      if (outbox === undefined) return GONE;
      if (conversation === undefined)
        return privately(outbox, { kind: 'private', chat: user }, await prepare(reply));
      const { place } = conversation;
      if (place.kind === 'group')
        return inGroup(outbox, conversation, user, await prepare(reply), reply.exposed === true);
      return place.chat === user ? privately(outbox, place, await prepare(reply)) : GONE;
    },

    async update(ref, reply) {
      const sent = readMessageRef(ref);
      const outbox = sent && parts.outbox();
      if (sent === undefined || outbox === undefined) return GONE;
      const turn = turns.on(sent);
      // The pressed buttons are gone before the answer brings new ones.
      await turn?.placeholder();
      const edited = await outbox.edit(sent, await prepare(reply));
      if (turn !== undefined && edited.kind !== 'gone') await tellThere(outbox, turn, sent, reply);
      const delivery = standing(sent, edited);
      if (delivery !== undefined) await turn?.replaced();
      if (delivery !== undefined) return delivery;
      if (edited.kind === 'refused') log.warn({ why: edited.why }, 'Telegram refused an edit');
      return GONE;
    },

    async remove(ref) {
      const outbox = parts.outbox();
      const sent = readMessageRef(ref);
      return outbox !== undefined && sent !== undefined && (await outbox.remove(sent));
    },

    async invite(conversation, actor, words, warning) {
      const outbox = parts.outbox();
      const user = telegramId(actor);
      const note = await noteFor(actor, words, warning);
      if (outbox === undefined || user === undefined || note === undefined) return;
      if (conversation.place.kind === 'private') return;
      const whispered = await ephemerally(outbox, conversation, user, note);
      if (whispered !== undefined) return;
      await inviteOpenly(outbox, conversation, user, note, warning === undefined ? notes : warnings);
    },
  };
}

interface TooMany {
  readonly kind: 'too-many';
}

/** A group that takes nothing more for now: the private chat may. */
function tooMany(error: unknown): TooMany {
  if (error instanceof TooManyRequestsError) return { kind: 'too-many' };
  throw error;
}

function withoutActions({ lines, ...reply }: Reply): Reply {
  return { ...reply, lines: lines.map(({ action: _, ...line }) => line), actions: [] };
}

/** An edit whose answer was lost is made again: the message says that already then. Undefined: it says something else. */
function standing(message: SentMessage, edited: Sent | TooMany): Delivery | undefined {
  if (edited.kind !== 'sent' && edited.kind !== 'same') return undefined;
  return { kind: 'delivered', message: messageRef(message) };
}

function delivered({ message }: Extract<Sent, { kind: 'sent' }>): Delivery {
  return { kind: 'delivered', message: messageRef(message) };
}
