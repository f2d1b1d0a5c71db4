import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { RunningGateway } from '../helpers/running-gateway.js';
import type { BotApi } from '../helpers/telegram/bot-api.js';
import type { TelegramPerson } from '../helpers/telegram/face.js';
import { settledRecords } from './records.js';
import { answerTo, newest, onlyFor, telegramWords, untilSees, useTelegram } from './telegram-scene.js';

const telegram = useTelegram();

interface Hooked {
  readonly api: BotApi;
  readonly ana: TelegramPerson;
  readonly gateway: RunningGateway;
  readonly hook: URL;
  readonly secret: string;
}

async function hooked(): Promise<Hooked> {
  const api = await telegram.platform();
  const ana = api.person('Ana', { username: 'ana' });
  const gateway = await telegram.gateway(api, {
    ...onlyFor(ana),
    platforms: telegramWords(api, { mode: 'webhook' }),
  });
  await expect.poll(() => api.callsOf('setWebhook').length).toBe(1);
  const { url, secret_token: secret } = api.callsOf('setWebhook')[0]?.payload ?? {};
  await answerTo(ana, '/mcp help');
  await expect.poll(() => api.callsOf('setMyCommands').length).toBeGreaterThan(1);
  return { api, ana, gateway, hook: new URL(String(url)), secret: String(secret) };
}

interface Post {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

/** Written by hand: `fetch` would tidy up paths and headers. */
function post(to: URL, path: string, body: string, { method = 'POST', headers = {} }: Post = {}) {
  return new Promise<{ readonly status: number; readonly text: string }>((resolve, reject) => {
    const sent = request(
      {
        host: to.hostname,
        port: to.port,
        path,
        method,
        headers: { 'content-type': 'application/json', ...headers },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

const HEADER = 'x-telegram-bot-api-secret-token';

/** As if Ana had typed it. */
function said(ana: TelegramPerson, text: string, update = 900_000_001): string {
  const from = { id: ana.id, is_bot: false, first_name: 'Ana', username: 'ana' };
  const chat = { id: ana.id, type: 'private' };
  return JSON.stringify({ update_id: update, message: { message_id: 91, from, chat, date: 1, text } });
}

describe('threat 14: an update that Telegram did not send', () => {
  it('without the secret, or with one that is nearly it: 401, and nothing runs or is written down', async () => {
    const { api, ana, gateway, hook, secret } = await hooked();
    const calls = api.calls.length;
    const before = await settledRecords(gateway);
    const wrong: readonly (string | readonly string[] | undefined)[] = [
      undefined,
      '',
      ' ',
      secret.slice(1),
      secret.slice(0, -1),
      `${secret}A`,
      secret.toUpperCase(),
      secret.split('').reverse().join(''),
      `${secret}, ${secret}`,
      [secret, secret],
      'A'.repeat(10_000),
      hook.pathname.split('/').at(-1) ?? '',
      api.token,
      'null',
      'undefined',
    ];
    for (const given of wrong) {
      const headers = given === undefined ? {} : { [HEADER]: given };
      const { status, text } = await post(hook, hook.pathname, said(ana, '/mcp auth files'), { headers });
      expect([given, status, text]).toEqual([given, 401, '']);
    }
    const named = { 'x-telegram-bot-api-secret': secret, authorization: `Bearer ${secret}` };
    expect((await post(hook, hook.pathname, said(ana, '/mcp'), { headers: named })).status).toBe(401);
    expect(api.calls.length).toBe(calls);
    expect(await settledRecords(gateway)).toEqual(before);
  });

  it('with the secret at another path, or by another method: nothing runs', async () => {
    const { api, ana, hook, gateway, secret } = await hooked();
    const calls = api.calls.length;
    const headers = { [HEADER]: secret };
    const { pathname } = hook;
    const paths = [
      '/',
      '/webhooks',
      '/webhooks/telegram',
      '/webhooks/telegram/',
      pathname.slice(0, -1),
      `${pathname}/`,
      `${pathname}/x`,
      `${pathname}A`,
      pathname.toLowerCase(),
      pathname.replace('telegram', 'slack'),
      `/webhooks/telegram/${api.token}`,
      `/webhooks/telegram/${secret}`,
      `/webhooks/telegram/%2e%2e/${pathname.split('/').at(-1)}`,
    ];
    for (const path of paths) {
      const { status } = await post(hook, path, said(ana, '/mcp'), { headers });
      expect([path, status]).toEqual([path, 404]);
    }
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const { status } = await post(hook, pathname, '', { method, headers });
      expect([method, status]).toEqual([method, 405]);
    }
    const local = new URL(gateway.localUrl);
    expect((await post(local, pathname, said(ana, '/mcp'), { headers })).status).toBe(404);
    expect(api.calls.length).toBe(calls);
  });

  it('where the bot polls, there is no such route at all', async () => {
    const { hook, secret } = await hooked();
    const api = await telegram.platform();
    const ana = api.person('Ana', { username: 'ana' });
    const polling = await telegram.gateway(api, onlyFor(ana));
    const to = new URL(polling.url);
    const headers = { [HEADER]: secret };
    expect((await post(to, hook.pathname, said(ana, '/mcp'), { headers })).status).toBe(404);
    expect(ana.sees()).toBe('');
  });

  it('a body that was listened in on, sent again: acted on once, by this process and the next', async () => {
    const { api, ana, gateway, hook, secret } = await hooked();
    const headers = { [HEADER]: secret };
    const body = said(ana, '/mcp auth files');
    // The message of a link that another one replaces says so.
    const links = () => ana.messages().filter(({ text }) => /sign in at|a newer link/.test(text)).length;
    for (let again = 0; again < 5; again += 1)
      expect((await post(hook, hook.pathname, body, { headers })).status).toBe(200);
    await untilSees(ana, 'sign in at');
    const { stateFolder, clock } = gateway;
    const listen = { public: hook.host, local: new URL(gateway.localUrl).host };
    await gateway.stop();
    const next = await telegram.gateway(
      api,
      { ...onlyFor(ana), platforms: telegramWords(api, { mode: 'webhook' }) },
      { stateFolder, clock, listen },
    );
    await expect.poll(() => api.callsOf('setWebhook').length).toBe(2);
    expect((await post(hook, hook.pathname, body, { headers })).status).toBe(200);
    await answerTo(ana, '/mcp help');
    // A link takes longer than help.
    await next.app.gateway.settle();
    expect(links()).toBe(1);
  });

  it('what is no update, or too much, is refused or means nothing; what comes next is still answered', async () => {
    const { api, ana, hook, secret } = await hooked();
    const headers = { [HEADER]: secret };
    const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    for (const [body, status] of [
      ['', 400],
      ['{', 400],
      ['null', 200],
      ['"update"', 200],
      ['[]', 200],
      ['{"update_id":"1"}', 200],
      ['{"__proto__":{"update_id":1}}', 200],
      [nested, 200],
      ['x'.repeat(1024 * 1024 + 1), 413],
    ] as const)
      expect((await post(hook, hook.pathname, body, { headers })).status).toBe(status);
    await answerTo(ana, '/mcp help');
    expect(newest(ana).text).toContain('/mcp');
    expect(api.callsOf('sendMessage')).toHaveLength(2);
  });

  it('neither path nor secret tells anything of the token, or of each other', async () => {
    const { api, hook, secret } = await hooked();
    const path = hook.pathname.split('/').at(-1) ?? '';
    expect(path).toMatch(/^[\w-]{43}$/);
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(path).not.toBe(secret);
    for (const part of api.token.split(':')) expect(`${path} ${secret}`).not.toContain(part);
  });
});
