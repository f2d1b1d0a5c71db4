import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/storage/open.js';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { consent } from '../helpers/consent.js';
import { type GatewayFolder, gatewayFolder } from '../helpers/gateway-folder.js';
import { type KeyServer, startKeyServer } from '../helpers/key-server.js';
import { Program } from '../helpers/program.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { comeBack, openPage, pressConnect, submit } from '../helpers/sign-in-browser.js';
import { type BotApi, startBotApi } from '../helpers/telegram/bot-api.js';
import type { ShownMessage, TelegramPerson } from '../helpers/telegram/face.js';
import { startV1Server, type V1Server } from '../mcp/v1-servers.js';
import { digitsOn, wrong } from './pages.js';
import {
  answerTo,
  askedFor,
  configuredKey,
  idOf,
  linkIn,
  newest,
  telegramWords,
  untilSees,
} from './telegram-scene.js';

const GOOD_KEY = 'sk-live-7f3a9c1e5b2d8f406a';
const BAD_KEY = 'sk-live-0000bad0key00nope9';
const LATE_KEY = 'sk-live-late7c1e5b2d8f406b';
const GROUP_KEY = 'sk-live-group1e5b2d8f406c';
const PASTED_KEY = 'sk-live-pasted5b2d8f406d';

let upstream: V1Server;
let provider: AuthorizationServer;
let files: ProtectedServer;
let notes: KeyServer;
let api: BotApi;
let relay: Relay;
let home: GatewayFolder;
let ana: TelegramPerson;
let ben: TelegramPerson;
let secrets: Map<string, string>;

const note = (what: string, secret: string | null | undefined): string => {
  if (secret === null || secret === undefined || secret === '') throw new Error(`no ${what}`);
  secrets.set(`${what} ${secrets.size}`, secret);
  return secret;
};

interface Relay {
  readonly root: string;
  /** Answers the next calls of this method as a proxy's debug page does: with all that it was sent, in HTML. */
  echo(method: string, status: number): void;
  close(): Promise<void>;
}

/** What stands between a gateway and Telegram: it passes everything on, until it is told to talk. */
async function startRelay(): Promise<Relay> {
  const echoes: { method: string; status: number }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const at = echoes.findIndex(({ method }) => request.url?.endsWith(`/${method}`));
    const [echo] = at < 0 ? [] : echoes.splice(at, 1);
    if (echo !== undefined) {
      response.writeHead(echo.status, { 'content-type': 'text/html' });
      return void response.end(`<pre>${request.method} http://relay${request.url}\n${body}</pre>`);
    }
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${api.root}${request.url}`, {
      method: 'POST',
      headers,
      body: body || '{}',
    }).catch(() => undefined);
    if (answer === undefined) return void response.destroy();
    response.writeHead(answer.status, headers).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    root: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    echo: (method, status) => void echoes.push({ method, status }),
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

beforeAll(async () => {
  upstream = await startV1Server();
  provider = await startAuthorizationServer();
  files = await startProtectedServer(provider, { upstream });
  notes = await startKeyServer(GOOD_KEY);
});
afterAll(async () => {
  await notes.close();
  await files.close();
  await provider.close();
  await upstream.close();
});
beforeEach(async () => {
  secrets = new Map();
  api = await startBotApi({ pressPatienceMs: 4_000 });
  relay = await startRelay();
  ana = api.person('Ana', { username: 'ana' });
  ben = api.person('Ben', { username: 'ben', started: false, client: 'old' });
  home = await gatewayFolder({});
  note('bot token', api.token);
  note('bot token', api.token.split(':')[1]);
});
afterEach(async () => {
  await relay.close();
  await api.close();
  await home.remove();
});

async function configured(more: object, words: object = {}): Promise<void> {
  await home.rewrite({
    access: { users: [idOf(ana), idOf(ben)], admins: [idOf(ana)] },
    platforms: telegramWords({ token: api.token, root: relay.root }, more),
    log: { level: 'trace' },
    mcp_servers: { files: { url: files.url, auth: 'oauth' }, notes: configuredKey(notes) },
    ...words,
  });
}

async function started(): Promise<Program> {
  const gateway = new Program(['start', '--config', home.config]);
  await gateway.untilSays('Ctrl-C stops it.');
  await expect.poll(() => api.callsOf('setMyCommands').length).toBeGreaterThan(1);
  return gateway;
}

/** As it is, and as it would stand in a URL, a header or a dump. */
function spellings(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const base64 = bytes.toString('base64').replace(/=+$/, '');
  return [secret, encodeURIComponent(secret), base64, bytes.toString('base64url'), bytes.toString('hex')];
}

function leaks(text: string, allowed: RegExp = /^$/): readonly string[] {
  return [...secrets]
    .filter(([what]) => !allowed.test(what))
    .filter(([, secret]) => spellings(secret).some((one) => text.includes(one)))
    .map(([what]) => what);
}

async function readiness(): Promise<string> {
  return await (await fetch(`${home.localUrl}/readyz`)).text();
}

const connectId = (message: ShownMessage): string =>
  new URL(linkIn(message)).pathname.split('/').at(-1) ?? '';

async function verifierOf(): Promise<void> {
  const { store } = await openStore({ kind: 'file', folder: join(home.folder, 'state') });
  const records = store.records<{ way: { flow: { verifier: string } } }>('pending');
  for (const key of await records.keys()) note('verifier', (await records.get(key))?.way.flow.verifier);
  await store.close();
}

async function signInWithCode(): Promise<void> {
  const asked = await askedFor(ana, '/mcp auth files');
  note('connect id', connectId(asked));
  const { location, cookies } = await pressConnect(linkIn(asked));
  note('cookie', cookies.split('=')[1]);
  note('state', new URL(location).searchParams.get('state'));
  await verifierOf();
  const callback = await consent(location);
  note('code', callback.searchParams.get('code'));
  const digits = note('digits', digitsOn((await comeBack(callback)).text));
  note('digits', `${digits.slice(0, 3)} ${digits.slice(3)}`);
  await untilSees(ana, 'one step left');
  await ana.start(`mcp_c_${wrong(digits)}`);
  await untilSees(ana, '4 tries left');
  await ana.start(`mcp_c_${digits}`);
  await untilSees(ana, 'files connected');
}

async function keysOnAPage(): Promise<void> {
  const asked = await askedFor(ana, '/mcp auth notes');
  note('connect id', connectId(asked));
  const page = await openPage(linkIn(asked));
  await submit(page, { 'key:NOTES_KEY': note('key', BAD_KEY) });
  await submit(page, { 'key:NOTES_KEY': note('key', GOOD_KEY) });
  await untilSees(ana, 'notes connected');
}

async function keyWhereItDoesNotBelong(): Promise<void> {
  note('key', PASTED_KEY);
  await answerTo(ana, `/mcp auth notes ${PASTED_KEY}`);
  await answerTo(ana, `/mcp ${PASTED_KEY}`);
  await answerTo(ana, PASTED_KEY);
}

async function noteInGroup(): Promise<void> {
  const group = api.group('Team', [ana, ben]);
  await ben.type(`/mcp auth notes ${note('key', GROUP_KEY)}`, { chat: group });
  await untilSees(ana, 'I answer this only in private.', group);
  const link = linkIn(newest(ana, group));
  note('start link', new URL(link).searchParams.get('start')?.replace('mcp_r_', ''));
  await ana.openLink(link);
  await untilSees(ana, 'made for somebody else');
  await ben.openLink(link);
  await untilSees(ben, 'looks like a key');
}

/** What Telegram says, and what stands in between, repeats what it was sent. */
async function talkativeFailures(): Promise<void> {
  const planted = note('connect id', 'planted-connect-id-8d1f6b2a7c');
  const words = `inline keyboard button URL '${home.publicUrl}/connect/${planted}' is invalid: Wrong HTTP URL`;
  api.fail('sendMessage', { errorCode: 400, description: `Bad Request: ${words}` }, 2);
  await ana.type('/mcp help');
  await expect.poll(() => api.calls.filter(({ status }) => status === 400).length).toBeGreaterThan(1);
  await answerTo(ana, '/mcp help');
  api.fail('editMessageText', { errorCode: 400, description: `Bad Request: ${words}` });
  const asked = await askedFor(ana, '/mcp auth files');
  note('connect id', connectId(asked));
  await answerTo(ana, '/mcp cancel files');
  for (const status of [200, 502]) {
    for (const method of ['sendMessage', 'editMessageText', 'answerCallbackQuery', 'getUpdates'])
      relay.echo(method, status);
    const next = await askedFor(ana, '/mcp auth files');
    note('connect id', connectId(next));
    await ana.press('Cancel');
  }
  api.fail('*', 'drop-before', 2);
  await answerTo(ana, '/mcp help');
}

async function checked(): Promise<string> {
  const check = new Program(['check', '--config', home.config]);
  await check.ended;
  return check.out + check.err;
}

/** What the bot says to Telegram: the token is a part of the address alone, and no key, code or digit goes back there. */
function expectCleanCalls(): void {
  const [hooks, others] = [true, false].map((isHook) =>
    api.calls.filter(({ method }) => (method === 'setWebhook') === isHook),
  );
  expect(leaks(JSON.stringify(others), /^(connect id|start link)/)).toEqual([]);
  expect(leaks(JSON.stringify(hooks), /^webhook/)).toEqual([]);
}

describe('threat 15: with Telegram, no secret is in anything that is written, said or asked', () => {
  it('by long polling, with a public URL, whatever goes wrong', async () => {
    await configured({});
    const gateway = await started();
    try {
      await signInWithCode();
      await keysOnAPage();
      await keyWhereItDoesNotBelong();
      await noteInGroup();
      await talkativeFailures();
      const ready = await readiness();
      api.revokeToken();
      await gateway.until(() => (/refuses the bot token/.test(gateway.err) ? true : undefined), 'refused');
      expect(leaks(ready + (await readiness()))).toEqual([]);
    } finally {
      await gateway.stop();
    }
    expect(gateway.err).toContain('"level":20');
    expect(gateway.err).toMatch(/"level":(40|50)/);
    expect(secrets.size).toBeGreaterThan(18);
    expect(leaks(gateway.out + gateway.err)).toEqual([]);
    expect(leaks(await checked())).toEqual([]);
    expectCleanCalls();
  });

  it('by webhook: neither its path nor its secret either', async () => {
    await configured({ mode: 'webhook' });
    relay.echo('setWebhook', 502);
    const planted = note('webhook path', 'planted-webhook-path-8d1f6b2a7c5e');
    const refused = `Bad Request: bad webhook: ${home.publicUrl}/webhooks/telegram/${planted} is not for you`;
    api.fail('setWebhook', { errorCode: 400, description: refused });
    const gateway = await started();
    try {
      await expect.poll(() => api.callsOf('setWebhook').length, { timeout: 20_000 }).toBeGreaterThan(0);
      const { url, secret_token: secret } = api.callsOf('setWebhook')[0]?.payload ?? {};
      const path = new URL(String(url)).pathname.split('/').at(-1) ?? '';
      note('webhook path', path);
      note('webhook secret', String(secret));
      for (const to of [String(url), `${home.publicUrl}/webhooks/telegram/${path}x`]) {
        await fetch(to, {
          method: 'POST',
          body: '{',
          headers: { 'x-telegram-bot-api-secret-token': String(secret) },
        });
        await fetch(to, {
          method: 'POST',
          body: '{}',
          headers: { 'x-telegram-bot-api-secret-token': 'guess' },
        });
        await fetch(`${to}?secret=${secret}`);
      }
      await signInWithCode();
      expect(leaks((await readiness()) + (await checked()))).toEqual([]);
    } finally {
      await gateway.stop();
    }
    expect(leaks(gateway.out + gateway.err)).toEqual([]);
    await configured({ mode: 'polling' });
    expect(leaks(await checked())).toEqual([]);
    expectCleanCalls();
  });

  it('without a public URL, where keys are typed in the chat', async () => {
    await configured({}, { public_url: undefined });
    const gateway = await started();
    try {
      const asked = await answerTo(ana, '/mcp auth notes');
      await ana.press('Add key');
      await untilSees(ana, 'Send me NOTES_KEY');
      await ana.type(note('key', BAD_KEY));
      await untilSees(ana, 'did not accept this key');
      await ana.press('Try again');
      await untilSees(ana, 'Send me NOTES_KEY');
      api.fail('deleteMessage', { errorCode: 400, description: "Bad Request: message can't be deleted" });
      await ana.type(note('key', GOOD_KEY));
      await untilSees(ana, 'notes connected');
      expect(asked.text).not.toContain(GOOD_KEY);
      await ana.type(note('key', LATE_KEY));
      await untilSees(ana, 'I did not ask for one');
      await keyWhereItDoesNotBelong();
    } finally {
      await gateway.stop();
    }
    expect(leaks(gateway.out + gateway.err)).toEqual([]);
    expect(leaks(await checked())).toEqual([]);
    expectCleanCalls();
  });

  it.each([
    ['with quotes left around it', (token: string) => `"${token}"`],
    ['cut', (token: string) => token.slice(0, -10)],
    ['without its number', (token: string) => token.split(':')[1] ?? ''],
    ['with a space in it', (token: string) => token.replace('AA', 'AA ')],
    ['as the address that it is used at', (token: string) => `https://api.telegram.org/bot${token}/getMe`],
  ])('in the mistakes of a config whose token is malformed: %s', async (_how, spoil) => {
    const spoilt = spoil(api.token);
    note('spoilt token', spoilt);
    await home.rewrite({
      access: { users: [idOf(ana)] },
      platforms: { telegram: { token: spoilt, api_root: `https://api.telegram.org/bot${api.token}` } },
      mcp_servers: {},
    });
    const program = new Program(['start', '--config', home.config]);
    expect(await program.ended).not.toBe(0);
    expect(program.err).toContain('platforms.telegram.token');
    expect(leaks(program.out + program.err + (await checked()))).toEqual([]);
  });
});
