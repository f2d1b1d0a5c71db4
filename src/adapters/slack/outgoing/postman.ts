import { randomBytes } from 'node:crypto';
import type { Actor, AdapterMemory, Delivery, MessageRef, Recipient, Reply } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import { createNoteLimit } from '../../common/note-limit.js';
import { createRecently } from '../../common/recently.js';
import type { Installation, Installations } from '../connection/installations.js';
import {
  type Conversation,
  messageRef,
  ownerKey,
  readConversation,
  readMessageRef,
  type SentMessage,
  userOf,
} from '../refs.js';
import { KEY_SEEN_IN_CHANNEL, ONLY_IN_PRIVATE } from '../sentences.js';
import { isOurMistake, SlackUnavailableError } from './failures.js';
import type { Outbox, Refused } from './outbox.js';
import { type RenderedMessage, renderReply, renderSentence } from './render.js';
import type { Routes } from './routes.js';
import type { Turns } from './turns.js';
import type { Ways } from './ways.js';

export interface PostmanParts {
  /** Undefined: stopped, or not started. */
  readonly outbox: () => Outbox | undefined;
  readonly installations: Installations;
  readonly memory: () => AdapterMemory;
  readonly routes: Routes;
  readonly ways: Ways;
  readonly turns: Turns;
  readonly now: () => number;
  readonly log: Log;
}

/** Brings what is said to one person, so that nobody else sees it. */
export interface Postman {
  send(to: Recipient, reply: Reply): Promise<Delivery>;
  update(message: MessageRef, reply: Reply): Promise<Delivery>;
}

/** As long as sign-in messages are kept up to date, their buttons mean something. */
const BUTTONS_MS = 8 * 86_400_000;
/** A response_url: half an hour, of which the way takes some. */
const URL_LIVES_MS = 29 * 60_000;
/** A channel is told so often that the bot answers in private: whoever types brings it about (threat 20). */
const HINT_EVERY_MS = 10 * 60_000;

const GONE: Delivery = { kind: 'gone' };
const NO_WAY: Delivery = { kind: 'no-private-way' };
const NOT_POINTED = 'a channel could not be told that I answer in private';

type Plain = Extract<SentMessage, { kind: 'plain' }>;

/** A message before it is sent: its id, and for whom it is. Exposed: it answers one with a key in it. */
interface Prepared {
  readonly id: string;
  readonly owner: string;
  readonly message: RenderedMessage;
  readonly isExposed: boolean;
}

export function createPostman(parts: PostmanParts): Postman {
  const { installations, ways, turns, now, log } = parts;
  const hints = createRecently<string>(now, HINT_EVERY_MS);
  /** Of its own, and for each person: they have a key to replace. */
  const warnings = createNoteLimit(now);

  /** What does not fit into a button is remembered before anybody can press it. */
  async function prepare(
    reply: Reply,
    owner: string,
    id = randomBytes(12).toString('base64url'),
  ): Promise<Prepared> {
    const message = renderReply(reply, { id, owner });
    for (const { key, value } of message.kept) await parts.memory().set(key, value, BUTTONS_MS);
    return { id, owner, message, isExposed: reply.exposed === true };
  }

  async function directly(outbox: Outbox, by: Installation, prepared: Prepared): Promise<Delivery> {
    const dm = await outbox.openDm(by, userOf(prepared.owner));
    if (dm.kind === 'refused') return note(dm, 'a DM could not be opened');
    return inDm(outbox, by, { channel: dm.channel }, prepared);
  }

  async function inDm(
    outbox: Outbox,
    by: Installation,
    place: { readonly channel: string; readonly thread?: string },
    { message, owner }: Prepared,
  ): Promise<Delivery> {
    const sent = await outbox.post(by, place, message);
    if (sent.kind === 'refused') return note(sent, 'a DM could not be written');
    return delivered({ kind: 'plain', team: by.key, channel: place.channel, owner, ts: sent.ts });
  }

  function note({ reason }: Refused, what: string): Delivery {
    if (isOurMistake(reason)) throw new Error(`Slack refused a message: ${reason}`);
    log.info({ platform: 'slack', reason }, what);
    return NO_WAY;
  }

  async function whispered(
    outbox: Outbox,
    by: Installation,
    conversation: Conversation,
    { message, owner, id }: Prepared,
  ): Promise<Delivery | undefined> {
    const { channel, thread, url, atMs } = conversation;
    const ref = { kind: 'whisper', team: by.key, channel, owner, id } as const;
    if (url !== undefined && now() - atMs < URL_LIVES_MS) {
      const sent = await outbox.respond(url, message, { replace: false, thread }).catch(tooMany);
      if (sent.kind === 'sent') return delivered(ref);
      log.debug({ reason: sent.reason }, 'Slack took no answer at a response_url');
    }
    const sent = await outbox.whisper(by, { channel, thread }, userOf(owner), message).catch(tooMany);
    if (sent.kind === 'sent') return delivered(ref);
    log.debug({ reason: sent.reason }, 'Slack took no ephemeral message');
    return undefined;
  }

  /** What cannot be taken away now is ended later (`unfinished`): the answer is not lost with it. */
  async function isRemoved(outbox: Outbox, by: Installation, { channel, ts }: Plain): Promise<boolean> {
    try {
      return (await outbox.remove(by, channel, ts)).kind === 'sent';
    } catch (error) {
      log.debug({ error }, 'a sign of work could not be taken away');
      return false;
    }
  }

  /** The "Working…" there makes room for it. */
  async function inPlaceOfWork(
    outbox: Outbox,
    by: Installation,
    { turn }: Conversation,
    { message, owner }: Prepared,
  ): Promise<Delivery | undefined> {
    const begun = turns.of(turn);
    const working = await begun?.placeholder();
    if (working?.kind !== 'plain') return undefined;
    const { channel, ts } = working;
    const edited = await outbox.edit(by, channel, ts, message).catch(tooMany);
    if (edited.kind === 'sent' || (await isRemoved(outbox, by, working))) await begun?.replaced();
    return edited.kind === 'sent' ? delivered({ ...working, owner }) : undefined;
  }

  /** The person typed it for all to see, and hears nothing otherwise. */
  async function hint(
    outbox: Outbox,
    by: Installation,
    { channel, thread, open }: Conversation,
    { owner, isExposed }: Prepared,
  ): Promise<void> {
    if (open !== true) return;
    if (isExposed ? !warnings.spend(channel, owner) : hints.has(channel)) return;
    if (!isExposed) hints.add(channel);
    const line = renderSentence(isExposed ? KEY_SEEN_IN_CHANNEL : ONLY_IN_PRIVATE);
    try {
      const sent = await outbox.post(by, { channel, thread }, line);
      if (sent.kind === 'refused') log.info({ reason: sent.reason }, NOT_POINTED);
    } catch (error) {
      // That there is no private way is known by now, and the gateway has to hear it all the same.
      log.info({ error }, NOT_POINTED);
    }
  }

  async function inConversation(
    outbox: Outbox,
    by: Installation,
    conversation: Conversation,
    prepared: Prepared,
  ): Promise<Delivery> {
    if (conversation.direct) {
      const replaced = await inPlaceOfWork(outbox, by, conversation, prepared);
      return replaced ?? inDm(outbox, by, conversation, prepared);
    }
    const whisper = await whispered(outbox, by, conversation, prepared);
    if (whisper !== undefined) return whisper;
    const delivery = await directly(outbox, by, prepared);
    if (delivery.kind === 'no-private-way') await hint(outbox, by, conversation, prepared);
    return delivery;
  }

  async function updateWhisper(
    outbox: Outbox,
    sent: Extract<SentMessage, { kind: 'whisper' }>,
    reply: Reply,
  ): Promise<Delivery> {
    const url = await ways.spend(sent.id, sent.owner, reply.passing === true);
    if (url === 'spare') return delivered(sent);
    if (url === undefined) return GONE;
    const { message } = await prepare(reply, sent.owner, sent.id);
    const edited = await outbox.respond(url, message, { replace: true });
    if (edited.kind === 'sent') return delivered(sent);
    if (isOurMistake(edited.reason)) log.warn({ reason: edited.reason }, 'Slack refused an edit');
    return GONE;
  }

  /** Whom none of the known tokens reaches may be reached by one that Slack could not be asked about yet. */
  function surely(by: Installation | undefined): Installation | undefined {
    if (by === undefined && !installations.complete)
      throw new SlackUnavailableError('Slack has not said yet whose the bot token is.');
    return by;
  }

  async function installationFor(
    actor: Actor,
    conversation: Conversation | undefined,
  ): Promise<Installation | undefined> {
    return conversation === undefined ? parts.routes.of(actor) : installations.named(conversation.team);
  }

  return {
    async send({ actor, conversation: ref }, reply) {
      const outbox = parts.outbox();
      const owner = ownerKey(actor);
      const conversation = ref === undefined ? undefined : readConversation(ref);
      if (outbox === undefined || owner === undefined) return GONE;
      if (ref !== undefined && conversation?.owner !== owner) return GONE;
      const by = surely(await installationFor(actor, conversation));
      if (by === undefined) return GONE;
      const prepared = await prepare(reply, owner);
      return conversation === undefined
        ? directly(outbox, by, prepared)
        : inConversation(outbox, by, conversation, prepared);
    },

    async update(ref, reply) {
      const outbox = parts.outbox();
      const sent = readMessageRef(ref);
      if (outbox === undefined || sent === undefined) return GONE;
      if (sent.kind === 'whisper') return updateWhisper(outbox, sent, reply);
      const by = surely(await installations.named(sent.team));
      if (by === undefined) return GONE;
      const { message } = await prepare(reply, sent.owner);
      const edited = await outbox.edit(by, sent.channel, sent.ts, message);
      if (edited.kind === 'sent') return delivered(sent);
      if (isOurMistake(edited.reason)) log.warn({ reason: edited.reason }, 'Slack refused an edit');
      return GONE;
    },
  };
}

/** What takes nothing more for as long as nobody waits: another way may. */
function tooMany(error: unknown): Refused {
  if (error instanceof SlackUnavailableError && error.retryAfterMs > 0)
    return { kind: 'refused', reason: 'ratelimited' };
  throw error;
}

function delivered(message: SentMessage): Delivery {
  return { kind: 'delivered', message: messageRef(message) };
}
