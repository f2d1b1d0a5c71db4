import type { AdapterMemory, Delivery, MessageRef, Recipient, Reply } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import { createNoteLimit } from '../../common/note-limit.js';
import {
  type Conversation,
  discordId,
  messageRef,
  readConversation,
  readMessageRef,
  readTypedRef,
  type SentMessage,
} from '../refs.js';
import { KEY_SEEN_IN_CHANNEL, ONLY_IN_PRIVATE } from '../sentences.js';
import type { Direct } from './direct.js';
import type { Outbox, Sent } from './outbox.js';
import { type RenderedMessage, renderReply } from './render.js';
import { TOKEN_LIVES_MS, type Tokens } from './tokens.js';
import type { Turns } from './turns.js';

export interface PostmanParts {
  /** Undefined: not started, or stopped. */
  readonly outbox: () => Outbox | undefined;
  readonly memory: () => AdapterMemory;
  readonly tokens: () => Tokens | undefined;
  readonly turns: Turns;
  readonly direct: Direct;
  readonly now: () => number;
  readonly log: Log;
}

/** Brings what is said to one person, so that nobody else sees it. */
export interface Postman {
  send(to: Recipient, reply: Reply): Promise<Delivery>;
  update(message: MessageRef, reply: Reply): Promise<Delivery>;
  remove(message: MessageRef): Promise<boolean>;
}

/** As long as sign-in messages are kept up to date, their buttons mean something. */
const BUTTONS_MS = 8 * 86_400_000;

const GONE: Delivery = { kind: 'gone' };
const NO_WAY: Delivery = { kind: 'no-private-way' };
const NOT_POINTED = 'a channel could not be told that I answer in private';

export function createPostman(parts: PostmanParts): Postman {
  const { turns, direct, now, log } = parts;
  const notes = createNoteLimit(now);
  /** Of its own: who was just pointed to /mcp may have a key in what they say next. */
  const warnings = createNoteLimit(now);

  /** What does not fit into a button is remembered before anybody can press it. */
  async function prepare(reply: Reply): Promise<RenderedMessage> {
    const message = renderReply(reply);
    for (const { key, value } of message.kept) await parts.memory().set(key, value, BUTTONS_MS);
    return message;
  }

  async function privately(outbox: Outbox, user: string, message: RenderedMessage): Promise<Delivery> {
    const sent = await direct.send(outbox, user, message);
    if (sent.kind === 'refused') throw new Error(`Discord refused a message: ${sent.why}`);
    return sent.kind === 'sent' ? delivered(sent, 'direct', user) : NO_WAY;
  }

  /** By the interaction that the command was: as its answer, or as one more message. Undefined: that way is closed. */
  async function byInteraction(
    outbox: Outbox,
    { key, place, user, atMs }: Conversation,
    message: RenderedMessage,
  ): Promise<Delivery | undefined> {
    if (key === undefined) return undefined;
    const kind = place.kind === 'dm' ? 'direct' : 'whispered';
    const turn = turns.of(key.id);
    if (turn?.open === true && turn.pressed === undefined) {
      const sent = await turn.say(message);
      if (sent.kind === 'sent') return delivered(sent, kind, user);
      log.debug({ refusal: sent.kind }, 'Discord took no answer to a command');
      return undefined;
    }
    if (kind === 'direct' || now() - atMs > TOKEN_LIVES_MS) return undefined;
    const sent = await outbox.followUp(key, message);
    if (sent.kind !== 'sent') return undefined;
    parts.tokens()?.note({ user, message: sent.message }, { key, original: false }, atMs);
    return delivered(sent, kind, user);
  }

  /** A mention is answered in the DM. Where that is closed, the channel gets one line, which says nothing. */
  async function pointTo(
    { place, message, user }: Conversation,
    outbox: Outbox,
    isExposed: boolean,
  ): Promise<void> {
    const [limit, line] = isExposed ? [warnings, KEY_SEEN_IN_CHANNEL] : [notes, ONLY_IN_PRIVATE];
    if (place.kind !== 'guild' || message === undefined || !limit.spend(place.channel, user)) return;
    try {
      const reply = await outbox.note(place.channel, line, message);
      const sent = reply.kind === 'refused' ? await outbox.note(place.channel, line) : reply;
      if (sent.kind !== 'sent') log.info({ refusal: sent.kind }, NOT_POINTED);
    } catch (error) {
      // That there is no private way is known by now, and the gateway has to hear it all the same.
      log.info({ error }, NOT_POINTED);
    }
  }

  async function whisper(outbox: Outbox, shown: SentMessage, message: RenderedMessage): Promise<Sent> {
    if (shown.kind === 'direct') return outbox.edit(shown.channel, shown.message, message);
    const token = await parts.tokens()?.of(shown);
    return token === undefined ? { kind: 'gone' } : outbox.editByToken(token, shown.message, message);
  }

  return {
    async send({ actor, conversation: ref }, reply) {
      const outbox = parts.outbox();
      const user = discordId(actor);
      if (outbox === undefined || user === undefined) return GONE;
      if (ref === undefined) return privately(outbox, user, await prepare(reply));
      const conversation = readConversation(ref);
      if (conversation === undefined || conversation.user !== user) return GONE;
      const message = await prepare(reply);
      const answered = await byInteraction(outbox, conversation, message);
      if (answered !== undefined) return answered;
      const delivery = await privately(outbox, user, message);
      if (delivery.kind === 'no-private-way') await pointTo(conversation, outbox, reply.exposed === true);
      return delivery;
    },

    async update(ref, reply) {
      const outbox = parts.outbox();
      const shown = readMessageRef(ref);
      if (outbox === undefined || shown === undefined) return GONE;
      const message = await prepare(reply);
      const turn = turns.on(shown.message);
      const answered = turn?.actor.userId === shown.user ? await turn.say(message) : undefined;
      const sent = answered?.kind === 'sent' ? answered : await whisper(outbox, shown, message);
      if (sent.kind === 'sent') return { kind: 'delivered', message: messageRef(shown) };
      if (sent.kind === 'refused') log.warn({ why: sent.why }, 'Discord refused an edit');
      return GONE;
    },

    async remove(ref) {
      const outbox = parts.outbox();
      const typed = readTypedRef(ref);
      const sent = typed ?? readMessageRef(ref);
      return outbox !== undefined && sent !== undefined && outbox.remove(sent.channel, sent.message);
    },
  };
}

function delivered(
  { message, channel }: Extract<Sent, { kind: 'sent' }>,
  kind: SentMessage['kind'],
  user: string,
): Delivery {
  return { kind: 'delivered', message: messageRef({ kind, channel, message, user }) };
}
