import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono, type Next } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import type { Log } from '../observability/log.js';
import { adapterParts, type HttpPart } from './adapter-parts.js';
import type { WebApp } from './listening.js';
import { type Refusal, refusal } from './local-guard.js';
import { LocalToken } from './local-token.js';
import { failure, routeName } from './state-pages.js';

/** Whether the process can do its work, and what keeps it from it. No secret, no person. */
export interface ReadyReport {
  readonly ready: boolean;
  /** By part: "ok", or what is wrong. */
  readonly checks: Readonly<Record<string, string>>;
}

export interface LocalAppOptions {
  readonly parts: readonly HttpPart[];
  readonly ready: () => Promise<ReadyReport>;
  /** In the text format of Prometheus. Absent: nobody counts. */
  readonly metrics?: () => Promise<{ readonly contentType: string; readonly body: string }>;
  /** Asked for with every request where set; without one, connections that come in beyond loopback are refused. */
  readonly token?: string;
  readonly log: Log;
  readonly now?: () => number;
}

type LocalEnv = { Bindings: Partial<HttpBindings> };

const COOKIE = 'mcg-local';

const REFUSALS: Readonly<Record<Refusal, string>> = {
  forwarded: 'This listener is for this machine only, and the request came through a proxy or tunnel.',
  'foreign-host': 'This listener answers to its local name only, for example http://127.0.0.1 with its port.',
  'foreign-origin': 'This listener does not answer to pages of other sites.',
  'not-loopback':
    'This listener needs a token to be reached from beyond this machine: set local_listen.token.',
};

function plain(c: Context, status: 200 | 400 | 401 | 403 | 404, text: string): Response {
  c.header('Cache-Control', 'no-store');
  c.header('X-Content-Type-Options', 'nosniff');
  return c.text(`${text}\n`, status);
}

/** `Host` each time it was sent: Node's `headers` keeps the first only, and which one counts is not ours to guess. */
function sentHosts(raw: readonly string[]): readonly string[] {
  return raw.filter((_, index) => index % 2 === 1 && raw[index - 1]?.toLowerCase() === 'host');
}

/** Lets through what came from this machine and from no page but ours (threat 23). */
function onlyLocal(guardedByToken: boolean, log: Log) {
  return async (c: Context<LocalEnv>, next: Next): Promise<Response | undefined> => {
    const incoming = c.env?.incoming;
    if (incoming === undefined) return plain(c, 403, REFUSALS['not-loopback']);
    const why = refusal({
      method: c.req.method,
      httpVersion: incoming.httpVersion,
      headers: c.req.raw.headers,
      hosts: sentHosts(incoming.rawHeaders),
      localAddress: incoming.socket.localAddress ?? '',
      localPort: incoming.socket.localPort ?? 0,
      guardedByToken,
    });
    if (why !== undefined) {
      log.warn(
        { why, method: c.req.method, route: routeName(c.req.path) },
        'the local listener refused a request',
      );
      return plain(c, 403, REFUSALS[why]);
    }
    await next();
    return undefined;
  };
}

/** The same address without the token, which would otherwise stay in the history. A path, never another host. */
function withoutToken(url: string): string {
  const { pathname, searchParams } = new URL(url);
  searchParams.delete('token');
  const query = searchParams.toString();
  return `${pathname.replace(/^\/+/, '/')}${query === '' ? '' : `?${query}`}`;
}

/** Bearer token, the cookie, or `?token=` once, which is exchanged for the cookie. */
function onlyWithToken(token: LocalToken) {
  return async (c: Context<LocalEnv>, next: Next): Promise<Response | undefined> => {
    const asked = c.req.queries('token') ?? [];
    if (asked.length > 0) {
      if (c.req.method !== 'GET' || asked.length > 1 || !token.matches(asked[0] ?? '')) {
        return plain(c, 401, 'This token is not the one in local_listen.token.');
      }
      const { value, maxAgeSeconds } = token.issueCookie();
      setCookie(c, COOKIE, value, { path: '/', httpOnly: true, sameSite: 'Lax', maxAge: maxAgeSeconds });
      c.header('Cache-Control', 'no-store');
      c.header('Referrer-Policy', 'no-referrer');
      return c.redirect(withoutToken(c.req.url), 303);
    }
    if (!token.inHeader(c.req.header('authorization')) && !token.acceptsCookie(getCookie(c, COOKIE))) {
      c.header('WWW-Authenticate', 'Bearer');
      return plain(c, 401, 'Open this with ?token= and the value of local_listen.token.');
    }
    await next();
    return undefined;
  };
}

/** What only this machine may reach: the web chat, `/readyz`, `/metrics`. On a listener of its own (see `local-guard.ts`). */
export function createLocalApp({
  parts,
  ready,
  metrics,
  token,
  log,
  now = Date.now,
}: LocalAppOptions): WebApp {
  const app = new Hono<LocalEnv>();
  const guarded = token !== undefined && token !== '';
  app.use(onlyLocal(guarded, log));
  if (guarded) app.use(onlyWithToken(new LocalToken(token, now)));
  app.get('/readyz', async (c) => {
    const report = await ready();
    c.header('Cache-Control', 'no-store');
    return c.json(report, report.ready ? 200 : 503);
  });
  if (metrics !== undefined) {
    app.get('/metrics', async (c) => {
      const { contentType, body } = await metrics();
      return c.body(body, 200, { 'Content-Type': contentType, 'Cache-Control': 'no-store' });
    });
  }
  app.get('/healthz', (c) => plain(c, 200, 'ok'));
  app.route('/', adapterParts(parts, 'local'));
  app.notFound((c) => plain(c, 404, 'Nothing here.'));
  app.onError(failure(log));
  return { fetch: (request, bindings) => app.fetch(request, bindings) };
}
