import {
  type Action,
  type Actor,
  type ChatGateway,
  type Invocation,
  type MessageRef,
  returnAddress,
} from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import { createAtOnce } from '../../common/at-once.js';
import type { Taken } from '../../common/taken.js';
import { createTalkLimit } from '../../common/talk-limit.js';
import { wordsIn } from '../../common/words.js';
import { createKeyDesk, type KeyDesk } from '../keys/key-desk.js';
import type { Outbox } from '../outgoing/outbox.js';
import type { Postman } from '../outgoing/postman.js';
import type { Turns } from '../outgoing/turns.js';
import { type Conversation, conversationRef, messageRef, telegramId } from '../refs.js';
import { FOREIGN_LINK, ONLY_MCP, TRY_AGAIN } from '../sentences.js';
import type { Inbound } from '../types.js';
import { createPresses } from './presses.js';
import { isIdleCommand, readUpdate } from './read.js';
import { meaningOf } from './start-links.js';

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
  const atOnce = createAtOnce();
  const talk = createTalkLimit(now);

  async function run(
    inbound: Pick<Of<'press'>, 'updateId' | 'actor' | 'buttons'>,
    words: readonly string[],
    conversation: Conversation,
    circumstances: Circumstances = {},
  ): Promise<void> {
    const { actor, updateId, buttons } = inbound;
    const user = telegramId(actor);
    if (user === undefined) return;
    const withdrawn = await keys.withdraw(actor, words);
    const invocation: Invocation = {
      deliveryId: String(updateId),
      actor,
      words,
      conversation: conversationRef(conversation),
      ...circumstances,
      ...(withdrawn ? { withdrawn } : {}),
    };
    const turn = turns.begin({
      invocation,
      conversation,
      user,
      ...(buttons === undefined ? {} : { buttons }),
    });
    try {
      await gateway.handle(invocation);
    } finally {
      turns.end(turn);
    }
  }

  const { outbox, alone } = parts;
  const keys: KeyDesk = createKeyDesk({ memory, outbox, postman, alone, now, log, run });
  const presses = createPresses({ gateway, keys, answer: parts.answer, now, log, run, apologise });

  async function command(inbound: Of<'command'>): Promise<void> {
    await run(inbound, inbound.words, conversationOf(inbound, now()), typedOf(inbound));
  }

  async function start(inbound: Of<'start'>): Promise<void> {
    const meaning = await meaningOf(inbound.payload, inbound.actor, memory);
    const conversation = conversationOf(inbound, now());
    if (meaning.kind === 'foreign') return remark(inbound.actor, conversation, FOREIGN_LINK);
    await run(inbound, meaning.kind === 'words' ? meaning.words : [], conversation);
  }

  async function text(inbound: Of<'text'>): Promise<void> {
    if ((await keys.hear(inbound)) || inbound.attached) return;
    if (inbound.place.kind === 'private' && returnAddress(inbound.text) !== undefined)
      return run(inbound, wordsIn(inbound.text), conversationOf(inbound, now()), typedOf(inbound));
    await remark(inbound.actor, conversationOf(inbound, now()), ONLY_MCP, WHAT_THERE_IS);
  }

  async function remark(...said: Parameters<typeof say>): Promise<void> {
    const [{ userId }] = said;
    if (talk.spend(userId)) await say(...said);
  }

  async function say(
    actor: Actor,
    conversation: Conversation,
    sentence: string,
    actions: readonly Action[] = [],
  ): Promise<void> {
    const reply = { title: '', lines: [{ cells: [sentence] }], actions };
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
        return presses.press(inbound);
    }
  }

  async function apologise(to: Actor, conversation: Conversation, cause: unknown): Promise<void> {
    log.error({ error: cause }, NOT_ACTED_ON);
    await say(to, conversation, TRY_AGAIN).catch((error: unknown) =>
      log.warn({ error }, 'an apology could not be delivered'),
    );
  }

  /** Without the store, a button's or a link's meaning cannot be known: whoever waits hears that, and nothing is lost. */
  async function failed(inbound: Inbound, cause: unknown): Promise<void> {
    if (inbound.kind !== 'press') return apologise(inbound.actor, conversationOf(inbound, now()), cause);
    log.error({ error: cause }, NOT_ACTED_ON);
    parts.answer(inbound.queryId, TRY_AGAIN);
  }

  async function isOurs(inbound: Inbound): Promise<boolean> {
    if (inbound.kind === 'start') return parts.alone || inbound.payload.startsWith('mcp_');
    if (inbound.kind !== 'text') return true;
    const isTalk = parts.alone && inbound.place.kind === 'private' && !inbound.forwarded && !inbound.attached;
    // A key that comes again is expected no more: a host must not see it then. Looked up last, or it may be taken in between.
    return isTalk || (await keys.expects(inbound)) || (await taken.has(String(inbound.updateId)));
  }

  return {
    async take(update) {
      const me = parts.me();
      const inbound = me && readUpdate(update, me);
      if (inbound === undefined)
        return (me !== undefined && isIdleCommand(update, me)) || (parts.alone && presses.dismiss(update));
      if (!(await isOurs(inbound))) return false;
      const { userId } = inbound.actor;
      if (!atOnce.begin(userId)) return true;
      const first = await taken.first(String(inbound.updateId));
      const work = (first ? act(inbound) : Promise.resolve())
        .catch((error: unknown) => failed(inbound, error))
        .finally(() => atOnce.end(userId));
      underWay.add(work);
      void work.finally(() => underWay.delete(work));
      return true;
    },
    async settled() {
      await Promise.all([...underWay, taken.flush()]);
    },
  };
}

const NOT_ACTED_ON = 'an update could not be acted on';
const WHAT_THERE_IS: readonly Action[] = [
  { kind: 'command', label: 'Status', words: ['status'] },
  { kind: 'command', label: 'Help', words: ['help'] },
];

function conversationOf(
  { place, updateId, typed }: Of<'command'> | Of<'start'> | Of<'text'>,
  atMs: number,
): Conversation {
  return { place, update: updateId, atMs, ...typed };
}

/** A plain message can be taken away if it holds a secret; an ephemeral command was seen by nobody else. */
function typedOf({ place, typed }: Of<'command'> | Of<'text'>): Circumstances {
  return 'message' in typed ? { typed: messageRef({ chat: place.chat, message: typed.message }) } : {};
}
