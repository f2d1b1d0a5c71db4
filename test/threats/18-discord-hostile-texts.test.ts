import { afterEach, describe, expect, it } from 'vitest';
import type { Discord, Fields, Markup } from '../helpers/discord/face.js';
import { type Names, shownText } from '../helpers/discord/markdown/shown.js';
import { type ScriptedServer, startScriptedServer } from '../helpers/scripted-server.js';
import { openPage, pressConnect } from '../helpers/sign-in-browser.js';
import {
  answerTo,
  askedFor,
  configuredKey,
  customIds,
  idOf,
  linkIn,
  newest,
  onlyFor,
  plain,
  untilSees,
  useDiscord,
} from './discord-scene.js';
import { startHostileServer } from './hostile-server.js';
import { shown } from './pages.js';

const threats = useDiscord();
const servers: ScriptedServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const HOSTILE = [
  '@everyone',
  '@here and <@&1190350394018529310> and <@1190350394018529310> <@!1190350394018529310>',
  '<#1190350394018529310> </mcp:1190350394018529310> <id:customize>',
  '[press me](https://evil.example/x) [and](<https://evil.example/y>)',
  '[x]: https://evil.example\n[x]',
  '**bold** *italic* __under__ ~~struck~~ ||spoiler|| `code`',
  '_snake_case_ and *one*two* and **half',
  '```js\nalert(1)\n```',
  '# heading\n## heading\n-# small\n> quote\n>>> quote\n- item\n1. item',
  '#heading -# small >quote',
  '<t:1700000000:R> <:evil:1190350394018529310> <a:evil:1190350394018529310> :smile:',
  'https://evil.example/x?y=<z>',
  '<https://evil.example/quiet>',
  'HTTP://EVIL.example discord.gg/evil evil.example/login www.evil.example',
  'discord://-/channels/1/2 steam://run/1 tel:+15551234567 mailto:a@evil.example',
  'C:\\temp\\*.txt \\*not bold\\* \\\\',
  '\u202egpj.exe \u2066hidden\u2069',
  'zero\u200bwidth\ufeff @\u200beveryone @\u2060here',
  'lone \ud800 surrogate',
  'nul \u0000 and \u001b[31mred\u001b[0m',
  'a'.repeat(10_000),
  '*'.repeat(3_000),
  '<@1>'.repeat(900),
  '👨‍👩‍👧'.repeat(900),
  '\n\n\n@everyone\n# heading',
  'mcp:logout files yes',
  '＠everyone ﹫here',
] as const;

interface Component extends Fields {
  readonly type: number;
  readonly components?: readonly Component[];
  readonly accessory?: Component;
}

const within = (components: readonly Component[]): readonly Component[] =>
  components.flatMap((one) => [
    one,
    ...within(one.components ?? []),
    ...within(one.accessory === undefined ? [] : [one.accessory]),
  ]);

/** What was said in a call: a callback's data, a message, an edit. A modal is the person's alone, and none of these. */
function saidIn(body: unknown): Fields {
  const { type, data, ...rest } = (body ?? {}) as { readonly type?: number; readonly data?: Fields };
  return type === 9 ? {} : (data ?? rest);
}

/** What a message of ours is made of; else the client makes something of data. */
const OURS: readonly string[] = ['bold', 'heading', 'subtext', 'code'];
/** What in `HOSTILE` would become something of these kinds. */
const THEIRS: readonly string[] = ['bold', 'half', 'heading', 'small', 'code', 'one'];
const NOBODY: Names = { user: () => '?', channel: () => '?', role: () => '?' };

function foreignMarkup(text: string): readonly Markup[] {
  return shownText(text, NOBODY).markup.filter(
    (one) => !OURS.includes(one.kind) || THEIRS.includes(one.text.trim()),
  );
}

/** All that the bot said so far was taken, is text, and pings nobody; what can be pressed is ours. */
function expectInert(discord: Discord, ownUrl: string): void {
  const said = discord.calls.filter(({ route }) =>
    /^POST \/(interactions|webhooks|channels\/:id\/messages)|^PATCH/.test(route),
  );
  expect(said.length).toBeGreaterThan(0);
  for (const { route, status, body } of said) {
    if (status >= 300) expect([route, status, body]).toEqual([route, 200, body]);
    const { content = '', components = [], allowed_mentions: mentions } = saidIn(body);
    const parts = within(components as readonly Component[]);
    if (content === '' && parts.length === 0) continue;
    expect(mentions).toMatchObject({ parse: [] });
    const displays = [
      String(content),
      ...parts.flatMap((one) => (one.type === 10 ? [String(one.content)] : [])),
    ];
    for (const text of displays) expect([text, foreignMarkup(text)]).toEqual([text, []]);
    for (const text of [...displays, ...parts.map(({ label = '' }) => String(label))]) {
      expect(text).toBe(text.toWellFormed());
      expect(text).not.toMatch(/(?!\n)\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u);
    }
    for (const { custom_id: customId = 'mcp:', url = `${ownUrl}/` } of parts) {
      expect(customId).toMatch(/^mcp[:#]/);
      expect(String(url).startsWith(`${ownUrl}/`)).toBe(true);
    }
  }
  expect(discord.previews).toEqual([]);
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
      const error = { code: -32_601, message: `**${words.join(' ')}**` };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ jsonrpc: '2.0', id, ...(result === undefined ? { error } : { result }) }),
      );
    });
  });
  return server;
}

describe('threat 18: hostile texts in a Discord chat are text', () => {
  it('names, titles and descriptions of tools, on every page, and what the server calls itself', async () => {
    const evil = await hostileTools(HOSTILE);
    const discord = await threats.platform();
    const [ana, ben] = [discord.person('Ana'), discord.person('Ben')];
    const general = discord.guild('Acme', [ana, ben]).channel('general');
    const gateway = await threats.gateway(discord, {
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
    ])
      for (const where of [undefined, general]) {
        await answerTo(ana, words, where);
        await untilSees(ana, /evil/, where);
      }
    await expect.poll(() => plain(ana.sees())).toContain('@everyone');
    await expect
      .poll(() => plain(ana.sees()))
      .toContain('**bold** *italic* __under__ ~~struck~~ ||spoiler||');
    expect(plain(ana.sees())).toContain('[press me](https://evil.example/x)');
    expectInert(discord, gateway.url);
    expect([...ana.pinged, ...ben.pinged]).toEqual([]);
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
      'Bearer error="insufficient_scope", scope="**bold** @everyone <@1> [x](https://evil.example)", realm="||half||"';
    server.on('/mcp', (_request, response) => {
      response.writeHead(status, { 'www-authenticate': challenge, 'content-type': 'text/html' });
      response.end(HOSTILE.join('\n').slice(0, 5_000));
    });
    const discord = await threats.platform();
    const ana = discord.person('Ana');
    const general = discord.guild('Acme', [ana]).channel('general');
    const gateway = await threats.gateway(discord, {
      ...onlyFor(ana),
      mcp_servers: { evil: { url: `${server.origin}/mcp` } },
    });
    for (const words of ['', 'test evil', 'status evil', 'auth evil', 'tools evil', 'help'])
      await answerTo(ana, words, general);
    expectInert(discord, gateway.url);
  });

  it('what a provider answers in the browser’s way back, and in its errors', async () => {
    const evil = await startHostileServer({
      metadata: (origin) => ({ authorization_endpoint: `${origin}/auth?x=%3C@1%3E**bold**@everyone` }),
    });
    servers.push(evil);
    const discord = await threats.platform();
    const ana = discord.person('Ana');
    const general = discord.guild('Acme', [ana]).channel('general');
    const gateway = await threats.gateway(discord, {
      ...onlyFor(ana),
      mcp_servers: { files: { url: `${evil.origin}/mcp`, auth: 'oauth' } },
    });
    for (const error of ['access_denied', '**bold** @everyone <@1>']) {
      const asked = await askedFor(ana, 'auth files', general);
      const { location, cookies } = await pressConnect(linkIn(asked));
      const back = new URL(`${gateway.url}/oauth/callback`);
      back.searchParams.set('state', new URL(location).searchParams.get('state') ?? '');
      back.searchParams.set('error', error);
      back.searchParams.set('error_description', HOSTILE.slice(0, 12).join(' '));
      await fetch(back, { headers: { cookie: cookies } });
      await untilSees(ana, 'Try again', general);
    }
    await answerTo(ana, 'status files', general);
    expectInert(discord, gateway.url);
    expect(plain(ana.sees(general))).not.toContain('everyone');
  });

  it('names of people, guilds and channels: on the connect page, and where admins see who is signed in', async () => {
    const discord = await threats.platform();
    const people = HOSTILE.map((name, at) =>
      discord.person(name.toWellFormed().slice(0, 32), {
        username: at % 2 === 0 ? `u${at}` : name.slice(0, 32),
      }),
    );
    const boss = discord.person('Boss');
    const guild = discord.guild('**@everyone** <@1>', [boss, ...people]);
    const general = guild.channel('# [x](https://evil.example) @here');
    const gateway = await threats.gateway(discord, {
      access: { users: people.map(idOf), admins: [idOf(boss)] },
    });
    for (const [at, person] of people.entries()) {
      const { html } = await openPage(linkIn(await askedFor(person, 'auth files', general)));
      expect(html).not.toMatch(/[\u202a-\u202e\u2066-\u2069]|<@|<z>/);
      expect(shown(html)).toContain(at % 2 === 0 ? `Discord · @u${at} asked` : `(id ${person.id}) asked`);
    }
    await answerTo(boss, '', general);
    await answerTo(boss, 'users', general);
    expectInert(discord, gateway.url);
    expect(gateway.log.join('')).not.toMatch(/everyone|\u202e/);
  });

  it('what a person types comes back as text, if at all', async () => {
    const discord = await threats.platform();
    const ana = discord.person('Ana');
    const general = discord.guild('Acme', [ana]).channel('general');
    const gateway = await threats.gateway(discord, { ...onlyFor(ana), limits: { commands: 'off' } });
    for (const words of HOSTILE)
      for (const command of ['', 'auth ', 'status ', 'confirm ', 'tools files '])
        await answerTo(ana, `${command}${words.toWellFormed().slice(0, 2_000)}`, general);
    for (const words of HOSTILE.slice(0, 18))
      await ana.says(`/mcp auth ${words.toWellFormed().slice(0, 1_500)}`);
    await answerTo(ana, 'help', general);
    const ours = discord.calls.filter(({ route }) => !route.includes('typing'));
    expectInert({ ...discord, calls: ours, previews: [] }, gateway.url);
    expect(ana.pinged).toEqual([]);
  });
});

describe('threat 18: names that could be something else', () => {
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
    const discord = await threats.platform();
    const ana = discord.person('Ana');
    const general = discord.guild('Acme', [ana]).channel('general');
    const gateway = await threats.gateway(discord, {
      ...onlyFor(ana),
      mcp_servers: Object.fromEntries(
        names.map((name) => [name, { url: threats.scene.files.url, auth: 'oauth' }]),
      ),
    });
    for (const name of names) {
      const one = await answerTo(ana, `status ${name}`, general);
      expect(customIds(one), name).toContain(`mcp:auth ${name}`);
      await ana.presses('Sign in', general);
      await expect
        .poll(() => plain(newest(ana, general).text))
        .toMatch(new RegExp(`^● ${name} — sign in at`));
      await answerTo(ana, `logout ${name} yes`, general);
      expect(plain(newest(ana, general).text)).toContain(`not signed in to ${name}`);
      await answerTo(ana, 'cancel', general);
    }
    expectInert(discord, gateway.url);
  });

  it('a server’s name full of underscores, and a key’s as long as they can be, are shown and asked for as they are', async () => {
    const notes = await threats.keyServer();
    const name = 'a__b__c_d_e-f--g';
    const variable = `K${'_LONG'.repeat(12)}`;
    const discord = await threats.platform();
    const ana = discord.person('Ana');
    const general = discord.guild('Acme', [ana]).channel('general');
    const gateway = await threats.gateway(discord, {
      ...onlyFor(ana),
      mcp_servers: { [name]: configuredKey(notes, variable) },
    });
    const asked = await answerTo(ana, `auth ${name}`, general);
    expect(plain(asked.text)).toContain(`● ${name} — give its key`);
    expect(customIds(asked)[0]).toMatch(/^mcp#[\w-]{22}$/);
    const opened = await ana.presses('Add key', general);
    if (opened.kind !== 'modal') throw new Error(opened.kind);
    expect(opened.modal.title).toBe(`Key for ${name}`);
    expect(opened.modal.inputs).toMatchObject([{ customId: variable }]);
    await ana.submits(opened.modal, { [variable]: notes.key });
    await untilSees(ana, `${name} connected`, general);
    expectInert(discord, gateway.url);
  });
});
