import { randomBytes } from 'node:crypto';
import type { ChatAdapter, Delivery } from '../../gateway/types.js';
import { type Log, silentLog } from '../../observability/log.js';
import { readAssets } from './assets.js';
import { createChats } from './chats.js';
import { createConversations } from './conversations.js';
import { createEvents } from './events.js';
import { chatRoutes } from './routes.js';
import { listedVisitors, profileVisitors, type WebPerson } from './visitors.js';
import { createWork } from './work.js';

export interface WebChatOptions {
  /** The people a visitor may pick from; without any, each browser profile is a person of its own. */
  readonly people?: readonly WebPerson[];
  readonly now?: () => number;
  readonly random?: (bytes: number) => Uint8Array;
  /** The address of the page: `http://127.0.0.1:8788/chat`. Asked for when needed, as the port may come late. */
  readonly url?: () => string;
  /** How often an open page hears that the connection lives. */
  readonly heartbeatMs?: number;
  readonly log?: Log;
}

const BOUNDS = { messages: 200, people: 500, streams: 200, heartbeatMs: 15_000 };

const GONE: Delivery = { kind: 'gone' };

/**
 * The chat at `/chat` on the local listener: for the demo and for one's own machine. Conversations live in this
 * one process; after a restart the open pages keep what they show, and updates still reach it.
 */
export function createWebAdapter(options: WebChatOptions = {}): ChatAdapter {
  const { people = [], now = Date.now, random = randomBytes, log = silentLog } = options;
  const [first, ...others] = people;
  const visitors = first === undefined ? profileVisitors(random) : listedVisitors([first, ...others]);
  const newId = () => Buffer.from(random(16)).toString('hex');
  const events = createEvents({ ...BOUNDS, heartbeatMs: options.heartbeatMs ?? BOUNDS.heartbeatMs });
  const chats = createChats(BOUNDS);
  const conversations = createConversations({
    chats,
    events,
    work: createWork(),
    visitors,
    now,
    newId,
    boot: newId(),
    log,
  });
  let routes: ReturnType<typeof chatRoutes> | undefined;

  return {
    platform: 'web',
    async start(gateway) {
      routes = chatRoutes({ gateway, conversations, visitors, people, assets: await readAssets(), log });
    },
    send: async (to, reply) => (routes === undefined ? GONE : conversations.send(to, reply)),
    update: async (message, reply) => (routes === undefined ? GONE : conversations.update(message, reply)),
    async stop() {
      routes = undefined;
      events.close();
    },
    http: {
      path: '/chat',
      audience: 'local',
      async handle(request) {
        if (routes === undefined) return new Response('The chat is not running.', { status: 503 });
        return await routes.fetch(request);
      },
    },
    forms: true,
    local: true,
    hears: () => true,
    remove: async (message) => conversations.remove(message),
    chatUrl: ({ actor }) => (actor.platform === 'web' ? options.url?.() : undefined),
  };
}
