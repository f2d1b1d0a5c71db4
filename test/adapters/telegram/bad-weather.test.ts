import { rename, rm, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Reply } from '../../../src/gateway/types.js';
import { createLog } from '../../../src/observability/log.js';
import { reply } from '../../contracts/chat-adapter.js';
import { type AuthorizationServer, startAuthorizationServer } from '../../helpers/authorization-server.js';
import { consent } from '../../helpers/consent.js';
import { type ProtectedServer, startProtectedServer } from '../../helpers/protected-server.js';
import { type GatewayOptions, type RunningGateway, useGateways } from '../../helpers/running-gateway.js';
import { comeBack, openPage, pressConnect } from '../../helpers/sign-in-browser.js';
import { type BotApi, startBotApi } from '../../helpers/telegram/bot-api.js';
import type { Failure, TelegramGroup, TelegramPerson } from '../../helpers/telegram/face.js';
import { commands, heard, lastHeard, listed, quiet, type Stage, seen, slow, useStages } from './stage.js';

/** What no test here may bring about. */
const crashes: unknown[] = [];
const crashed = (error: unknown): void => void crashes.push(error);
beforeAll(() => void process.on('unhandledRejection', crashed).on('uncaughtExceptionMonitor', crashed));
afterAll(() => void process.off('unhandledRejection', crashed).off('uncaughtExceptionMonitor', crashed));
afterEach(() => expect(crashes.splice(0)).toEqual([]));

const tooMany = (seconds: number): Failure => ({
  errorCode: 429,
  description: `Too Many Requests: retry after ${seconds}`,
  parameters: { retry_after: seconds },
});
const refused = (errorCode: number, description: string): Failure => ({ errorCode, description });

const levelOf = (line: string): number => (JSON.parse(line) as { level: number }).level;
const ERROR = 50;

describe('what comes in', () => {
  const stages = useStages();
  let stage: Stage;
  beforeEach(async () => {
    stage = await stages();
  });
  afterEach(() => {
    expect(stage.log.join('\n')).not.toContain(stage.api.token.split(':')[1]);
    expect(stage.log.filter((line) => levelOf(line) >= ERROR)).toEqual([]);
  });

  const person = (of: TelegramPerson) => ({ id: of.id, is_bot: false, first_name: of.name });
  const privateChat = (of: TelegramPerson) => ({ id: of.id, type: 'private', first_name: of.name });
  const said = (of: TelegramPerson, text: unknown = '/mcp auth') => ({
    message_id: 77,
    date: 1_790_000_000,
    chat: privateChat(of),
    from: person(of),
    text,
  });

  /** Nothing of this was a command, and the next one is answered. */
  async function meantNothing(): Promise<void> {
    await quiet(stage);
    expect(commands(stage)).toEqual([]);
  }

  it('of kinds that nobody asked for, or that do not exist yet, means nothing', async () => {
    const { api, ana } = stage;
    const message = said(ana);
    const kinds = [
      'edited_message',
      'channel_post',
      'edited_channel_post',
      'business_connection',
      'business_message',
      'edited_business_message',
      'deleted_business_messages',
      'message_reaction',
      'message_reaction_count',
      'inline_query',
      'chosen_inline_result',
      'shipping_query',
      'pre_checkout_query',
      'purchased_paid_media',
      'poll',
      'poll_answer',
      'my_chat_member',
      'chat_member',
      'chat_join_request',
      'chat_boost',
      'removed_chat_boost',
      'a_kind_of_2031',
    ];
    for (const kind of kinds) api.push({ [kind]: message });
    for (const nothing of [null, [], 7, 'text', { message }]) api.push({ a_kind_of_2031: nothing });
    api.push({});
    await meantNothing();
    await expect.poll(() => heard(stage.ben)).toHaveLength(1);
    expect(api.callsOf('sendMessage')).toHaveLength(1);
  });

  it('with fields missing, empty, or of another type means nothing', async () => {
    const { api, ana } = stage;
    const message = said(ana);
    const odd: unknown[] = [null, undefined, [], {}, '', 'x', 0, -1, 1.5, Number.MAX_VALUE, true, [[]]];
    for (const member of ['message_id', 'chat', 'from', 'text'] as const)
      for (const value of odd.filter((one) => member !== 'text' || typeof one !== 'string'))
        api.push({ message: { ...message, [member]: value } });
    for (const member of ['id', 'type'] as const)
      for (const value of odd)
        api.push({ message: { ...message, chat: { ...message.chat, [member]: value } } });
    for (const value of odd) api.push({ message: { ...message, from: { ...message.from, id: value } } });
    for (const value of odd) api.push({ message: value });
    await meantNothing();
  });

  it('as a pressed button with fields missing, empty, or of another type means nothing', async () => {
    const { api, ana } = stage;
    const query = { id: '42', from: person(ana), message: said(ana), chat_instance: '1', data: 'mcp:auth' };
    const odd: unknown[] = [null, undefined, [], {}, '', 0, -1, 1.5, true];
    for (const member of ['id', 'from', 'message', 'data'] as const)
      for (const value of odd) api.push({ callback_query: { ...query, [member]: value } });
    for (const data of [
      'mcp',
      'mcp#',
      'mcp#short',
      'mcp:\u0000',
      `mcp:${'a'.repeat(80)}`,
      '__proto__',
      '\ud800',
    ])
      api.push({ callback_query: { ...query, message: undefined, data } });
    for (const value of odd) api.push({ callback_query: value });
    await meantNothing();
  });

  it('however long, is one command at most, and cut', async () => {
    const { api, ana, gateway } = stage;
    await ana.type(`/mcp auth ${'x'.repeat(9_000)}`);
    const { words } = await gateway.invocation(1);
    expect(words[0]).toBe('auth');
    expect(words.join(' ').length).toBeLessThanOrEqual(4096);
    api.push({ message: said(ana, `/mcp ${'word '.repeat(100_000)}`) });
    expect((await gateway.invocation(2)).words.length).toBeLessThanOrEqual(64);
    await expect.poll(() => heard(ana).length).toBeGreaterThanOrEqual(2);
    await quiet(stage);
    expect(commands(stage)).toHaveLength(2);
  });

  it.each([
    ['\u200b/mcp auth', ['auth']],
    ['/mcp\u200b auth\u2060', ['auth']],
    ['/mcp \ufeffau\u200dth lin\u00adear', ['auth', 'linear']],
    ['/mcp \u202eauth\u202c', ['auth']],
    ['/mcp \u{e0061}\u{e0075}auth', ['auth']],
  ])('with characters that nobody sees (%j) is what it looks like', async (typed, words) => {
    stage.api.push({ message: said(stage.ana, typed) });
    expect((await stage.gateway.invocation(1)).words).toEqual(words);
  });

  it('with nothing but characters that nobody sees is no command', async () => {
    for (const text of ['\u200b', '\u200b\u2060\ufeff', '\u3164', ' \n\t', '\u202e', '\ud800', '\u0000'])
      stage.api.push({ message: said(stage.ana, text) });
    await meantNothing();
  });

  it('from somebody whose name means to be something else is from a plain name', async () => {
    const { api, ana, gateway } = stage;
    const names = [
      '\u202enimda',
      '<b>@admin</b>',
      '@everyone',
      '\u0000\u001b[31m',
      '\u200b',
      'x'.repeat(5_000),
    ];
    for (const [at, name] of names.entries()) {
      api.push({ message: { ...said(ana), from: { ...person(ana), first_name: name } } });
      const { actor } = await gateway.invocation(at + 1);
      expect(actor.userId).toBe(String(ana.id));
      expect(actor.displayName).not.toMatch(/^@|[\p{Cc}\p{Cf}]/u);
      expect(actor.displayName.length).toBeLessThanOrEqual(64);
    }
  });
});

describe('an answer', () => {
  const stages = useStages();
  let stage: Stage;
  let team: TelegramGroup;
  beforeEach(async () => {
    stage = await stages();
    team = stage.api.group('Team', [stage.ana, stage.ben]);
    await listed(stage);
  });
  afterEach(() => {
    expect(stage.log.join('\n')).not.toContain(stage.api.token.split(':')[1]);
  });

  const errors = () => stage.log.filter((line) => levelOf(line) >= ERROR);

  it.each([
    ['whose account is gone', (ana: TelegramPerson) => ana.deactivate()],
    ['who blocked the bot', (ana: TelegramPerson) => ana.block()],
  ])('to somebody %s is let go, and everybody else is served', async (_, leave) => {
    const { ana, ben, gateway } = stage;
    const finish = slow(stage);
    await ana.type('/mcp');
    await gateway.invocation(1);
    leave(ana);
    finish();
    await ben.type('/mcp');
    await expect.poll(() => seen(ben)).toContain('linear');
    expect(errors()).toEqual([]);
  });

  it('comes again once the bot is no longer blocked', async () => {
    const { ana } = stage;
    ana.block();
    expect((await stage.adapter.send({ actor: actorOf(ana) }, BRIEF)).kind).toBe('no-private-way');
    ana.unblock();
    await ana.type('/mcp');
    await expect.poll(() => seen(ana)).toContain('linear');
  });

  it('still arrives, for nobody else, when its group has become a supergroup meanwhile', async () => {
    const { ana, ben, api, gateway } = stage;
    const finish = slow(stage);
    await ana.type('/mcp', { chat: team });
    await gateway.invocation(1);
    const upgraded = api.upgrade(team);
    finish();
    await expect.poll(() => seen(ana, upgraded) + seen(ana)).toContain('linear · sign-in needed');
    expect(seen(ben, upgraded) + seen(ben)).not.toContain('linear');
    expect(errors()).toEqual([]);
  });

  it('to a message of a group that has become a supergroup says that this message is over', async () => {
    const { ana, api, gateway } = stage;
    await ana.type('/mcp', { chat: team });
    await gateway.invocation(1);
    await expect.poll(() => heard(ana, team).length).toBe(1);
    const { ephemeralId: ephemeral } = await lastHeard(ana, team);
    const upgraded = api.upgrade(team);
    const ref = { chat: team.id, receiver: ana.id, ephemeral: ephemeral ?? 0 };
    expect(await stage.adapter.update(ref, BRIEF)).toEqual({ kind: 'gone' });
    const conversation = stage.gateway.invocations[0]?.conversation ?? {};
    expect((await stage.adapter.send({ actor: actorOf(ana), conversation }, BRIEF)).kind).toBe('delivered');
    await expect.poll(() => seen(ana, upgraded) + seen(ana)).toContain(BRIEF.title);
  });

  it('to a conversation in a group that has become a supergroup goes there, and is changed there', async () => {
    const { ana, ben, api, gateway, adapter, clock } = stage;
    team.setBot('admin');
    await ana.type('/mcp', { chat: team });
    const { actor, conversation } = await gateway.invocation(1);
    await lastHeard(ana, team);
    const upgraded = api.upgrade(team);
    clock.advance(60_000);
    const sent = await adapter.send({ actor, conversation }, BRIEF);
    if (sent.kind !== 'delivered') throw new Error('It was not delivered.');
    expect(sent.message).toMatchObject({ chat: upgraded.id });
    expect(heard(ana, upgraded).at(-1)).toMatchObject({ chat: upgraded.id, text: BRIEF.title });
    await adapter.update(sent.message, reply('Changed'));
    expect(heard(ana, upgraded).at(-1)).toMatchObject({ chat: upgraded.id, text: 'Changed' });
    expect(seen(ana) + seen(ben, upgraded)).toBe('');
  });

  it('the way into the private chat is offered in the supergroup that its group became meanwhile', async () => {
    const { ben, api, gateway } = stage;
    const nina = api.person('Nina', { client: 'old', started: false });
    team.join(nina);
    const finish = slow(stage);
    await nina.type('/mcp', { chat: team });
    await gateway.invocation(1);
    const upgraded = api.upgrade(team);
    finish();
    const note = { chat: upgraded.id, text: 'I answer this only in private.' };
    await expect.poll(() => heard(ben, upgraded)).toMatchObject([note]);
  });

  it('in a group that the bot was thrown out of goes to the private chat', async () => {
    const { ana, gateway } = stage;
    const finish = slow(stage);
    await ana.type('/mcp', { chat: team });
    await gateway.invocation(1);
    team.setBot('kicked');
    finish();
    await expect.poll(() => seen(ana)).toContain('linear · sign-in needed');
    expect(errors()).toEqual([]);
  });

  it('to a press that is too old to be answered comes all the same', async () => {
    const { ana, api } = stage;
    await ana.type('/mcp');
    await expect.poll(() => seen(ana)).toContain('linear');
    stage.answer = (invocation) => stage.say(invocation, BRIEF);
    const tooOld = 'Bad Request: query is too old and response timeout expired or query ID is invalid';
    api.fail('answerCallbackQuery', refused(400, tooOld));
    const pressed = ana.press('Refresh');
    await expect.poll(() => seen(ana)).toContain(BRIEF.title);
    expect(errors()).toEqual([]);
    // The fake waits for what never comes.
    await Promise.race([pressed, Promise.resolve()]);
  });

  it('to a press on a message that is gone is a new message', async () => {
    const { ana } = stage;
    await ana.type('/mcp');
    const message = await lastHeard(ana);
    const data = message.buttons.flat().find(({ label }) => label === 'Refresh')?.data ?? '';
    ana.erase(message);
    expect((await ana.forgePress(message, data)).answered).toBe(true);
    await expect.poll(() => heard(ana).length).toBe(1);
    expect(await lastHeard(ana)).not.toMatchObject({ id: message.id });
    expect(errors()).toEqual([]);
  });

  it('that says what the message says already is delivered', async () => {
    const { ana } = stage;
    await ana.type('/mcp');
    await lastHeard(ana);
    await ana.press('Refresh');
    expect(errors()).toEqual([]);
    expect(heard(ana)).toHaveLength(1);
  });

  it('waits as long as Telegram asks, and holds up no other chat', async () => {
    const { ana, ben, api, gateway } = stage;
    api.fail('sendMessage', tooMany(4));
    await ana.type('/mcp');
    await gateway.invocation(1);
    await expect.poll(() => api.callsOf('sendMessage').length).toBe(1);
    await ben.type('/mcp');
    await expect.poll(() => seen(ben)).toContain('linear');
    expect(heard(ana)).toEqual([]);
    await expect.poll(() => heard(ana).length).toBe(1);
    const [first, ...rest] = api.callsOf('sendMessage').filter(({ payload }) => payload.chat_id === ana.id);
    expect((rest.at(-1)?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(3_990);
    expect(rest).toHaveLength(1);
  });

  it('is sent again after Telegram’s own error, and after a lost connection', async () => {
    const { ana, api } = stage;
    api.fail('sendMessage', refused(500, 'Internal Server Error'));
    api.fail('sendMessage', 'drop-before');
    await ana.type('/mcp');
    await expect.poll(() => heard(ana).length).toBe(1);
    expect(errors()).toEqual([]);
  });

  it('that cannot be sent for a long while is a failure that names neither the token nor the address', async () => {
    const { ana, api } = stage;
    await api.goDown();
    const sending = stage.adapter.send({ actor: actorOf(ana) }, BRIEF);
    const failing = expect(sending).rejects.toMatchObject({
      message: expect.not.stringMatching(new RegExp(`${api.token}|127\\.0\\.0\\.1`)),
    });
    await stage.stop();
    await failing;
  });

  it('that Telegram will not take is a failure, told without what it said', async () => {
    const { ana, api } = stage;
    api.fail('sendMessage', refused(400, "Bad Request: can't parse entities: byte offset 7"));
    await expect(stage.adapter.send({ actor: actorOf(ana) }, BRIEF)).rejects.toThrow(/parse entities/);
  });
});

const BRIEF: Reply = reply('Here you are');
const actorOf = ({ id }: TelegramPerson) =>
  ({ platform: 'telegram', userId: String(id), displayName: '@ana' }) as const;

describe('while the store is down', () => {
  const stages = useStages();
  let stage: Stage;
  beforeEach(async () => {
    stage = await stages();
  });
  /** Too long for a button's own data. */
  const long = ['auth', 'a-server-with-a-name-of-32-chars', 'another-server-with-a-long-name'];
  const KEPT = reply('Servers', { actions: [{ kind: 'command', label: 'Sign in to all', words: long }] });

  it('a button whose meaning is kept there says so when it is pressed, and works again later', async () => {
    const { ana, memory } = stage;
    stage.answer = (invocation) => stage.say(invocation, KEPT);
    await ana.type('/mcp');
    await lastHeard(ana);
    memory.down = true;
    expect(await ana.press('Sign in to all')).toMatchObject({ answered: true, alert: true, text: TRY_AGAIN });
    memory.down = false;
    await ana.press('Sign in to all');
    expect((await stage.gateway.invocation(2)).words).toEqual(long);
  });

  it('commands are run, and each once', async () => {
    const { ana, api, memory } = stage;
    memory.down = true;
    await ana.type('/mcp');
    await expect.poll(() => seen(ana)).toContain('linear');
    api.redeliver(Number(api.updates.at(-1)?.update_id));
    await quiet(stage);
    expect(commands(stage)).toEqual([[]]);
  });

  it('what cannot be looked up is answered: a link, and a plain text', async () => {
    const { ana, memory } = stage;
    memory.down = true;
    await ana.start(`mcp_r_${'a'.repeat(22)}`);
    await expect.poll(() => seen(ana)).toContain(TRY_AGAIN);
    await ana.type('hello');
    await expect.poll(() => heard(ana).filter(({ text }) => text.includes(TRY_AGAIN)).length).toBe(2);
    memory.down = false;
    await ana.type('hello');
    await expect.poll(() => seen(ana)).toContain('I understand /mcp');
  });

  it('a text that looks like a key is taken out of the chat, and used for nothing', async () => {
    const { ana, memory } = stage;
    memory.down = true;
    await ana.type('sk-live-4eC39HqLyjWDarjtT1zdp7dc');
    await expect.poll(() => seen(ana)).toContain(TRY_AGAIN);
    expect(seen(ana)).not.toContain('sk-live');
    expect(commands(stage)).toEqual([]);
  });
});

const TRY_AGAIN = 'That did not work just now. Try again in a moment.';

describe('a sign-in under way', () => {
  let provider: AuthorizationServer;
  let files: ProtectedServer;
  let api: BotApi;
  let ana: TelegramPerson;
  let ben: TelegramPerson;
  beforeAll(async () => {
    provider = await startAuthorizationServer();
    files = await startProtectedServer(provider);
  });
  afterAll(async () => {
    await files.close();
    await provider.close();
  });
  beforeEach(async () => {
    api = await startBotApi();
    ana = api.person('Ana', { username: 'ana' });
    ben = api.person('Ben', { username: 'ben' });
  });
  afterEach(async () => {
    await api.close();
    for (const { log } of running.splice(0)) expect(log.join('\n')).not.toContain(api.token.split(':')[1]);
  });
  // After the hook above: gateways stop before their platform does.
  const start = useGateways();
  const running: RunningGateway[] = [];

  async function gateway(rest: Omit<GatewayOptions, 'words'> = {}): Promise<RunningGateway> {
    const started = await start({
      words: {
        platforms: { telegram: { token: api.token, api_root: api.root } },
        access: { users: [`telegram:${ana.id}`, `telegram:${ben.id}`] },
        mcp_servers: { files: { url: files.url, auth: 'oauth' } },
      },
      ...rest,
    });
    running.push(started);
    await expect.poll(() => api.callsOf('setMyCommands').length).toBeGreaterThanOrEqual(2);
    return started;
  }

  /** Ana has consented at the provider; the browser has not come back yet. */
  async function consented(chat?: TelegramGroup): Promise<() => Promise<string>> {
    await ana.type('/mcp auth files', chat === undefined ? {} : { chat });
    const url = () =>
      heard(ana, chat)
        .flatMap(({ buttons }) => buttons.flat())
        .find(({ label }) => label === 'Sign in')?.url;
    await expect.poll(url).toBeDefined();
    await openPage(url() ?? '');
    const { location, cookies } = await pressConnect(url() ?? '');
    const callback = await consent(location);
    return async () => (await comeBack(callback, cookies)).text;
  }

  const CONNECTED = /✓ files connected · \d+ tools/;
  const told = (chat?: TelegramGroup) => expect.poll(() => seen(ana, chat)).toMatch(CONNECTED);

  it.each([
    ['an error of Telegram’s at the edit', 'editMessageText', refused(502, 'Bad Gateway')],
    ['a lost connection at the edit', 'editMessageText', 'drop-before'],
    ['a lost answer to the edit', 'editMessageText', 'drop-after'],
    ['a wish for silence at the edit', 'editMessageText', tooMany(1)],
  ] as const)('is told in its message after %s', async (_, method, how) => {
    await gateway();
    const back = await consented();
    api.fail(method, how);
    expect(await back()).toContain('files is connected');
    await told();
    expect(heard(ana).filter(({ text }) => CONNECTED.test(text))).toHaveLength(1);
    expect(api.callsOf('sendMessage')).toHaveLength(1);
  });

  it.each([
    ['cannot be edited any more', "Bad Request: message can't be edited"],
    ['is not found', 'Bad Request: message to edit not found'],
    ['has an id that means nothing', 'Bad Request: MESSAGE_ID_INVALID'],
  ])('is told in a new message where its message %s', async (_, description) => {
    await gateway();
    const back = await consented();
    api.fail('editMessageText', refused(400, description), 5);
    await back();
    await told();
    expect(api.callsOf('sendMessage')).toHaveLength(2);
  });

  it('survives a restart while Telegram is down, and is told when it is back', async () => {
    const first = await gateway();
    const { stateFolder, clock } = first;
    const back = await consented();
    await api.goDown();
    expect(await back()).toContain('files is connected');
    await first.stop();
    const second = await start({
      words: {
        platforms: { telegram: { token: api.token, api_root: api.root } },
        access: { users: [`telegram:${ana.id}`] },
        mcp_servers: { files: { url: files.url, auth: 'oauth' } },
      },
      stateFolder,
      clock,
    });
    running.push(second);
    await api.comeBack();
    await told();
    await ana.type('/mcp');
    await expect.poll(() => heard(ana).at(-1)?.text).toMatch(/files · \d+ tools · connected/);
  });

  it('is told once its person lets the bot write again', async () => {
    const { clock } = await gateway();
    const back = await consented();
    ana.erase(await lastHeard(ana));
    ana.block();
    await back();
    await expect.poll(() => api.callsOf('sendMessage').some(({ status }) => status === 403)).toBe(true);
    ana.unblock();
    clock.advance(60_000);
    await told();
  });

  it('in a group that becomes a supergroup is told to nobody but its person', async () => {
    const team = api.group('Team', [ana, ben]);
    await gateway();
    const back = await consented(team);
    const upgraded = api.upgrade(team);
    await back();
    await expect.poll(() => seen(ana) + seen(ana, upgraded)).toMatch(CONNECTED);
    expect(seen(ben) + seen(ben, upgraded)).not.toContain('files');
  });

  it('in a group that throws the bot out is told in the private chat', async () => {
    const team = api.group('Team', [ana, ben]);
    await gateway();
    const back = await consented(team);
    team.setBot('kicked');
    await back();
    await told();
    expect(seen(ben) + seen(ben, team)).not.toContain('files');
  });

  it('outlives a store that is away for a while: commands say so, and the outcome is told in the end', async () => {
    const { stateFolder } = await gateway();
    const back = await consented();
    const away = `${stateFolder}.away`;
    await rename(stateFolder, away);
    await writeFile(stateFolder, 'not a folder');
    await ana.type('/mcp auth files');
    await expect.poll(() => heard(ana).at(-1)?.text).toMatch(/try again/i);
    await rm(stateFolder);
    await rename(away, stateFolder);
    expect(await back()).toContain('files is connected');
    await told();
  });
});

describe('the log', () => {
  it('takes the token out of an address, where it always stands', () => {
    const token = '7312640915:AAFbdTq3xVw9ZyHk2mJcR8sLpN4uGeXo1Yi';
    const lines: string[] = [];
    const log = createLog('trace', { write: (line: string) => void lines.push(line) });
    const text = `request to https://api.telegram.org/bot${token}/getMe failed, bot${encodeURIComponent(token)}`;
    const error = new Error(text, { cause: new Error(text) });
    log.error({ error, url: new URL(`https://x.example/bot${token}/y`) }, 'x');
    log.error({ text, nested: { texts: [text] } }, 'x');
    expect(lines.join('')).not.toContain('AAFbdTq3');
  });
});
