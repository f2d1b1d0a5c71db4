import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ChatGateway } from '../../gateway/types.js';
import type { Log } from '../../observability/log.js';
import type { Asset } from './assets.js';
import type { Conversations } from './conversations.js';
import { chatPage } from './page.js';
import { readSubmission, readWords } from './read.js';
import type { Visit, Visitors, WebPerson } from './visitors.js';

export interface ChatRoutes {
  readonly gateway: ChatGateway;
  readonly conversations: Conversations;
  readonly visitors: Visitors;
  readonly people: readonly WebPerson[];
  readonly assets: ReadonlyMap<string, Asset>;
  readonly log: Log;
}

const MOST_BYTES = 64 * 1024;
const MOST_COMPLETIONS = 20;

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

const withHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(HEADERS)) c.res.headers.set(name, value);
};

/** Another site's page can make the browser send our cookie's requests, but not as one of our own origin. */
function sameOrigin(c: Context): boolean {
  const site = c.req.header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin') return false;
  const origin = c.req.header('origin');
  return origin === undefined || origin === new URL(c.req.url).origin;
}

const onlySameOrigin: MiddlewareHandler = async (c, next) => {
  if (sameOrigin(c)) return await next();
  return c.json({ error: 'This is only for the chat page itself.' }, 403);
};

/** A header that no form can set and no other origin may send without asking first (Fetch §3.3.2). */
const onlyOurScript: MiddlewareHandler = async (c, next) => {
  const json = c.req.header('content-type')?.split(';')[0] === 'application/json';
  if (json && c.req.header('x-mcp-chat') === '1') return await next();
  return c.json({ error: 'This is only for the chat page itself.' }, 403);
};

async function body(c: Context): Promise<unknown> {
  try {
    return await c.req.json();
  } catch {
    return undefined;
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.getOwnPropertyDescriptor(value, name)?.value
    : undefined;
}

function file(c: Context, { assets }: ChatRoutes): Response | Promise<Response> {
  const asset = assets.get(c.req.param('asset') ?? '');
  return asset === undefined ? c.notFound() : c.body(asset.body, 200, { 'content-type': asset.type });
}

function eventStream(c: Context, routes: ChatRoutes): Response {
  const visit: Visit = routes.visitors.welcome(c.req.header('cookie'));
  const stream = routes.conversations.open(visit);
  if (stream === undefined) return c.json({ error: 'Too many pages are open.' }, 503);
  return new Response(stream, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      ...(visit.setCookie === undefined ? {} : { 'set-cookie': visit.setCookie }),
    },
  });
}

/** Answers at once; what comes of the command comes over the events. */
async function takeMessage(c: Context, { visitors, conversations, gateway }: ChatRoutes): Promise<Response> {
  const submission = readSubmission(await body(c));
  if (submission === undefined) return c.json({ error: 'This message cannot be read.' }, 400);
  const actor = visitors.recognise(c.req.header('cookie'))?.actor;
  if (actor === undefined || actor.userId !== submission.as)
    return c.json({ error: 'This page shows another person now.' }, 409);
  void conversations.take(gateway, actor, submission);
  return c.json({}, 202);
}

async function complete(c: Context, { visitors, gateway }: ChatRoutes): Promise<Response> {
  const words = readWords(member(await body(c), 'words'));
  const actor = visitors.recognise(c.req.header('cookie'))?.actor;
  if (words === undefined || actor === undefined) return c.json({ error: 'Nothing to complete.' }, 400);
  const completions = await gateway.complete(actor, words);
  return c.json({ completions: completions.slice(0, MOST_COMPLETIONS) });
}

async function pickPerson(c: Context, { visitors }: ChatRoutes): Promise<Response> {
  const name = member(await body(c), 'person');
  const picked = typeof name === 'string' ? visitors.pick(name) : undefined;
  if (picked === undefined) return c.json({ error: 'There is nobody of that name.' }, 404);
  return c.json({}, 200, { 'set-cookie': picked });
}

/** Everything below `/chat`. */
export function chatRoutes(routes: ChatRoutes): Hono {
  const app = new Hono({ strict: false }).basePath('/chat');
  const limit = bodyLimit({
    maxSize: MOST_BYTES,
    onError: (c) => c.json({ error: 'This message is too long.' }, 413),
  });
  app.use(withHeaders);
  app.onError((error, c) => {
    routes.log.error({ error, path: c.req.path }, 'the web chat could not answer');
    return c.json({ error: 'The gateway could not answer. Try again in a moment.' }, 500);
  });
  app.get('/', (c) => c.html(chatPage(routes.people)));
  app.get('/events', onlySameOrigin, (c) => eventStream(c, routes));
  app.get('/:asset', (c) => file(c, routes));
  app.post('*', onlySameOrigin, onlyOurScript, limit);
  app.post('/messages', (c) => takeMessage(c, routes));
  app.post('/complete', (c) => complete(c, routes));
  app.post('/person', (c) => pickPerson(c, routes));
  return app;
}
