import { setTimeout as sleep } from 'node:timers/promises';
import type {
  AdapterMemory,
  Caller,
  ChatGateway,
  Delivery,
  Invocation,
  MessageRef,
  Recipient,
  Reply,
} from '../../gateway/types.js';
import type { Log } from '../../observability/log.js';
import { membersOf } from '../common/payload.js';
import type { Taken } from '../common/taken.js';
import { createUnfinished } from '../common/unfinished.js';
import type { Installation, Installations } from './connection/installations.js';
import type { WebApi } from './connection/web-api.js';
import { createDesks } from './incoming/desks.js';
import { type Accepted, createInbox, type Inbox } from './incoming/inbox.js';
import { createPeople } from './incoming/people.js';
import { readSaid } from './incoming/read-event.js';
import { conversationOf } from './incoming/visit.js';
import { createVisits } from './incoming/visits.js';
import { createOutbox, type Outbox } from './outgoing/outbox.js';
import { createPostman } from './outgoing/postman.js';
import { renderSentence } from './outgoing/render.js';
import { createRoutes } from './outgoing/routes.js';
import { createTurns } from './outgoing/turns.js';
import { createWays } from './outgoing/ways.js';
import {
  type Conversation,
  conversationRef,
  ownerKey,
  readConversation,
  readMessageRef,
  readPromise,
  userOf,
} from './refs.js';
import { INTERRUPTED } from './sentences.js';

export interface ChatParts {
  /** The app serves the gateway alone. */
  readonly alone: boolean;
  /** No other process serves the app, unless the gateway has replicas. */
  readonly single: boolean;
  readonly api: WebApi;
  readonly installations: Installations;
  readonly createTaken: (memory: AdapterMemory, single: boolean) => Taken;
  readonly workspaces?: readonly string[];
  readonly channels?: readonly string[];
  readonly now: () => number;
  readonly log: Log;
}

const CLOSE_WITHIN_MS = 3_000;

/** The gateway's chat in Slack, by whichever door its payloads come in. */
export interface Chat {
  open(gateway: ChatGateway): void;
  /**
   * Undefined: the payload is not the gateway's.
   *
   * @param by whose installation it came through, where that is known
   */
  take(payload: unknown, by?: Installation): Accepted | undefined;
  readonly send: (to: Recipient, reply: Reply) => Promise<Delivery>;
  readonly update: (message: MessageRef, reply: Reply) => Promise<Delivery>;
  readonly remove: (message: MessageRef) => Promise<boolean>;
  readonly editable: (invocation: Invocation) => boolean;
  readonly chatUrl: (to: Recipient) => string | undefined;
  /** Who said what a host's listener is about to answer. Undefined: nobody on whose behalf anything may be done. */
  callerOf(payload: unknown, by: Installation): Promise<Caller | undefined>;
  /** Takes nothing more, and lets what is under way end, for a while. */
  close(): Promise<void>;
}

export function createChat(parts: ChatParts): Chat {
  const { alone, single, api, installations, createTaken, now, log } = parts;
  let gateway: ChatGateway | undefined;
  let inbox: Inbox | undefined;
  const calls = createOutbox(api, installations);
  /** Undefined before the start and after the stop. */
  const outbox = (): Outbox | undefined => (gateway === undefined ? undefined : calls);
  const memory = (): AdapterMemory => {
    if (gateway === undefined) throw new Error('The Slack chat is not open.');
    return gateway.memory;
  };
  const isSingle = (): boolean => single && gateway?.inTurn === undefined;
  const unfinished = createUnfinished({
    memory,
    tell: (ref) => tellInterrupted(ref),
    single: isSingle,
    log,
  });
  const ending = new AbortController();
  const turns = createTurns(outbox, unfinished, log);
  const ways = createWays({ memory, now, log });
  const routes = createRoutes({ installations, outbox, memory, now, log });
  const postman = createPostman({ outbox, installations, memory, routes, ways, turns, now, log });
  const people = createPeople({ installations, look: calls.userInfo, now });

  /** To who waits, where they wait; where that cannot be, they see at least that nothing came. */
  async function breakPromise({ team, channel, thread, owner, url }: Conversation): Promise<boolean> {
    const sentence = renderSentence(INTERRUPTED);
    const by = await installations.named(team);
    if (by === undefined || outbox() === undefined) return false;
    const answered = url === undefined ? undefined : await calls.respond(url, sentence, { replace: false });
    if (answered?.kind !== 'sent') await calls.whisper(by, { channel, thread }, userOf(owner), sentence);
    return true;
  }

  async function tellInterrupted(ref: MessageRef): Promise<boolean> {
    const promise = readPromise(ref);
    if (promise !== undefined) return breakPromise(promise);
    const message = readMessageRef(ref);
    if (message?.kind !== 'plain') return true;
    const by = await installations.named(message.team);
    if (by === undefined || outbox() === undefined) return false;
    await calls.edit(by, message.channel, message.ts, renderSentence(INTERRUPTED));
    return true;
  }

  return {
    open(opened) {
      gateway = opened;
      const desks = createDesks({ gateway: opened, installations, outbox, postman, turns, ways, now, log });
      const { say, sayWithout } = desks;
      const visits = createVisits({ ...parts, people, routes, say, sayWithout });
      const bots = { has: (id: string) => installations.ofBot(id) !== undefined };
      inbox = createInbox({ bots, visits, desks, taken: createTaken(opened.memory, isSingle()), alone, log });
      void unfinished.recover(ending.signal);
    },
    take: (payload, by) => inbox?.take(payload, by),
    send: postman.send,
    update: postman.update,
    /** What people wrote is theirs: a bot's token deletes its own messages alone. */
    remove: async () => false,
    /** A whisper can be edited only once a button of it was pressed. */
    editable: ({ message, conversation }) =>
      message !== undefined || readConversation(conversation)?.direct === true,
    chatUrl: chatUrlOf,
    async callerOf(payload, by) {
      const bots = { has: (id: string) => installations.ofBot(id) !== undefined };
      const inbound = readSaid(membersOf(payload), bots);
      if (inbound === undefined) return undefined;
      const actor = await people.actorOf(inbound.speaker, inbound.home, by);
      const owner = actor === undefined ? undefined : ownerKey(actor);
      if (actor === undefined || owner === undefined) return undefined;
      await routes.note(actor, by);
      const visit = { inbound, installation: by, actor, owner, direct: inbound.typed.direct };
      // The bot's own words follow: nobody has to be told in the channel that there is an answer in private.
      const { open: _, ...conversation } = conversationOf(visit, now());
      return { actor, conversation: conversationRef(conversation) };
    },
    async close() {
      ending.abort();
      const last = inbox;
      inbox = undefined;
      await Promise.race([last?.settled(), sleep(CLOSE_WITHIN_MS, undefined, { ref: false })]);
      gateway = undefined;
    },
  };
}

/** Opens the client, whichever the person has (docs.slack.dev/interactivity/deep-linking). */
function chatUrlOf({ actor, conversation: ref }: Recipient): string | undefined {
  const conversation = ref === undefined ? undefined : readConversation(ref);
  if (conversation === undefined || ownerKey(actor) !== conversation.owner) return undefined;
  const { team, channel } = conversation;
  // An organisation's id is none of a workspace: the channel's alone will do.
  const where = team.startsWith('E') ? { channel } : { team, channel };
  return `https://slack.com/app_redirect?${new URLSearchParams(where)}`;
}
