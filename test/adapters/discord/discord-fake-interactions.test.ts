import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Clock } from '../../helpers/clock.js';
import {
  type Discord,
  type DiscordChannel,
  type DiscordPerson,
  type Fields,
  type Outcome,
  startDiscord,
} from '../../helpers/discord/discord.js';
import { callRest } from '../../helpers/discord/rest-call.js';

const MCP = {
  name: 'mcp',
  description: 'Your MCP servers',
  contexts: [0, 1, 2],
  integration_types: [0, 1],
  options: [
    { type: 3, name: 'command', description: 'What to do', autocomplete: true },
    { type: 3, name: 'server', description: 'With which server', autocomplete: true, max_length: 32 },
  ],
};
const EPHEMERAL = 64;
const MINUTES = 60_000;
const row = (...components: readonly Fields[]): Fields => ({ type: 1, components });
const go = row({ type: 2, style: 1, label: 'Go', custom_id: 'go' });
const input = { type: 4, custom_id: 'key', style: 1, min_length: 3 };
const modal = {
  custom_id: 'form',
  title: 'Key',
  components: [{ type: 18, label: 'WEATHER_KEY', description: 'Seen while typed', component: input }],
};

let discord: Discord;
let clock: Clock;
let ana: DiscordPerson;
let ben: DiscordPerson;
let general: DiscordChannel;
beforeEach(async () => {
  clock = new Clock();
  discord = await startDiscord({ now: clock.now });
  [ana, ben] = [discord.person('Ana', { locale: 'de' }), discord.person('Ben')];
  general = discord.guild('Acme', [ana, ben]).channel('general');
  discord.register([MCP]);
});
afterEach(() => discord.close());

interface Made {
  readonly payload: Fields;
  readonly outcome: Promise<Outcome>;
  answer(type: number, data?: Fields, query?: string): ReturnType<typeof callRest>;
  hook(route: string, body?: Fields): ReturnType<typeof callRest>;
}

/** The newest interaction, and the app's ways to answer it, without a token of the bot. */
function made(outcome: Promise<Outcome>): Made {
  const payload = discord.sent.at(-1) ?? {};
  const { id, token } = payload;
  return {
    payload,
    outcome,
    answer: (type, data, query = '') =>
      callRest(
        discord,
        `POST /interactions/${id}/${token}/callback${query}`,
        { type, ...(data && { data }) },
        '',
      ),
    hook: (route, body) => {
      const [method, rest = ''] = route.split(' ');
      return callRest(discord, `${method} /webhooks/${discord.application.id}/${token}${rest}`, body, '');
    },
  };
}

const used = (where: DiscordChannel | undefined = general) => made(ana.types('/mcp', {}, where));

async function shownButton(flags = EPHEMERAL): Promise<void> {
  const { answer } = used();
  await answer(4, { content: 'Press', components: [go], flags });
}

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
    clock.advance(2900);
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

describe('what comes of an interaction', () => {
  it('is seen by its person alone when ephemeral, until the client forgets it', async () => {
    await used().answer(4, { content: 'private', flags: EPHEMERAL });
    await used().answer(4, { content: 'public' });
    expect(ana.sees(general)).toBe('Acme MCP: private\n\nAcme MCP: public');
    expect(ben.sees(general)).toBe('Acme MCP: public');
    const [first] = ana.messages(general);
    expect(first).toMatchObject({ ephemeral: true, state: 'sent' });
    if (first !== undefined) ana.dismisses(first);
    expect(ana.sees(general)).toBe('Acme MCP: public');
  });

  it('is out of reach of channel routes when ephemeral', async () => {
    await used().answer(4, { content: 'private', flags: EPHEMERAL });
    const [message] = ana.messages(general);
    expect(await callRest(discord, `GET /channels/${general.id}/messages/${message?.id}`)).toMatchObject({
      code: 10008,
    });
    expect(await callRest(discord, `GET /channels/${general.id}/messages`)).toMatchObject({ json: [] });
  });

  it('pings nobody else when ephemeral', async () => {
    await used().answer(4, { content: `<@${ana.id}> <@${ben.id}> @everyone`, flags: EPHEMERAL });
    expect(ana.messages(general)).toMatchObject([{ pings: [ana.id] }]);
    expect(ben.pinged).toEqual([]);
  });

  it('is thinking until it is edited, and gives up after fifteen minutes', async () => {
    const first = used();
    await first.answer(5, { flags: EPHEMERAL });
    expect(await first.outcome).toEqual({ kind: 'thinking' });
    expect(ana.messages(general)).toMatchObject([{ state: 'thinking', text: 'Acme MCP is thinking…' }]);
    expect(ben.sees(general)).toBe('');
    expect(await first.hook('PATCH /messages/@original', { content: 'done' })).toMatchObject({
      status: 200,
      json: { content: 'done', flags: 64 },
    });
    expect(ana.messages(general)).toMatchObject([{ state: 'sent', text: 'done', edited: false }]);
    const second = used();
    await second.answer(5);
    clock.advance(15 * MINUTES);
    expect(ana.messages(general).at(-1)).toMatchObject({
      state: 'unanswered',
      text: 'The application did not respond',
    });
    expect(await second.hook('PATCH /messages/@original', { content: 'x' })).toMatchObject({
      status: 401,
      code: 50027,
    });
  });

  it('can be followed by more, read, edited and deleted for fifteen minutes', async () => {
    const { answer, hook } = used();
    expect(await hook('POST ', { content: 'too early' })).toMatchObject({ status: 404, code: 10015 });
    await answer(4, { content: 'first' });
    const more = await hook('POST ', { content: 'more', flags: EPHEMERAL });
    const { id } = more.json as Fields;
    expect(more).toMatchObject({ status: 200, json: { flags: 64 } });
    expect(ben.sees(general)).toBe('Acme MCP: first');
    expect(await hook(`PATCH /messages/${id}`, { content: 'more!' })).toMatchObject({ status: 200 });
    expect(await hook('GET /messages/@original')).toMatchObject({ json: { content: 'first' } });
    expect(await hook('PATCH /messages/1', { content: 'x' })).toMatchObject({ status: 404, code: 10008 });
    expect(ana.sees(general)).toBe('Acme MCP: first\n\nAcme MCP: more!');
    expect(await hook('DELETE /messages/%40original')).toMatchObject({ status: 204 });
    expect(await hook('PATCH /messages/@original', { content: 'x' })).toMatchObject({ code: 10008 });
    expect(await hook('POST ', {})).toMatchObject({ code: 50006 });
    clock.advance(15 * MINUTES);
    for (const route of ['POST ', `PATCH /messages/${id}`])
      expect(await hook(route, { content: 'x' })).toMatchObject({ status: 401, code: 50027 });
    expect(await hook(`DELETE /messages/${id}`)).toMatchObject({ status: 401, code: 50027 });
    expect(ana.sees(general)).toBe('Acme MCP: more!');
  });

  it('is the edit of "is thinking…" when a follow-up comes first, with the flags of the deferral', async () => {
    const { answer, hook } = used();
    await answer(5, { flags: EPHEMERAL });
    await hook('POST ', { content: 'for all?' });
    expect(ana.messages(general)).toMatchObject([{ text: 'for all?', ephemeral: true }]);
    expect(ben.sees(general)).toBe('');
  });

  it('has five follow-ups where only the person installed the app', async () => {
    const eva = discord.person('Eva', { installed: true });
    const { answer, hook } = made(eva.types('/mcp', {}, discord.privateChannel([eva, ana])));
    await answer(4, { content: 'a' });
    for (let at = 0; at < 5; at += 1)
      expect(await hook('POST ', { content: 'b' })).toMatchObject({ status: 200 });
    expect(await hook('POST ', { content: 'b' })).toMatchObject({ status: 400, code: 40094 });
  });

  it('belongs to the application whose token it is', async () => {
    const { answer, payload } = used();
    await answer(4, { content: 'a' });
    const other = await callRest(discord, `POST /webhooks/12/${payload.token}`, { content: 'x' }, '');
    expect(other).toMatchObject({ code: 10015 });
    const guessed = await callRest(
      discord,
      `POST /webhooks/${discord.application.id}/abc`,
      { content: 'x' },
      '',
    );
    expect(guessed).toMatchObject({ status: 401, code: 50027 });
  });

  it('once components v2, stays so', async () => {
    const { answer, hook } = used();
    await answer(5);
    const V2 = 32768;
    expect(
      await hook('PATCH /messages/@original', { flags: V2, components: [{ type: 10, content: '# Hi' }] }),
    ).toMatchObject({
      status: 200,
    });
    expect(ana.messages(general)).toMatchObject([{ text: 'Hi', markup: [{ kind: 'heading' }] }]);
    expect(await hook('PATCH /messages/@original', { content: 'x' })).toMatchObject({ code: 50035 });
  });
});

describe('a button', () => {
  it('brings its message, and spins until it is answered', async () => {
    await shownButton();
    const { outcome, payload, answer, hook } = made(ana.presses('Go'));
    expect(payload).toMatchObject({
      type: 3,
      data: { custom_id: 'go', component_type: 2 },
      message: { content: 'Press', flags: 64, author: { id: discord.bot.id } },
    });
    expect(ana.sees(general)).toContain('Loading…');
    await answer(6);
    expect(await outcome).toEqual({ kind: 'acknowledged' });
    expect(ana.sees(general)).toBe('Acme MCP: Press\n[Go]');
    await hook('PATCH /messages/@original', { content: 'Pressed', components: [] });
    expect(ana.sees(general)).toBe('Acme MCP: Pressed');
  });

  it('updates its message, or says that it failed until it is pressed again', async () => {
    await shownButton();
    const { outcome } = made(ana.presses('Go'));
    clock.advance(3000);
    expect(await outcome).toEqual({ kind: 'failed', says: 'This interaction failed' });
    expect(ana.sees(general)).toContain('This interaction failed');
    const again = made(ana.presses('Go'));
    await again.answer(7, {
      content: 'Done',
      components: [
        { ...go, components: [{ type: 2, style: 1, label: 'Go', custom_id: 'go', disabled: true }] },
      ],
    });
    expect(await again.outcome).toMatchObject({ kind: 'updated', message: { text: 'Done' } });
    expect(ana.sees(general)).toBe('Acme MCP: Done\n[Go (disabled)]');
    await expect(ana.presses('Go')).rejects.toThrow('disabled');
  });

  it('can be pressed by whoever sees it, and forged by anybody', async () => {
    await shownButton();
    await expect(ben.presses('Go', general)).rejects.toThrow('Ben sees no button "Go", only: none');
    const [message] = ana.messages(general);
    if (message === undefined) throw new Error('Ana sees nothing');
    const forged = made(ben.forges(message, 'other'));
    expect(forged.payload).toMatchObject({ member: { user: { id: ben.id } }, data: { custom_id: 'other' } });
    await forged.answer(4, { content: 'Not yours', flags: EPHEMERAL });
    expect(ben.sees(general)).toBe('Acme MCP: Not yours');
    await shownButton(0);
    expect(made(ben.presses('Go', general)).payload).toMatchObject({ type: 3 });
  });

  it('with a link opens it, and the app is not asked', async () => {
    const link = row({ type: 2, style: 5, label: 'Sign in', url: 'https://a.example/connect/1' });
    await used().answer(4, { content: 'x', components: [link] });
    const before = discord.sent.length;
    expect(await ana.presses('Sign in')).toEqual({ kind: 'opened', url: 'https://a.example/connect/1' });
    expect(discord.sent).toHaveLength(before);
    expect(ana.sees(general)).toContain('[Sign in: https://a.example/connect/1]');
  });
});

describe('a modal', () => {
  it('is opened, filled in and submitted, with the message that it came from', async () => {
    await shownButton();
    const pressed = made(ana.presses('Go'));
    await pressed.answer(9, modal);
    await pressed.outcome;
    const open = ana.modal;
    expect(open).toMatchObject({
      title: 'Key',
      inputs: [
        {
          customId: 'key',
          label: 'WEATHER_KEY',
          description: 'Seen while typed',
          style: 'short',
          required: true,
        },
      ],
    });
    if (open === undefined) throw new Error('no modal');
    await expect(ana.submits(open, {})).rejects.toThrow('wants something in "WEATHER_KEY"');
    await expect(ana.submits(open, { key: 'ab' })).rejects.toThrow('3 to 4000 characters');
    await expect(ana.submits(open, { other: 'abc' })).rejects.toThrow('no input "other"');
    const { outcome, payload, answer } = made(ana.submits(open, { WEATHER_KEY: 'k-123' }));
    expect(payload).toMatchObject({
      type: 5,
      data: {
        custom_id: 'form',
        components: [{ type: 18, id: 1, component: { type: 4, id: 2, custom_id: 'key', value: 'k-123' } }],
      },
      message: { content: 'Press' },
    });
    expect(await answer(9, modal)).toMatchObject({ code: 50035 });
    await answer(7, { content: 'Thanks', components: [] });
    expect(await outcome).toMatchObject({ kind: 'updated' });
    expect(ana.modal).toBeUndefined();
    expect(ana.sees(general)).toBe('Acme MCP: Thanks');
  });

  it('answers a command too; its submission then has no message to update; it can be submitted twice', async () => {
    const { answer, outcome } = used();
    await answer(9, { ...modal, components: [row({ ...input, label: 'Key' })] });
    await outcome;
    const open = ana.modal;
    if (open === undefined) throw new Error('no modal');
    const first = made(ana.submits(open, { Key: 'k-1' }));
    expect(first.payload).toMatchObject({
      data: { components: [{ type: 1, components: [{ type: 4, custom_id: 'key', value: 'k-1' }] }] },
    });
    expect(first.payload).not.toHaveProperty('message');
    expect(await first.answer(7, { content: 'x' })).toMatchObject({ code: 50035 });
    await first.answer(4, { content: 'Thanks', flags: EPHEMERAL });
    expect(await first.outcome).toMatchObject({ kind: 'message' });
    expect(made(ana.submits(open, { Key: 'k-1' })).payload.id).not.toBe(first.payload.id);
  });

  it('stays open and says so when its submission gets no answer', async () => {
    const { answer, outcome } = used();
    await answer(9, modal);
    await outcome;
    const open = ana.modal;
    if (open === undefined) throw new Error('no modal');
    const submitted = ana.submits(open, { key: 'k-1' });
    clock.advance(3000);
    expect(await submitted).toEqual({ kind: 'failed', says: 'Something went wrong. Try again.' });
    expect(ana.modal).toBe(open);
    expect(ana.sees(general)).toContain('Something went wrong');
  });

  it('is the first answer or none', async () => {
    const { answer } = used();
    await answer(5);
    expect(await answer(9, modal)).toMatchObject({ code: 40060 });
  });

  const label = (more: Fields = {}, within: Fields = {}) => [
    { type: 18, label: 'L', component: { ...input, ...within }, ...more },
  ];
  it.each<[string, Fields]>([
    ['no title', { title: '' }],
    ['a title of 46', { title: 'x'.repeat(46) }],
    ['a custom id of 101', { custom_id: 'x'.repeat(101) }],
    ['no components', { components: [] }],
    [
      'six components',
      { components: Array.from({ length: 6 }, (_, at) => label({}, { custom_id: `${at}` })[0]) },
    ],
    ['an input without a label around it', { components: [input] }],
    ['a button', { components: [go] }],
    ['a label of 46', { components: label({ label: 'x'.repeat(46) }) }],
    ['a description of 101', { components: label({ description: 'x'.repeat(101) }) }],
    ['a label in a label', { components: label({}, { label: 'L' }) }],
    ['a label of null in a label', { components: label({}, { label: null }) }],
    ['two inputs of one custom id', { components: [...label(), ...label()] }],
    ['a placeholder of 101', { components: label({}, { placeholder: 'x'.repeat(101) }) }],
    ['an unknown style', { components: label({}, { style: 3 }) }],
    ['a longest length of 4001', { components: label({}, { max_length: 4001 }) }],
    ['a value over its longest length', { components: label({}, { max_length: 3, value: 'abcd' }) }],
    [
      'two inputs in an older row',
      { components: [row({ ...input, label: 'a' }, { ...input, custom_id: 'b', label: 'b' })] },
    ],
  ])('with %s is refused', async (_, change) => {
    const { answer } = used();
    expect(await answer(9, { ...modal, ...change })).toMatchObject({ status: 400, code: 50035 });
    expect(ana.modal).toBeUndefined();
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
      [9, modal],
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
