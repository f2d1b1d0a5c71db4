import { afterEach, describe, expect, it } from 'vitest';
import { type ScriptedServer, startScriptedServer } from '../helpers/scripted-server.js';
import { openPage, pressConnect } from '../helpers/sign-in-browser.js';
import type { BotApi } from '../helpers/telegram/bot-api.js';
import { foundEntities } from '../helpers/telegram/plain-text.js';
import { startHostileServer } from './hostile-server.js';
import { shown } from './pages.js';
import {
  answerTo,
  askedFor,
  configuredKey,
  idOf,
  linkIn,
  NO_PUBLIC_URL,
  newest,
  onlyFor,
  plain,
  untilSees,
  useTelegram,
} from './telegram-scene.js';

const telegram = useTelegram();
const servers: ScriptedServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const HOSTILE = [
  '@everyone',
  '@durov and @acme_mcp_bot',
  '<b>bold</b>',
  '</code></b><a href="tg://user?id=1">press me</a>',
  '&lt;i&gt; &amp;',
  '/logout',
  '/mcp@acme_mcp_bot logout files yes',
  '(/start mcp_c_000000)',
  'https://evil.example/x?y=<z>',
  'evil.example/login, www.evil.example',
  'tg://resolve?domain=evil&start=mcp_c_000000',
  't.me/acme_mcp_bot?start=mcp_c_000000',
  '#tag $CASH $1INCH +1 555 123 4567 mail@evil.example 192.168.0.1',
  '\u202egpj.exe \u2066hidden\u2069',
  'zero\u200bwidth\ufeff/logout',
  'lone \ud800 surrogate',
  'nul \u0000 and \u001b[31mred\u001b[0m',
  'a'.repeat(10_000),
  '<'.repeat(3_000),
  '👨‍👩‍👧'.repeat(900),
  '\n\n\n/logout files\n@everyone',
  '`code` *bold* [text](https://evil.example) ||spoiler||',
  'mcp:logout files yes',
  '\u2060@\u2060durov',
] as const;

const TAGS = /<\/?(?:b|i|code)>/g;

/** What Telegram would make into something to press: outside of `code`, once the HTML is read. */
function pressable(html: string): readonly string[] {
  const text = html
    .replaceAll(/<code>[\s\S]*?<\/code>/g, ' ')
    .replaceAll(TAGS, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
  return foundEntities(text).map(({ offset, length }) => text.slice(offset, offset + length));
}

interface Button {
  readonly text: string;
  readonly callback_data?: string;
  readonly url?: string;
}

const buttonsOf = (markup: unknown): readonly Button[] => {
  if (typeof markup !== 'object' || markup === null || !('inline_keyboard' in markup)) return [];
  return (markup.inline_keyboard as readonly (readonly Button[])[]).flat();
};

/** All that the bot said so far is text: what can be pressed is ours. */
function expectInert(api: BotApi, ownUrl: string): void {
  const said = api.calls.filter(
    ({ payload }) => typeof payload.text === 'string' && payload.chat_id !== undefined,
  );
  expect(said.length).toBeGreaterThan(0);
  for (const { method, payload, status } of said) {
    const text = String(payload.text);
    // "message is not modified": two pieces of news said the same.
    const again = said.some((other) => other.payload.text === text && other.status === 200);
    expect([method, text, status]).toEqual([method, text, again && method.startsWith('edit') ? status : 200]);
    expect(text.replaceAll(TAGS, '')).not.toMatch(/[<>]/);
    expect(text.replaceAll(/&(lt|gt|amp);/g, '')).not.toContain('&');
    expect(pressable(text).filter((one) => one !== '/mcp')).toEqual([]);
    expect(text).toBe(text.toWellFormed());
    expect(text).not.toMatch(/(?!\n)\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u);
    expect(payload.link_preview_options).toEqual({ is_disabled: true });
    for (const { text: label, callback_data: data, url } of buttonsOf(payload.reply_markup)) {
      expect(label).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
      expect(label.length).toBeLessThanOrEqual(64);
      if (data !== undefined) expect(data).toMatch(/^mcp[:#]/);
      if (url !== undefined)
        expect(url.startsWith(`${ownUrl}/`) || url.startsWith('https://t.me/acme_mcp_bot')).toBe(true);
    }
  }
}

/** An MCP server whose every word is hostile. */
async function hostileTools(words: readonly string[]): Promise<ScriptedServer> {
  const server = await startScriptedServer();
  servers.push(server);
  const results: Readonly<Record<string, unknown>> = {
    initialize: {
      protocolVersion: '2025-06-18',
      capabilities: { tools: {} },
      serverInfo: { name: words.join(' '), version: words[3] ?? '', title: words[0] ?? '' },
      instructions: words.join('\n'),
    },
    'tools/list': {
      tools: words.map((word, at) => ({
        name: at % 2 === 0 ? word : `tool-${at}`,
        title: word,
        description: word,
        inputSchema: { type: 'object' },
      })),
    },
  };
  server.on('/mcp', (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      if (body === '') return void response.writeHead(405).end();
      const { id, method } = JSON.parse(body);
      if (id === undefined) return void response.writeHead(202).end();
      const result = results[method];
      const error = { code: -32_601, message: `<b>${words.join(' ')}</b>` };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ jsonrpc: '2.0', id, ...(result === undefined ? { error } : { result }) }),
      );
    });
  });
  return server;
}

describe('threat 18: hostile texts in a Telegram chat are text', () => {
  it('names, titles and descriptions of tools, on every page, and what the server calls itself', async () => {
    const evil = await hostileTools(HOSTILE);
    const api = await telegram.platform();
    const ana = api.person('Ana', { username: 'ana' });
    const gateway = await telegram.gateway(api, {
      ...onlyFor(ana),
      mcp_servers: { evil: { url: `${evil.origin}/mcp` } },
    });
    for (const words of [
      '',
      'test evil',
      'status evil',
      'tools evil',
      'tools evil 2',
      'tools evil 3',
      'tools evil 4',
    ]) {
      await answerTo(ana, `/mcp ${words}`);
      await untilSees(ana, /evil/);
    }
    await expect.poll(() => plain(ana.sees())).toContain('everyone');
    await expect.poll(() => plain(ana.sees())).toContain('bold');
    expectInert(api, gateway.url);
    expect(gateway.log.join('')).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
  });

  it.each([
    ['a 401 whose challenge, realm and scope are hostile', 401],
    ['a 403 that wants hostile scopes', 403],
    ['a 500 with a hostile page', 500],
    ['a 200 that is no MCP', 200],
  ])('%s', async (_what, status) => {
    const server = await startScriptedServer();
    servers.push(server);
    const challenge =
      'Bearer error="insufficient_scope", scope="<b>@everyone /logout https://evil.example", realm="<i>"';
    server.on('/mcp', (_request, response) => {
      response.writeHead(status, { 'www-authenticate': challenge, 'content-type': 'text/html' });
      response.end(HOSTILE.join('\n').slice(0, 5_000));
    });
    const api = await telegram.platform();
    const ana = api.person('Ana', { username: 'ana' });
    const gateway = await telegram.gateway(api, {
      ...onlyFor(ana),
      mcp_servers: { evil: { url: `${server.origin}/mcp` } },
    });
    for (const words of ['', 'test evil', 'status evil', 'auth evil', 'tools evil'])
      await answerTo(ana, `/mcp ${words}`);
    await answerTo(ana, '/mcp help');
    expectInert(api, gateway.url);
  });

  it('what a provider answers in the browser’s way back, and in its errors', async () => {
    const evil = await startHostileServer({
      metadata: (origin) => ({ authorization_endpoint: `${origin}/auth?x=%3Cb%3E@everyone` }),
    });
    servers.push(evil);
    const api = await telegram.platform();
    const ana = api.person('Ana', { username: 'ana' });
    const gateway = await telegram.gateway(api, {
      ...onlyFor(ana),
      mcp_servers: { files: { url: `${evil.origin}/mcp`, auth: 'oauth' } },
    });
    for (const error of ['access_denied', '<b>@everyone</b> /logout']) {
      const asked = await askedFor(ana, '/mcp auth files');
      const { location, cookies } = await pressConnect(linkIn(asked));
      const back = new URL(`${gateway.url}/oauth/callback`);
      back.searchParams.set('state', new URL(location).searchParams.get('state') ?? '');
      back.searchParams.set('error', error);
      back.searchParams.set('error_description', HOSTILE.slice(0, 12).join(' '));
      await fetch(back, { headers: { cookie: cookies } });
      await untilSees(ana, 'Try again');
    }
    await answerTo(ana, '/mcp status files');
    expectInert(api, gateway.url);
    expect(plain(ana.sees())).not.toContain('everyone');
  });

  it('names of people and groups: on the connect page, and where admins see who is signed in', async () => {
    const api = await telegram.platform();
    const people = HOSTILE.map((name) => api.person(name.toWellFormed().slice(0, 64)));
    const boss = api.person('Boss', { username: 'boss' });
    const gateway = await telegram.gateway(api, {
      access: { users: people.map(idOf), admins: [idOf(boss)] },
    });
    for (const person of people) {
      const asked = await askedFor(person, '/mcp auth files');
      const { html } = await openPage(linkIn(asked));
      for (const markup of ['<b>bold', '<a href="tg:', '<<', '<z>']) expect(html).not.toContain(markup);
      expect(html).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
      expect(shown(html)).toContain(`${person.id}`);
    }
    const group = api.group('<b>@everyone</b> /logout', [boss], { kind: 'supergroup' });
    await answerTo(boss, '/mcp', group);
    await answerTo(boss, '/mcp users');
    expectInert(api, gateway.url);
    expect(gateway.log.join('')).not.toMatch(/everyone|\u202e/);
  });

  it('what a person types comes back as text, if at all', async () => {
    const api = await telegram.platform();
    const ana = api.person('Ana', { username: 'ana' });
    const gateway = await telegram.gateway(api, { ...onlyFor(ana), limits: { commands: 'off' } });
    for (const words of HOSTILE) {
      for (const command of ['', 'auth ', 'status ', 'confirm ', 'tools files '])
        await ana.type(`/mcp ${command}${words.slice(0, 2_000)}`);
      await answerTo(ana, '/mcp help');
    }
    expectInert(api, gateway.url);
  });
});

describe('threat 18: names that could be something else', () => {
  it('a server’s name with white space, separators, markup or more than 32 characters is a mistake of the config', async () => {
    const api = await telegram.platform();
    const names = [
      'a b',
      'a:b',
      'a#b',
      'a/b',
      '../a',
      'a\u0000',
      'a\u200b',
      '<b>',
      '@a',
      '/a',
      '',
      '-a',
      'é',
      '😀',
      'a'.repeat(33),
    ];
    for (const name of names) {
      const started = telegram.gateway(api, { mcp_servers: { [name]: { url: telegram.scene.files.url } } });
      await expect(started, JSON.stringify(name)).rejects.toThrow(/mcp_servers/);
    }
  });

  it('servers that are called as commands, answers, numbers or parts of JavaScript get their own buttons, and no others', async () => {
    const names = [
      'auth',
      'yes',
      'page',
      '2',
      'all',
      'cancel',
      'constructor',
      'toString',
      'mcp',
      'a'.repeat(32),
    ];
    const api = await telegram.platform();
    const ana = api.person('Ana', { username: 'ana' });
    const gateway = await telegram.gateway(api, {
      ...onlyFor(ana),
      mcp_servers: Object.fromEntries(
        names.map((name) => [name, { url: telegram.scene.files.url, auth: 'oauth' }]),
      ),
    });
    for (const name of names) {
      const one = await answerTo(ana, `/mcp status ${name}`);
      const signIn = one.buttons.flat().find(({ label }) => label.startsWith('Sign in'));
      expect(signIn?.data, name).toBe(`mcp:auth ${name}`);
      await ana.press(signIn?.label ?? '');
      await expect.poll(() => plain(newest(ana).text)).toMatch(new RegExp(`^● ${name} — sign in at`));
      await answerTo(ana, `/mcp logout ${name} yes`);
      expect(plain(newest(ana).text)).toContain(`not signed in to ${name}`);
      await answerTo(ana, '/mcp cancel');
    }
    expectInert(api, gateway.url);
  });

  it('the key of a server whose name and variable are as long as they can be is asked for and given', async () => {
    const notes = await telegram.keyServer();
    const name = 'a'.repeat(32);
    const variable = `K${'_LONG'.repeat(12)}`;
    const api = await telegram.platform();
    const ana = api.person('Ana', { username: 'ana' });
    const gateway = await telegram.gateway(api, {
      ...onlyFor(ana),
      ...NO_PUBLIC_URL,
      mcp_servers: { [name]: configuredKey(notes, variable) },
    });
    const asked = await answerTo(ana, `/mcp auth ${name}`);
    expect(asked.buttons.flat()[0]?.data).toMatch(/^mcp#[\w-]{22}$/);
    await ana.press('Add key');
    await untilSees(ana, 'Send me');
    await ana.type(notes.key);
    await untilSees(ana, `${name} connected`);
    expectInert(api, gateway.url);
  });
});
