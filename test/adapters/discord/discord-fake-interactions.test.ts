import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fields } from '../../helpers/discord/face.js';
import { EPHEMERAL, type FakeScene, MCP, MODAL, openFakeScene } from '../../helpers/discord/fake-scene.js';
import { callRest } from '../../helpers/discord/rest-call.js';

let discord: FakeScene['discord'];
let clock: FakeScene['clock'];
let ana: FakeScene['ana'];
let ben: FakeScene['ben'];
let general: FakeScene['general'];
let made: FakeScene['made'];
let used: FakeScene['used'];
let end: () => Promise<void>;
beforeEach(async () => {
  const scene = await openFakeScene();
  ({ discord, clock, ana, ben, general, made, used } = scene);
  end = () => scene.discord.close();
});
afterEach(() => end());

describe('an interaction', () => {
  it('in a guild says who, where and through which installation', async () => {
    const { payload } = made(ana.types('/mcp', { command: 'auth', server: 'linear' }, general));
    expect(payload).toMatchObject({
      application_id: discord.application.id,
      type: 2,
      version: 1,
      context: 0,
      guild_id: general.guild?.id,
      guild: { id: general.guild?.id, locale: 'en-US', features: [] },
      channel: { id: general.id, type: 0, name: 'general' },
      channel_id: general.id,
      member: {
        user: { id: ana.id, username: 'ana', global_name: 'Ana' },
        roles: [],
        permissions: expect.any(String),
      },
      locale: 'de',
      guild_locale: 'en-US',
      entitlements: [],
      authorizing_integration_owners: { '0': general.guild?.id },
      attachment_size_limit: 10485760,
      data: {
        name: 'mcp',
        type: 1,
        options: [
          { name: 'command', type: 3, value: 'auth' },
          { name: 'server', type: 3, value: 'linear' },
        ],
      },
    });
    expect(payload).not.toHaveProperty('user');
  });

  it('in the DM of the bot, and in a private channel of a person who installed the app, has a user', async () => {
    expect(used(discord.dm(ana)).payload).toMatchObject({
      context: 1,
      user: { id: ana.id },
      channel: { type: 1 },
      authorizing_integration_owners: { '0': '0' },
    });
    const eva = discord.person('Eva', { installed: true });
    const both = discord.privateChannel([eva, ana]);
    const { payload } = made(eva.types('/mcp', {}, both));
    expect(payload).toMatchObject({ context: 2, authorizing_integration_owners: { '1': eva.id } });
    expect(payload).not.toHaveProperty('guild_id');
    expect(payload).not.toHaveProperty('member');
  });

  it('is offered where its command is registered, with the options that it has', async () => {
    await expect(ana.types('/other', {}, general)).rejects.toThrow('offers no /other there, only: /mcp');
    await expect(ana.types('/mcp', { person: 'x' })).rejects.toThrow('no option "person"');
    await expect(ana.types('/mcp', { server: 'x'.repeat(33) })).rejects.toThrow('33 characters');
    await expect(ben.types('/mcp', {}, discord.privateChannel([ana, ben]))).rejects.toThrow('only: none');
    await expect(discord.person('Zoe').types('/mcp')).rejects.toThrow('only: none');
    discord.register([{ ...MCP, contexts: [0] }]);
    await expect(ana.types('/mcp')).rejects.toThrow('only: none');
    discord.register([]);
    discord.register([{ ...MCP, name: 'local' }], general.guild);
    const { payload } = made(ana.types('/local', {}, general));
    expect(payload.data).toMatchObject({ name: 'local', guild_id: general.guild?.id });
  });

  it('of subcommands brings the path to its options', () => {
    discord.register([
      {
        name: 'mcp',
        description: 'x',
        options: [{ type: 1, name: 'auth', description: 'x', options: MCP.options }],
      },
    ]);
    const { payload } = made(ana.types('/mcp auth', { server: 'linear' }));
    expect(payload.data).toMatchObject({
      options: [{ type: 1, name: 'auth', options: [{ name: 'server', value: 'linear' }] }],
    });
  });

  it('is waited for three seconds: then it has failed, for the one who began it', async () => {
    const { outcome, answer, hook } = used();
    expect(ana.sees(general)).toBe('Sending command…');
    clock.advance(3000);
    expect(await outcome).toEqual({ kind: 'failed', says: 'The application did not respond' });
    expect(ana.sees(general)).toBe('The application did not respond');
    expect(ben.sees(general)).toBe('');
    expect(await answer(4, { content: 'late' })).toMatchObject({ status: 404, code: 10062 });
    expect(await hook('PATCH /messages/@original', { content: 'late' })).toMatchObject({
      status: 404,
      code: 10015,
    });
    ana.reloads();
    expect(ana.sees(general)).toBe('');
  });

  it('is answered just in time', async () => {
    const { answer } = used();
    clock.advance(2999);
    expect(await answer(5)).toMatchObject({ status: 204 });
  });

  it('is answered once', async () => {
    const { answer } = used();
    expect(await answer(5)).toMatchObject({ status: 204 });
    for (const type of [4, 5, 9])
      expect(await answer(type, { content: 'x' })).toMatchObject({ status: 400, code: 40060 });
  });

  it('is answered with its own token, in its own way', async () => {
    const { payload, answer } = used();
    const wrong = await callRest(
      discord,
      `POST /interactions/${payload.id}/nonsense/callback`,
      { type: 5 },
      '',
    );
    expect(wrong).toMatchObject({ status: 404, code: 10062 });
    for (const type of [1, 2, 6, 7, 8, 12])
      expect(await answer(type, { content: 'x', choices: [] })).toMatchObject({ status: 400, code: 50035 });
    expect(await answer(5, { flags: 64 | 4096 })).toMatchObject({ code: 50035 });
    expect(await answer(4, {})).toMatchObject({ code: 50006 });
    const { json } = await answer(4, { content: 'x'.repeat(2001) });
    expect(json).toMatchObject({
      errors: { data: { content: { _errors: [{ code: 'BASE_TYPE_MAX_LENGTH' }] } } },
    });
    expect(await answer(4, { content: 'still open' })).toMatchObject({ status: 204 });
  });

  it('answers with what came of it, when asked', async () => {
    const { answer, payload } = used();
    expect(await answer(4, { content: 'hi', flags: EPHEMERAL }, '?with_response=true')).toMatchObject({
      status: 200,
      json: {
        interaction: {
          id: payload.id,
          type: 2,
          response_message_ephemeral: true,
          response_message_loading: false,
        },
        resource: {
          type: 4,
          message: { content: 'hi', flags: 64, interaction_metadata: { id: payload.id } },
        },
      },
    });
    const deferred = used();
    const { json } = await deferred.answer(5, {}, '?with_response=1');
    expect(json).toMatchObject({ interaction: { response_message_loading: true }, resource: { type: 5 } });
    expect((json as { resource: Fields }).resource).not.toHaveProperty('message');
  });
});

describe('autocompletion', () => {
  it('sends what is typed, and offers at most 25 choices', async () => {
    const typing = ana.completes('server', 'li', general, { options: { command: 'auth' } });
    const { payload, answer } = made(typing.then(() => ({ kind: 'acknowledged' }) as const));
    expect(payload).toMatchObject({
      type: 4,
      data: {
        options: [
          { name: 'command', value: 'auth' },
          { name: 'server', type: 3, value: 'li', focused: true },
        ],
      },
    });
    const choice = { name: 'linear', value: 'linear' };
    for (const [type, data] of [
      [4, { content: 'x' }],
      [5, {}],
      [9, MODAL],
      [8, {}],
      [8, { choices: Array.from({ length: 26 }, () => choice) }],
      [8, { choices: [{ name: 'x'.repeat(101), value: 'a' }] }],
      [8, { choices: [{ name: 'a', value: '' }] }],
      [8, { choices: [{ name: 'a', value: 1 }] }],
    ] as const)
      expect(await answer(type, data)).toMatchObject({ status: 400, code: 50035 });
    await answer(8, { choices: [choice] });
    expect(await typing).toEqual([choice]);
  });

  it('fails to load when nothing comes in time', async () => {
    const typing = ana.completes('server', '');
    const failed = expect(typing).rejects.toThrow('Loading options failed');
    clock.advance(3000);
    await failed;
    expect(ana.sees()).toBe('');
  });
});

describe('the app', () => {
  it('is told by raw interactions of any type', async () => {
    const { payload, answer, outcome } = made(ana.sends(77, { odd: true }, general, { extra: 1 }));
    expect(payload).toMatchObject({
      type: 77,
      data: { odd: true },
      extra: 1,
      member: { user: { id: ana.id } },
    });
    await answer(4, { content: 'what?' });
    expect(await outcome).toMatchObject({ kind: 'message' });
  });
});
