import { afterEach, describe, expect, it } from 'vitest';
import { type ScriptedServer, startScriptedServer } from '../helpers/scripted-server.js';
import { openPage, pressConnect } from '../helpers/sign-in-browser.js';
import type { SlackPerson, Where } from '../helpers/slack/face.js';
import type { Slack } from '../helpers/slack/slack.js';
import { startHostileServer } from './hostile-server.js';
import { shown } from './pages.js';
import {
  answerTo,
  askedFor,
  configuredKey,
  heard,
  idOf,
  linkIn,
  newest,
  onlyFor,
  untilSees,
  useSlack,
} from './slack-scene.js';

const slacks = useSlack();
const servers: ScriptedServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const HOSTILE = [
  '<!channel> <!here> <!everyone>',
  '@channel @here @everyone @ana',
  '<@U07000000005> <@W012A3CDE|boss>',
  '<#C024BE91L|general> #general',
  '<!subteam^S012|@oncall>',
  '<!date^1392734382^{date_num}^https://evil.example|click>',
  '<https://evil.example|https://slack.com/signin>',
  '<mailto:boss@evil.example|Boss>',
  '&lt;!channel&gt; &amp;lt;',
  '*bold* _italic_ ~strike~ `code` ```block```',
  '*evil* _evil_',
  ':rocket::skin-tone-2: :slack:',
  '> quoted\n>>> all of it',
  '• item\n1. first',
  'https://evil.example/x?y=<z>',
  'evil.example/login, www.evil.example mail@evil.example',
  'slack://open?team=T1&id=D1',
  '/mcp logout files yes',
  '\u202egpj.exe \u2066hidden\u2069',
  'zero\u200bwidth\ufeff*x*',
  'lone \ud800 surrogate',
  'nul \u0000 and \u001b[31mred\u001b[0m',
  'a'.repeat(10_000),
  '<'.repeat(3_000),
  '👨‍👩‍👧'.repeat(900),
  '\n\n\n<!channel>\n',
  '[text](https://evil.example) **bold** # Title',
  '{"type":"button","url":"https://evil.example"}',
] as const;

/** All that was said so far is text: what can be pressed is ours, nobody is mentioned, nothing is fetched. */
function expectInert(slack: Slack, ownUrl: string, ...people: readonly SlackPerson[]): void {
  const said = slack.calls.filter(({ params }) => typeof params.text === 'string');
  expect(said.length).toBeGreaterThan(0);
  for (const { method, params, outcome } of said) {
    expect([method, outcome]).toEqual([method, 'ok']);
    const whole = JSON.stringify(params);
    expect(params.text).not.toMatch(/<[@#!]|[<>]|&(?!lt;|gt;|amp;)/);
    expect(`${params.text}`).toBe(`${params.text}`.toWellFormed());
    expect(whole).not.toMatch(/\\u001b|\\u0000|[\u202a-\u202e\u2066-\u2069]/);
    expect(params).not.toHaveProperty('link_names');
    expect(params).not.toHaveProperty('parse');
  }
  for (const person of people)
    for (const { mentions, unfurled, links, buttons } of seenBy(person)) {
      expect([mentions, unfurled, links]).toEqual([[], [], []]);
      for (const { label, url } of buttons) {
        expect(label.length).toBeLessThanOrEqual(75);
        if (url !== undefined) expect(url.startsWith(`${ownUrl}/`)).toBe(true);
      }
    }
}

const places = new Map<SlackPerson, readonly (Where | undefined)[]>();
const seenBy = (person: SlackPerson) =>
  (places.get(person) ?? [undefined]).flatMap((where) => heard(person, where));

async function withAna() {
  const slack = await slacks.platform();
  const acme = slack.workspace('Acme');
  const ana = acme.person('Ana');
  const here = { channel: acme.channel('team', [ana]) };
  places.set(ana, [undefined, here]);
  return { slack, acme, ana, here };
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
      const error = { code: -32_601, message: `<!channel> ${words.join(' ')}` };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ jsonrpc: '2.0', id, ...(result === undefined ? { error } : { result }) }),
      );
    });
  });
  return server;
}

describe('threat 18: hostile texts in Slack are text', () => {
  it('names, titles and descriptions of tools, on every page, and what the server calls itself', async () => {
    const evil = await hostileTools(HOSTILE);
    const { slack, acme, ana, here } = await withAna();
    const gateway = await slacks.gateway(slack, [acme], {
      ...onlyFor(ana),
      mcp_servers: { evil: { url: `${evil.origin}/mcp` } },
    });
    for (const where of [undefined, here])
      for (const words of [
        '',
        'test evil',
        'status evil',
        ...[1, 2, 3, 4].map((page) => `tools evil ${page}`),
      ])
        await answerTo(ana, `/mcp ${words}`, where);
    // What was interpreted would not be there as it was written.
    const asWritten = HOSTILE.filter((word) => word.length < 100 && /^[\p{L}\p{N}\p{P}\p{S} ]+$/u.test(word));
    expect(asWritten.length).toBeGreaterThan(12);
    for (const where of [{}, here]) for (const word of asWritten) await untilSees(ana, word, where);
    expectInert(slack, gateway.url, ana);
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
      'Bearer error="insufficient_scope", scope="<!channel> *@everyone* _x_ https://evil.example :fire:", realm="<!here>"';
    server.on('/mcp', (_request, response) => {
      response.writeHead(status, { 'www-authenticate': challenge, 'content-type': 'text/html' });
      response.end(HOSTILE.join('\n').slice(0, 5_000));
    });
    const { slack, acme, ana, here } = await withAna();
    const gateway = await slacks.gateway(slack, [acme], {
      ...onlyFor(ana),
      mcp_servers: { evil: { url: `${server.origin}/mcp` } },
    });
    for (const words of ['', 'test evil', 'status evil', 'auth evil', 'tools evil'])
      await answerTo(ana, `/mcp ${words}`, here);
    expectInert(slack, gateway.url, ana);
  });

  it('what a provider answers in the browser’s way back, and in its errors', async () => {
    const evil = await startHostileServer({
      metadata: (origin) => ({ authorization_endpoint: `${origin}/auth?x=%3C!channel%3E` }),
    });
    servers.push(evil);
    const { slack, acme, ana, here } = await withAna();
    const gateway = await slacks.gateway(slack, [acme], {
      ...onlyFor(ana),
      mcp_servers: { files: { url: `${evil.origin}/mcp`, auth: 'oauth' } },
    });
    for (const error of ['access_denied', '<!channel> *now*']) {
      const asked = await askedFor(ana, '/mcp auth files', here);
      await ana.presses('Sign in', here);
      const { location, cookies } = await pressConnect(linkIn(asked));
      const back = new URL(`${gateway.url}/oauth/callback`);
      back.searchParams.set('state', new URL(location).searchParams.get('state') ?? '');
      back.searchParams.set('error', error);
      back.searchParams.set('error_description', HOSTILE.slice(0, 12).join(' '));
      await fetch(back, { headers: { cookie: cookies } });
      await untilSees(ana, 'Try again', here);
    }
    await answerTo(ana, '/mcp status files', here);
    expectInert(slack, gateway.url, ana);
    expect(ana.seesAnywhere()).not.toMatch(/channel|\*now/);
  });

  it('names of people: on the connect page, and where admins see who is signed in', async () => {
    const { slack, acme, ana: boss, here } = await withAna();
    const names = HOSTILE.filter((name) => name.length < 100).map((name) => name.toWellFormed());
    const people = names.map((name) => acme.person(name, { displayName: name, realName: name }));
    const gateway = await slacks.gateway(slack, [acme], {
      access: { users: people.map(idOf), admins: [idOf(boss)] },
    });
    for (const [at, person] of people.entries()) {
      const asked = await askedFor(person, at % 2 === 0 ? '/mcp auth files' : 'mcp auth files');
      const { html } = await openPage(linkIn(asked));
      for (const markup of ['<!', '<@', '<#', '<<', '<z>', '<https:'])
        expect(html.slice(20)).not.toContain(markup);
      expect(html).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
      expect(shown(html)).toContain('asked for this.');
    }
    await answerTo(boss, '/mcp users', here);
    expectInert(slack, gateway.url, boss);
    expect(gateway.log.join('')).not.toMatch(/evil\.example|\u202e/);
  });

  it('what a person types comes back as text, if at all', async () => {
    const { slack, acme, ana, here } = await withAna();
    const gateway = await slacks.gateway(slack, [acme], { ...onlyFor(ana), limits: { commands: 'off' } });
    for (const words of HOSTILE) {
      for (const command of ['', 'auth ', 'status ', 'confirm ', 'tools files '])
        await ana.types(`/mcp ${command}${words.slice(0, 2_000)}`, here);
      await ana.types(`mcp ${words.slice(0, 2_000)}`);
    }
    await answerTo(ana, '/mcp help', here);
    expectInert(slack, gateway.url, ana);
  });

  it('the labels and hints of a form, whose names are as long as they can be', async () => {
    const notes = await slacks.keyServer();
    const { slack, acme, ana, here } = await withAna();
    const name = 'a'.repeat(32);
    const variable = `K${'_LONG'.repeat(12)}`;
    const gateway = await slacks.gateway(slack, [acme], {
      ...onlyFor(ana),
      mcp_servers: { [name]: configuredKey(notes, variable) },
    });
    await answerTo(ana, `/mcp auth ${name}`, here);
    await ana.presses('Add key', here);
    await expect.poll(() => ana.modal?.inputs.length).toBe(1);
    expect(ana.modal?.title).toBe('Add key');
    expect(ana.modal?.text).toContain(`Key for ${name}`);
    await ana.submits({ [ana.modal?.inputs[0]?.label ?? '']: notes.key });
    await untilSees(ana, `${name} connected`, here);
    expectInert(slack, gateway.url, ana);
  });
});

describe('threat 18: names that could be something else', () => {
  it('servers that are called as commands, answers, numbers or parts of JavaScript get their own buttons, and no others', async () => {
    const names = ['auth', 'yes', 'page', '2', 'all', 'cancel', 'constructor', 'toString', 'mcp', 'a_b_c'];
    const { slack, acme, ana, here } = await withAna();
    const gateway = await slacks.gateway(slack, [acme], {
      ...onlyFor(ana),
      mcp_servers: Object.fromEntries(
        names.map((name) => [name, { url: slacks.scene.files.url, auth: 'oauth' }]),
      ),
    });
    for (const name of names) {
      const one = await answerTo(ana, `/mcp status ${name}`, here);
      const button = one.buttons.find(({ label }) => label.startsWith('Sign in'));
      expect(button?.value, name).toBe(JSON.stringify({ words: ['auth', name] }));
      await ana.presses(button?.label ?? '', here);
      await expect.poll(() => newest(ana, here).text).toMatch(new RegExp(`^● ${name} — sign in at`));
      expect((await answerTo(ana, `/mcp logout ${name} yes`, here)).text).toContain(
        `not signed in to ${name}`,
      );
      await answerTo(ana, '/mcp cancel', here);
    }
    expectInert(slack, gateway.url, ana);
  });
});
