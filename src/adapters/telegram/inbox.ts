import type { Actor, AdapterMemory, ChatGateway, Invocation, MessageRef } from '../../gateway/types.js';
import type { Log } from '../../observability/log.js';
import { decodeData, readKept } from './callback-data.js';
import { createKeyDesk, type KeyDesk } from './key-desk.js';
import type { Outbox } from './outbox.js';
import type { Postman } from './postman.js';
import { readUpdate } from './read.js';
import { type Conversation, conversationRef, messageRef, type SentMessage, telegramId } from './refs.js';
import { EXPIRED_BUTTON, FOREIGN_LINK, NOT_YOURS, ONLY_MCP } from './sentences.js';
import { meaningOf } from './start-links.js';
import type { Taken } from './taken.js';
import type { Turns } from './turns.js';
import type { Inbound, TypedMessage } from './types.js';

export interface InboxParts {
  readonly gateway: ChatGateway;
  readonly outbox: () => Outbox | undefined;
  readonly postman: Postman;
  readonly turns: Turns;
  readonly taken: Taken;
  /** The bot itself, once it is known. */
  readonly me: () => { readonly id: number; readonly username: string } | undefined;
  /** Answers a callback query; never rejects. */
  readonly answer: (queryId: string, alert?: string) => void;
  /** The bot has no other purpose: what is no command gets an answer too. */
  readonly alone: boolean;
  readonly now: () => number;
  readonly log: Log;
}

/** What comes in. */
export interface Inbox {
  /** True: this update is the gateway's, and nobody else's. Resolves once it is taken; the command then runs by itself. */
  take(update: unknown): Promise<boolean>;
  /** Resolves when no command is under way. */
  settled(): Promise<void>;
}

type Of<K extends Inbound['kind']> = Extract<Inbound, { kind: K }>;

/** What a command brings along beside its words. */
interface Circumstances {
  readonly fields?: Readonly<Record<string, string>>;
  readonly message?: MessageRef;
  readonly typed?: MessageRef;
}

export function createInbox(parts: InboxParts): Inbox {
  const { gateway, postman, turns, taken, now, log } = parts;
  const { memory } = gateway;
  const underWay = new Set<Promise<void>>();
  const pressed = new Set<string>();

  async function run(
    inbound: { readonly updateId: number; readonly actor: Actor },
    words: readonly string[],
    conversation: Conversation,
    circumstances: Circumstances = {},
  ): Promise<void> {
    const { actor, updateId } = inbound;
    const user = telegramId(actor);
    if (user === undefined) return;
    const invocation: Invocation = {
      deliveryId: String(updateId),
      actor,
      words,
      conversation: conversationRef(conversation),
      ...circumstances,
    };
    const turn = turns.begin({ invocation, conversation, user });
    try {
      await gateway.handle(invocation);
    } finally {
      turns.end(turn);
    }
  }

  const keys: KeyDesk = createKeyDesk({ memory, outbox: parts.outbox, postman, now, log, run });

  async function command(inbound: Of<'command'>): Promise<void> {
    await run(inbound, inbound.words, conversationOf(inbound, now()), typedOf(inbound));
  }

  async function start(inbound: Of<'start'>): Promise<void> {
    const meaning = await meaningOf(inbound.payload, inbound.actor, memory);
    const conversation = conversationOf(inbound, now());
    if (meaning.kind === 'foreign') return say(inbound.actor, conversation, FOREIGN_LINK);
    await run(inbound, meaning.kind === 'words' ? meaning.words : [], conversation);
  }

  async function text(inbound: Of<'text'>): Promise<void> {
    if (await keys.hear(inbound)) return;
    await say(inbound.actor, conversationOf(inbound, now()), ONLY_MCP);
  }

  /** A button is for who sees its message (threat 11). */
  async function press(inbound: Of<'press'>): Promise<void> {
    const { actor, queryId, data, owner, on } = inbound;
    const user = telegramId(actor);
    if (user === undefined || owner !== user) return parts.answer(queryId, NOT_YOURS);
    const action = await meantBy(data, memory);
    if (action === undefined) return parts.answer(queryId, EXPIRED_BUTTON);
    parts.answer(queryId);
    const place = inbound.place ?? { kind: 'private', chat: user };
    const conversation = { place, update: inbound.updateId, atMs: now(), query: queryId };
    const sent = on && pressedMessage(on, place.chat, user);
    const form = sent && messageRef(sent);
    if (action.kind === 'form')
      return keys.ask(actor, conversation, { ...action, given: {}, ...(form && { form }) });
    if (form === undefined) return run(inbound, action.words, conversation);
    const key = JSON.stringify(form);
    if (pressed.has(key)) return;
    pressed.add(key);
    await run(inbound, action.words, conversation, { message: form }).finally(() => pressed.delete(key));
  }

  async function say(actor: Actor, conversation: Conversation, sentence: string): Promise<void> {
    const reply = { title: '', lines: [{ cells: [sentence] }], actions: [] };
    await postman.send({ actor, conversation: conversationRef(conversation) }, reply);
  }

  async function act(inbound: Inbound): Promise<void> {
    switch (inbound.kind) {
      case 'command':
        return command(inbound);
      case 'start':
        return start(inbound);
      case 'text':
        return text(inbound);
      case 'press':
        return press(inbound);
    }
  }

  async function isOurs(inbound: Inbound): Promise<boolean> {
    if (inbound.kind === 'start') return parts.alone || inbound.payload.startsWith('mcp_');
    if (inbound.kind !== 'text') return true;
    return (parts.alone && inbound.place.kind === 'private') || (await keys.expects(inbound));
  }

  return {
    async take(update) {
      const me = parts.me();
      const inbound = me && readUpdate(update, me);
      if (inbound === undefined) return false;
      if (!(await isOurs(inbound))) return false;
      if (!(await taken.first(inbound.updateId))) return true;
      const work = act(inbound).catch((error: unknown) =>
        log.error({ error }, 'an update could not be acted on'),
      );
      underWay.add(work);
      void work.finally(() => underWay.delete(work));
      return true;
    },
    async settled() {
      await Promise.all(underWay);
      await taken.flush();
    },
  };
}

async function meantBy(data: string, memory: AdapterMemory): Promise<ReturnType<typeof readKept>> {
  const decoded = decodeData(data);
  if (decoded === undefined) return undefined;
  if (decoded.kind === 'words') return { kind: 'command', words: decoded.words };
  const kept = await memory.get(decoded.key);
  return kept === undefined ? undefined : readKept(kept);
}

function conversationOf(
  { place, updateId, typed }: Of<'command'> | Of<'start'> | Of<'text'>,
  atMs: number,
): Conversation {
  return { place, update: updateId, atMs, ...typed };
}

/** A plain message can be taken away if it holds a secret; an ephemeral command was seen by nobody else. */
function typedOf({ place, typed }: Of<'command'>): Circumstances {
  return 'message' in typed ? { typed: messageRef({ chat: place.chat, message: typed.message }) } : {};
}

function pressedMessage(on: TypedMessage, chat: number, receiver: number): SentMessage {
  return 'message' in on ? { chat, message: on.message } : { chat, receiver, ephemeral: on.ephemeral };
}
