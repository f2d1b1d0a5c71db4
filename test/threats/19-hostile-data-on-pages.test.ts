import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { placeholder } from '../helpers/configured-server.js';
import { consent } from '../helpers/consent.js';
import { type KeyServer, startKeyServer } from '../helpers/key-server.js';
import { linkIn } from '../helpers/program.js';
import { openPage, pressConnect, submit } from '../helpers/sign-in-browser.js';
import { TerminalVisitor } from '../helpers/terminal-visitor.js';
import { startTlsFront, type TlsFront } from '../helpers/tls-front.js';
import { MARKUP, SENT, tagsOf } from './markup.js';
import { useScene } from './scene.js';

const scene = useScene();

let notes: KeyServer;
let front: TlsFront;
beforeAll(async () => {
  [notes, front] = await Promise.all([startKeyServer(), startTlsFront()]);
});
afterAll(() => Promise.all([notes.close(), front.close()]));

/** A gateway behind https, and somebody whose very name is markup. */
async function https() {
  const evil = new TerminalVisitor(MARKUP);
  const header = `Bearer ${placeholder('NOTES_KEY')}`;
  const servers = {
    files: { url: scene.files.url, auth: 'oauth' },
    notes: { url: notes.url, headers: { Authorization: header } },
  };
  const gateway = await scene.gateway(
    { mcp_servers: servers },
    { adapters: [evil.adapter], publicUrl: front.origin },
  );
  front.target = gateway.url;
  return { gateway, evil, get: (url: URL, init?: RequestInit) => front.fetch(url, init) };
}

type Https = Awaited<ReturnType<typeof https>>;
type Pages = Map<string, Response>;

const linkTo = async ({ evil }: Https, server: string): Promise<string> =>
  linkIn(await evil.ask(`/mcp auth ${server}`, server === 'files' ? 'sign in at' : 'give its key'));

/** A sign-in from its link to its end, in a browser that is another one half-way. */
async function quarantined(all: Https, pages: Pages): Promise<void> {
  const link = await linkTo(all, 'files');
  pages.set('connect', await all.get(new URL(link)));
  const page = await openPage(link, all.get);
  pages.set('forged press', await submit({ ...page, fields: { token: SENT } }, {}, all.get));
  pages.set('press', await submit(page, {}, all.get));
  const { location } = await pressConnect(link, all.get);
  const callback = await consent(location);
  const code = await all.get(callback);
  pages.set('code', code);
  const cookie = code.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  pages.set('code again', await all.get(callback, { headers: { cookie } }));
  pages.set('used', await all.get(callback));
  await all.evil.ask('/mcp cancel', 'cancelled');
  pages.set('cancelled', await all.get(new URL(link)));
}

async function declined(all: Https, pages: Pages): Promise<void> {
  const { location, cookies } = await pressConnect(await linkTo(all, 'files'), all.get);
  const state = new URL(location).searchParams.get('state') ?? '';
  const answer = { state, iss: scene.provider.issuer, error: SENT, error_description: SENT };
  const callback = new URL(`/oauth/callback?${new URLSearchParams(answer)}`, front.origin);
  pages.set('bad request', await all.get(callback));
  callback.searchParams.set('error', 'server_error');
  pages.set('failed', await all.get(callback, { headers: { cookie: cookies } }));
}

async function connected(all: Https, pages: Pages): Promise<void> {
  const { location, cookies } = await pressConnect(await linkTo(all, 'files'), all.get);
  const callback = await consent(location);
  pages.set('done', await all.get(callback, { headers: { cookie: cookies } }));
}

async function expired(all: Https, pages: Pages): Promise<void> {
  const link = await linkTo(all, 'files');
  all.gateway.clock.advance(3_600_000);
  pages.set('expired', await all.get(new URL(link)));
}

async function keys(all: Https, pages: Pages): Promise<void> {
  const link = await linkTo(all, 'notes');
  pages.set('key form', await all.get(new URL(link)));
  const page = await openPage(link, all.get);
  pages.set('key refused', await submit(page, { 'key:NOTES_KEY': SENT }, all.get));
  pages.set('too large', await submit(page, { 'key:NOTES_KEY': 'x'.repeat(20_000) }, all.get));
  pages.set('key accepted', await submit(page, { 'key:NOTES_KEY': notes.key }, all.get));
}

async function elsewhere({ get }: Https, pages: Pages): Promise<void> {
  const at = (path: string): URL => new URL(path, front.origin);
  pages.set('not found', await get(at(`/${encodeURIComponent(SENT)}`)));
  pages.set('another id', await get(at(`/connect/${'A'.repeat(43)}`)));
  pages.set('method', await get(at('/oauth/callback'), { method: 'POST', body: SENT }));
  pages.set('too long', await get(at(`/oauth/callback?state=${'A'.repeat(9000)}`)));
  pages.set('health', await get(at('/healthz')));
}

interface Answer {
  readonly headers: Headers;
  readonly body: string;
}

async function walk(): Promise<ReadonlyMap<string, Answer>> {
  const all = await https();
  const pages: Pages = new Map();
  for (const part of [quarantined, declined, connected, keys, elsewhere, expired]) await part(all, pages);
  const read = [...pages].map(
    async ([name, response]): Promise<[string, Answer]> => [
      name,
      { headers: response.headers, body: await response.text() },
    ],
  );
  return new Map(await Promise.all(read));
}

let walked: Promise<ReadonlyMap<string, Answer>> | undefined;
/** Everything that the public listener answers, each once. */
function everyAnswer(): Promise<ReadonlyMap<string, Answer>> {
  walked ??= walk();
  return walked;
}

/** Cookies that bind a browser to its sign-in; the last page takes them away. */
const WITH_COOKIE = ['press', 'code', 'key form', 'key refused', 'failed', 'done', 'key accepted'];

describe('threat 19: pages with hostile data on them', () => {
  it('no answer runs, frames, keeps, quotes or fetches anything', async () => {
    for (const [name, { headers }] of await everyAnswer()) {
      expect(headers.get('cache-control'), name).toBe('no-store');
      expect(headers.get('referrer-policy'), name).toBe('no-referrer');
      expect(headers.get('x-content-type-options'), name).toBe('nosniff');
      expect(headers.get('x-frame-options'), name).toBe('DENY');
      expect(headers.get('cross-origin-resource-policy'), name).toBe('same-origin');
      expect(headers.get('x-powered-by') ?? headers.get('server'), name).toBeNull();
      if (!(headers.get('content-type') ?? '').startsWith('text/html')) continue;
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy, name).toContain("default-src 'none'");
      expect(policy, name).toContain("frame-ancestors 'none'");
      expect(policy, name).toContain("base-uri 'none'");
      expect(policy, name).not.toMatch(/unsafe|script-src/);
    }
  });

  it('a cookie is left only where one is needed, out of reach of scripts, other hosts and other sites’ posts', async () => {
    const pages = await everyAnswer();
    for (const [name, { headers }] of pages) {
      for (const cookie of headers.getSetCookie()) {
        expect(WITH_COOKIE, name).toContain(name);
        expect(cookie, name).toMatch(/^__Host-mcg-[\w-]{16}=[\w-]*; /);
        expect(cookie, name).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=(Lax|Strict)$/);
      }
    }
    const [press] = pages.get('press')?.headers.getSetCookie() ?? [];
    expect(press).toMatch(/SameSite=Lax$/);
    expect(pages.get('key form')?.headers.getSetCookie()[0]).toMatch(/SameSite=Strict$/);
  });

  it('a name that is markup is text on every page that shows it', async () => {
    const showing: string[] = [];
    for (const [name, { body }] of await everyAnswer()) {
      if (body.includes('onerror')) showing.push(name);
      expect(tagsOf(body), name).not.toMatch(/onerror|onload|<script|<img|<svg\/|\bsrc=/i);
      expect(body, name).not.toMatch(/\u202e|\0/);
    }
    expect(showing).toEqual(expect.arrayContaining(['connect', 'code', 'key form']));
  });

  it('what a provider or a browser sends is on no page', async () => {
    for (const [name, { body }] of await everyAnswer()) expect(body, name).not.toContain('zxsentzx');
  });
});
