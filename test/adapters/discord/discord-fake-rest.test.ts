import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type Discord, type Fields, startDiscord } from '../../helpers/discord/discord.js';
import { callRest } from '../../helpers/discord/rest-call.js';
import { StillClock } from '../../helpers/discord/still-clock.js';

let discord: Discord;
const clock = new StillClock();
beforeEach(async () => {
  discord = await startDiscord({ now: clock.now });
});
afterEach(() => discord.close());

const call = (route: string, body?: unknown, authorization?: string) =>
  callRest(discord, route, body, authorization);
const commandsPath = () => `/applications/${discord.application.id}/commands`;
const wrong = { json: { code: 50035, message: 'Invalid Form Body' }, status: 400 };

describe('the door', () => {
  it('wants the token of the bot, as a bot', async () => {
    const refused = { status: 401, json: { message: '401: Unauthorized', code: 0 } };
    expect(await call('GET /users/@me', undefined, '')).toMatchObject(refused);
    expect(await call('GET /users/@me', undefined, 'Bot nonsense')).toMatchObject(refused);
    expect(await call('GET /users/@me', undefined, `Bearer ${discord.token}`)).toMatchObject(refused);
    expect(await call('GET /users/@me')).toMatchObject({
      status: 200,
      json: { id: discord.bot.id, bot: true },
    });
    discord.revokeToken();
    expect(await call('GET /users/@me')).toMatchObject(refused);
  });

  it('knows version 10, JSON and its routes only', async () => {
    expect((await fetch(`${discord.api}/v9/users/@me`)).status).toBe(400);
    expect(await call('GET /nothing')).toMatchObject({ status: 404, json: { message: '404: Not Found' } });
    const ana = discord.person('Ana');
    const broken = await fetch(`${discord.api}/v10/channels/${discord.dm(ana).id}/messages`, {
      method: 'POST',
      headers: { authorization: `Bot ${discord.token}`, 'content-type': 'application/json' },
      body: '{',
    });
    expect(await broken.json()).toMatchObject({ code: 50109 });
  });

  it('tells about the gateway, the application, guilds and users', async () => {
    const ana = discord.person('Ana');
    const guild = discord.guild('Acme', [ana]);
    expect(await call('GET /gateway', undefined, '')).toMatchObject({
      json: { url: expect.stringMatching(/^ws:/) },
    });
    expect(await call('GET /gateway/bot')).toMatchObject({
      json: { shards: 1, session_start_limit: { remaining: 1000, max_concurrency: 1 } },
    });
    const application = { id: discord.application.id, verify_key: discord.application.publicKey, flags: 0 };
    expect(await call('GET /applications/@me')).toMatchObject({ json: application });
    expect(await call('GET /oauth2/applications/@me')).toMatchObject({ json: application });
    expect(await call(`GET /guilds/${guild.id}`)).toMatchObject({ json: { name: 'Acme' } });
    expect(await call(`GET /guilds/${guild.id}/members/${ana.id}`)).toMatchObject({
      json: { user: { global_name: 'Ana' } },
    });
    expect(await call(`GET /users/${ana.id}`)).toMatchObject({ json: { username: 'ana' } });
    expect(await call('GET /users/1')).toMatchObject({ status: 404, code: 10013 });
    guild.kickBot();
    expect(await call(`GET /guilds/${guild.id}`)).toMatchObject({ status: 404, code: 10004 });
  });

  it('writes down each call, by route, with what came of it', async () => {
    const ana = discord.person('Ana');
    await call('GET /users/@me');
    await call(`POST /channels/${discord.dm(ana).id}/messages`, { content: '' });
    await call('POST /interactions/1/abc/callback', { type: 5 }, '');
    expect(discord.calls).toMatchObject([
      { route: 'GET /users/@me', status: 200, authorized: true },
      { route: 'POST /channels/:id/messages', status: 400, code: 50006, body: { content: '' } },
      { route: 'POST /interactions/:id/:token/callback', status: 404, code: 10062, authorized: false },
    ]);
    expect(discord.callsOf('POST /channels')).toHaveLength(1);
  });
});

describe('commands', () => {
  const MCP = { name: 'mcp', description: 'Your MCP servers' };

  it('are registered, listed, changed and taken away, globally and in a guild', async () => {
    const guild = discord.guild('Acme', [discord.person('Ana')]);
    const local = `/applications/${discord.application.id}/guilds/${guild.id}/commands`;
    for (const path of [commandsPath(), local]) {
      expect(await call(`POST ${path}`, MCP)).toMatchObject({ status: 201, json: { type: 1, nsfw: false } });
      expect(await call(`POST ${path}`, MCP)).toMatchObject({ status: 200 });
      const [{ id } = { id: '' }] = (await call(`GET ${path}`)).json as readonly Fields[];
      expect(await call(`PATCH ${path}/${id}`, { description: 'Other' })).toMatchObject({
        json: { id, description: 'Other' },
      });
      expect(await call(`PUT ${path}`, [MCP])).toMatchObject({
        json: [{ id, description: MCP.description }],
      });
      expect(await call(`DELETE ${path}/${id}`)).toMatchObject({ status: 204 });
      expect(await call(`GET ${path}/${id}`)).toMatchObject({ status: 404, code: 10063 });
    }
  });

  it('are for the application itself, and for guilds that it is in', async () => {
    expect(await call('PUT /applications/12/commands', [])).toMatchObject({ status: 403, code: 20012 });
    const guild = discord.guild('Other', [], { bot: false });
    expect(
      await call(`GET /applications/${discord.application.id}/guilds/${guild.id}/commands`),
    ).toMatchObject({
      status: 403,
      code: 50001,
    });
  });

  const option = { type: 3, name: 'server', description: 'Which' };
  it.each([
    ['a name in capitals', { name: 'MCP' }],
    ['a name with a space', { name: 'm cp' }],
    ['no description', { description: undefined }],
    ['a description of 101 characters', { description: 'x'.repeat(101) }],
    ['26 options', { options: Array.from({ length: 26 }, (_, at) => ({ ...option, name: `o${at}` })) }],
    ['an option twice', { options: [option, option] }],
    [
      'autocompletion beside choices',
      {
        options: [{ ...option, autocomplete: true, choices: [{ name: 'a', value: 'a' }] }],
      },
    ],
    ['autocompletion of a boolean', { options: [{ ...option, type: 5, autocomplete: true }] }],
    [
      'a required option behind an optional one',
      {
        options: [option, { ...option, name: 'more', required: true }],
      },
    ],
    ['subcommands beside options', { options: [{ ...option, type: 1, name: 'auth' }, option] }],
    ['an unknown context', { contexts: [3] }],
    ['an unknown integration type', { integration_types: [2] }],
    [
      'more than 8000 characters in all',
      {
        options: [
          {
            ...option,
            choices: Array.from({ length: 25 }, (_, at) => ({
              name: `${at}`.padEnd(100),
              value: `${at}`.padEnd(100),
            })),
          },
          {
            ...option,
            name: 'more',
            choices: Array.from({ length: 25 }, (_, at) => ({
              name: `${at}`.padEnd(100),
              value: `${at}`.padEnd(100),
            })),
          },
        ],
      },
    ],
  ])('with %s are refused', async (_, change) => {
    expect(await call(`PUT ${commandsPath()}`, [{ ...MCP, ...change }])).toMatchObject(wrong);
    expect(discord.commands()).toEqual([]);
  });

  it('of one name are refused in one list', async () => {
    expect(await call(`PUT ${commandsPath()}`, [MCP, MCP])).toMatchObject({
      json: { errors: { 1: { name: { _errors: [{ code: 'APPLICATION_COMMANDS_DUPLICATE_NAME' }] } } } },
    });
  });
});

describe('faults', () => {
  it('come when planned, as often as planned, on the routes that were named', async () => {
    discord.fail('GET /users/@me', { retryAfter: 2.5 });
    discord.fail('GET /users/@me', { status: 503 });
    discord.fail('GET /users/@me', { status: 403, code: 50001, message: 'Missing Access' }, 2);
    const limited = await call('GET /users/@me');
    expect(limited).toMatchObject({
      status: 429,
      json: { message: 'You are being rate limited.', retry_after: 2.5, global: false },
    });
    expect(limited.headers.get('retry-after')).toBe('2.5');
    expect((await call('GET /users/@me')).status).toBe(503);
    expect((await call('GET /gateway')).status).toBe(200);
    expect(await call('GET /users/@me')).toMatchObject({ status: 403, code: 50001 });
    expect(await call('GET /users/@me')).toMatchObject({ status: 403, code: 50001 });
    expect(await call('GET /users/@me')).toMatchObject({ status: 200 });
  });

  it('can be global, shared, and come on any route', async () => {
    discord.fail('*', { retryAfter: 1, scope: 'global' });
    const { headers, json } = await call('GET /gateway');
    expect([headers.get('x-ratelimit-global'), headers.get('x-ratelimit-scope')]).toEqual(['true', 'global']);
    expect(json).toMatchObject({ global: true });
  });

  it('cut connections before or after the work is done', async () => {
    const ana = discord.person('Ana');
    discord.guild('Acme', [ana]);
    const path = `POST /channels/${discord.dm(ana).id}/messages`;
    discord.fail('POST /channels', 'drop-before');
    discord.fail('POST /channels', 'drop-after');
    await expect(call(path, { content: 'one' })).rejects.toThrow();
    expect(ana.sees()).toBe('');
    await expect(call(path, { content: 'two' })).rejects.toThrow();
    expect(ana.sees()).toBe('Acme MCP: two');
    expect(discord.calls.map(({ status }) => status)).toEqual([0, 0]);
  });

  it('delay calls', async () => {
    discord.fail('GET /users/@me', { delayMs: 60 });
    const before = performance.now();
    expect((await call('GET /users/@me')).status).toBe(200);
    expect(performance.now() - before).toBeGreaterThanOrEqual(50);
  });

  it('limits are told in headers, kept per channel, and over after their time', async () => {
    const [ana, ben] = [discord.person('Ana'), discord.person('Ben')];
    discord.guild('Acme', [ana, ben]);
    discord.limit('POST /channels/:id/messages', 2, 5000);
    const say = (to: typeof ana) => call(`POST /channels/${discord.dm(to).id}/messages`, { content: 'x' });
    expect((await say(ana)).headers.get('x-ratelimit-remaining')).toBe('1');
    expect((await say(ana)).headers.get('x-ratelimit-remaining')).toBe('0');
    const over = await say(ana);
    expect(over.status).toBe(429);
    expect(over.headers.get('retry-after')).toBe('5');
    expect((await say(ben)).status).toBe(200);
    clock.advance(5000);
    expect((await say(ana)).status).toBe(200);
  });

  it('of the whole platform end on the same port', async () => {
    await discord.goDown();
    await expect(call('GET /gateway')).rejects.toThrow();
    await discord.comeBack();
    expect((await call('GET /gateway')).status).toBe(200);
  });
});
