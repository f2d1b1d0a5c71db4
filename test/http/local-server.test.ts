import { describe, expect, onTestFinished, test } from 'vitest';
import type { HttpPart } from '../../src/http/adapter-parts.js';
import { createLocalApp, type ReadyReport } from '../../src/http/local-server.js';
import { createPublicApp, listenOn } from '../../src/http/server.js';
import { exchange } from './exchange.js';
import { MemorySignIns } from './memory-sign-ins.js';
import { keptLog } from './serving.js';

const chat: HttpPart = {
  path: '/chat',
  audience: 'local',
  handle: async (request) => new Response(`chat ${new URL(request.url).pathname} ${await request.text()}`),
};
const webhook: HttpPart = {
  path: '/webhooks/telegram',
  audience: 'public',
  handle: async (request) => new Response(`hook ${await request.text()}`),
};

async function serveLocal(options: { token?: string; ready?: ReadyReport; host?: string } = {}) {
  const log = keptLog();
  const clock = { nowMs: Date.now() };
  const app = createLocalApp({
    parts: [chat, webhook],
    ready: () => Promise.resolve(options.ready ?? { ready: true, checks: { store: 'ok' } }),
    ...(options.token === undefined ? {} : { token: options.token }),
    log,
    now: () => clock.nowMs,
  });
  const listening = await listenOn(app, { host: options.host ?? '127.0.0.1', port: 0 });
  onTestFinished(() => listening.close());
  return { url: `http://127.0.0.1:${listening.port}`, port: listening.port, log, clock };
}

describe('the local listener', () => {
  test('serves the local parts, and none of the public ones', async () => {
    const { url } = await serveLocal();
    expect((await exchange(`${url}/chat`)).body).toBe('chat /chat ');
    expect((await exchange(`${url}/chat/send`, { method: 'POST', body: 'hello' })).body).toBe(
      'chat /chat/send hello',
    );
    expect((await exchange(`${url}/chatter`)).status).toBe(404);
    expect((await exchange(`${url}/webhooks/telegram`)).status).toBe(404);
  });

  test('says whether the process can work, and what keeps it from it', async () => {
    const fine = await serveLocal();
    const ready = await exchange(`${fine.url}/readyz`);
    expect([ready.status, JSON.parse(ready.body)]).toEqual([200, { ready: true, checks: { store: 'ok' } }]);
    const down = await serveLocal({ ready: { ready: false, checks: { store: 'cannot be written' } } });
    expect((await exchange(`${down.url}/readyz`)).status).toBe(503);
  });

  test.each([
    'Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Proto',
    'X-Forwarded-Host',
    'X-Real-IP',
    'Via',
    'CF-Connecting-IP',
    'CF-Ray',
    'True-Client-IP',
    'Tailscale-User-Login',
  ])('refuses what came through a proxy or tunnel: %s', async (header) => {
    const { url, log } = await serveLocal();
    const { status } = await exchange(`${url}/chat`, { headers: { [header]: '198.51.100.7' } });
    expect(status).toBe(403);
    expect(log.lines.join()).toContain('forwarded');
  });

  test.each([
    ['a name that was pointed here (DNS rebinding)', (port: number) => `evil.example:${port}`],
    ['a name that only begins like ours', (port: number) => `127.0.0.1.evil.example:${port}`],
    ['another port', (port: number) => `127.0.0.1:${port === 8788 ? 8789 : 8788}`],
    ['no port', () => '127.0.0.1'],
    ['the unspecified address', (port: number) => `0.0.0.0:${port}`],
    ['a number', (port: number) => `2130706433:${port}`],
    ['user info', (port: number) => `a@127.0.0.1:${port}`],
  ])('refuses a Host with %s', async (_, host) => {
    const { url, port } = await serveLocal();
    const { status } = await exchange(`${url}/chat`, { headers: { host: host(port) } });
    expect([400, 403]).toContain(status);
  });

  test('answers to each loopback name and address with its port', async () => {
    const { url, port } = await serveLocal();
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`]) {
      expect((await exchange(`${url}/chat`, { headers: { host } })).status).toBe(200);
    }
  });

  test.each([
    [{ origin: 'https://evil.example' }],
    [{ origin: 'null' }],
    [{ origin: 'http://127.0.0.1:1' }],
    [{ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
    [{ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
  ])('refuses pages of other sites: %j', async (headers) => {
    const { url } = await serveLocal();
    expect((await exchange(`${url}/chat`, { headers })).status).toBe(403);
  });

  test('refuses a form that another site posts, and answers a link from there', async () => {
    const { url } = await serveLocal();
    const navigation = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    expect((await exchange(`${url}/chat`, { method: 'POST', headers: navigation })).status).toBe(403);
    expect((await exchange(`${url}/chat`, { headers: navigation })).status).toBe(200);
  });

  test('answers its own page', async () => {
    const { url } = await serveLocal();
    const own = { origin: url, 'sec-fetch-site': 'same-origin' };
    expect((await exchange(`${url}/chat/send`, { method: 'POST', headers: own, body: 'x' })).status).toBe(
      200,
    );
    const form = { origin: 'null', 'sec-fetch-site': 'same-origin' };
    expect((await exchange(`${url}/chat/send`, { method: 'POST', headers: form, body: 'x' })).status).toBe(
      200,
    );
  });

  test('refuses bodies beyond a megabyte', async () => {
    const { url } = await serveLocal();
    const body = 'x'.repeat(1024 * 1024 + 1);
    expect((await exchange(`${url}/chat/send`, { method: 'POST', body })).status).toBe(413);
  });
});

describe('with a token', () => {
  const token = 'a-long-local-token-0123456789';

  test('nothing is answered without it, whatever the path', async () => {
    const { url } = await serveLocal({ token, host: '0.0.0.0' });
    for (const path of [
      '/chat',
      '/readyz',
      '/nowhere',
      '/chat?token=wrong',
      `/chat?token=${token}&token=${token}`,
    ]) {
      const { status, headers } = await exchange(`${url}${path}`);
      expect(status).toBe(401);
      expect(headers['set-cookie']).toBeUndefined();
    }
  });

  test('programs send it as a bearer token', async () => {
    const { url } = await serveLocal({ token, host: '0.0.0.0' });
    const withToken = (authorization: string) => exchange(`${url}/readyz`, { headers: { authorization } });
    expect((await withToken(`Bearer ${token}`)).status).toBe(200);
    expect((await withToken(`Bearer ${token}x`)).status).toBe(401);
    expect((await withToken(`Basic ${token}`)).status).toBe(401);
  });

  test('browsers open a link with it once, which leads on without it and leaves a cookie that ends', async () => {
    const { url, clock } = await serveLocal({ token, host: '0.0.0.0' });
    const { status, headers } = await exchange(`${url}/chat?people=1&token=${token}`);
    expect([status, headers.location]).toEqual([303, '/chat?people=1']);
    expect(headers['referrer-policy']).toBe('no-referrer');
    const cookie = headers['set-cookie']?.[0] ?? '';
    expect(cookie).toMatch(/; HttpOnly; SameSite=Lax$/);
    expect(cookie).not.toContain(token);
    const [pair = ''] = cookie.split(';');
    expect((await exchange(`${url}/chat`, { headers: { cookie: pair } })).status).toBe(200);
    const forged = pair.replace(/=\d+/, '=99999999999999');
    expect((await exchange(`${url}/chat`, { headers: { cookie: forged } })).status).toBe(401);
    clock.nowMs += 13 * 60 * 60 * 1000;
    expect((await exchange(`${url}/chat`, { headers: { cookie: pair } })).status).toBe(401);
  });

  test('the exchange never leads to another host', async () => {
    const { url } = await serveLocal({ token });
    const { headers } = await exchange(`${url}//evil.example/?token=${token}`);
    expect(headers.location).toBe('/evil.example/');
  });

  test('it goes by other names than loopback, but still not through a proxy or for other sites', async () => {
    const { url, port } = await serveLocal({ token, host: '0.0.0.0' });
    const headers = { host: `gateway.lan:${port}`, authorization: `Bearer ${token}` };
    expect((await exchange(`${url}/chat`, { headers })).status).toBe(200);
    expect((await exchange(`${url}/chat`, { headers: { ...headers, via: '1.1 x' } })).status).toBe(403);
    expect(
      (await exchange(`${url}/chat`, { headers: { ...headers, origin: 'http://evil.example' } })).status,
    ).toBe(403);
  });

  test('the log never holds it', async () => {
    const { url, log } = await serveLocal({ token });
    await exchange(`${url}/chat?token=${token}`);
    await exchange(`${url}/chat?token=${token}`, { headers: { via: '1.1 x' } });
    expect(log.lines.join()).not.toContain(token);
  });
});

test('the public listener serves public parts, and none of the local ones', async () => {
  const app = createPublicApp({
    signIns: new MemorySignIns(),
    publicUrl: 'https://gateway.example.org',
    parts: [chat, webhook],
    log: keptLog(),
  });
  const { url, close } = await listenOn(app, { host: '127.0.0.1', port: 0 });
  onTestFinished(close);
  expect((await exchange(`${url}/webhooks/telegram`, { method: 'POST', body: '{}' })).body).toBe('hook {}');
  expect((await exchange(`${url}/chat`)).status).toBe(404);
  expect((await exchange(`${url}/readyz`)).status).toBe(404);
});
