import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bot, type Context, type SessionFlavor, session, webhookCallback } from 'grammy';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMounted } from '../../../src/adapters/telegram/mounted.js';
import { type CreateGatewayOptions, createGateway, type GatewayModule } from '../../../src/module.js';
import { createLog } from '../../../src/observability/log.js';
import { reply, scriptedGateway } from '../../contracts/chat-adapter.js';
import { type AuthorizationServer, startAuthorizationServer } from '../../helpers/authorization-server.js';
import { Clock } from '../../helpers/clock.js';
import { consent } from '../../helpers/consent.js';
import { type KeyServer, startKeyServer } from '../../helpers/key-server.js';
import { type ProtectedServer, startProtectedServer } from '../../helpers/protected-server.js';
import { Remembered as Memory } from '../../helpers/remembered.js';
import { freePort } from '../../helpers/servers/free-port.js';
import { comeBack, pressConnect } from '../../helpers/sign-in-browser.js';
import { type BotApi, startBotApi } from '../../helpers/telegram/bot-api.js';
import type { ShownMessage, TelegramGroup, TelegramPerson } from '../../helpers/telegram/face.js';

interface Remembered {
  texts: number;
}
type HostContext = Context & SessionFlavor<Remembered>;

/** What a bot has that knows nothing of the gateway: sessions, commands, buttons, an answer to anything else. */
interface Host {
  readonly bot: Bot<HostContext>;
  /** What reached its handlers. */
  readonly saw: string[];
  /** What went through its own API client. */
  readonly called: string[];
  /** Begins to receive updates; resolves when it does. */
  run(): Promise<void>;
  stop(): Promise<void>;
}

type Receives = 'polling' | 'webhook';

const ends: (() => Promise<unknown>)[] = [];
const crashes: string[] = [];
const crashed = (error: unknown): void => void crashes.push(String(error));
let api: BotApi;
let ana: TelegramPerson;
let ben: TelegramPerson;
let folder: string;
beforeAll(() => void process.on('unhandledRejection', crashed));
afterAll(() => void process.off('unhandledRejection', crashed));
beforeEach(async () => {
  api = await startBotApi();
  ana = api.person('Ana', { username: 'ana' });
  ben = api.person('Ben', { username: 'ben' });
  folder = await mkdtemp(join(tmpdir(), 'mounting-'));
  ends.push(
    // What was under way at the end may still be written.
    () => rm(folder, { recursive: true, maxRetries: 5 }),
    () => api.close(),
  );
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  expect(crashes.splice(0)).toEqual([]);
});

function addHandlers({ bot, saw }: Pick<Host, 'bot' | 'saw'>): void {
  bot.command('start', async (ctx) => {
    saw.push(`start ${ctx.match}`);
    await ctx.reply('Welcome.');
  });
  bot.command('weather', async (ctx) => {
    saw.push(`weather ${ctx.match}`);
    await ctx.reply('Sunny.', {
      reply_markup: { inline_keyboard: [[{ text: 'More', callback_data: 'more' }]] },
    });
  });
  bot.on('callback_query:data', async (ctx) => {
    saw.push(`pressed ${ctx.callbackQuery.data}`);
    await ctx.answerCallbackQuery({ text: 'Still sunny.' });
  });
  bot.on('message:text', async (ctx) => {
    ctx.session.texts += 1;
    saw.push(`text ${ctx.message.text}`);
    await ctx.reply(`That was text ${ctx.session.texts}.`);
  });
  bot.use((ctx) => void saw.push(`other ${Object.keys(ctx.update).join()}`));
}

function addSessions(bot: Bot<HostContext>): void {
  bot.use(session({ initial: (): Remembered => ({ texts: 0 }) }));
}

async function listens(bot: Bot<HostContext>): Promise<() => Promise<unknown>> {
  const port = await freePort();
  const answer = webhookCallback(bot, 'http', { secretToken: 'the-hosts-own' });
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await bot.api.setWebhook(`http://127.0.0.1:${port}/host`, { secret_token: 'the-hosts-own' });
  return async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
}

/** A host whose handlers come after what `first` and `then` put in front of them. */
function host(
  receives: Receives,
  first: (bot: Bot<HostContext>) => void,
  then: (bot: Bot<HostContext>) => void = addSessions,
): Host {
  const bot = new Bot<HostContext>(api.token, { client: { apiRoot: api.root } });
  const saw: string[] = [];
  const called: string[] = [];
  bot.api.config.use((previous, method, payload, signal) => {
    called.push(method);
    return previous(method, payload, signal);
  });
  first(bot);
  then(bot);
  addHandlers({ bot, saw });
  let end: (() => Promise<unknown>) | undefined;
  const stop = async () => void (await end?.());
  ends.push(stop);
  return {
    bot,
    saw,
    called,
    stop,
    async run() {
      if (receives === 'webhook') {
        end = await listens(bot);
        return;
      }
      await new Promise<void>((resolve) => {
        const polling = bot.start({ onStart: () => resolve() });
        end = async () => {
          await bot.stop();
          await polling;
        };
      });
    },
  };
}

const OFF = { files: { url: 'http://127.0.0.1:9/mcp', enabled: false } };

async function words(more: object = {}) {
  return {
    listen: `127.0.0.1:${await freePort()}`,
    local_listen: `127.0.0.1:${await freePort()}`,
    storage: `file:${join(folder, 'state')}`,
    access: { users: [`telegram:${ana.id}`, `telegram:${ben.id}`] },
    mcp_servers: OFF,
    log: { level: 'silent' },
    ...more,
  };
}

async function gatewayWith(more: object = {}, options: CreateGatewayOptions = {}): Promise<GatewayModule> {
  const gateway = await createGateway(await words(more), { environment: {}, ...options });
  ends.push(() => gateway.stop());
  return gateway;
}

const fromBot = (person: TelegramPerson, chat?: TelegramGroup): readonly ShownMessage[] =>
  person.messages(chat).filter(({ from }) => from === 'bot');
const lastText = (person: TelegramPerson, chat?: TelegramGroup): string =>
  fromBot(person, chat).at(-1)?.text ?? '';
const hears = (person: TelegramPerson, words: string | RegExp, chat?: TelegramGroup) =>
  expect.poll(() => lastText(person, chat)).toMatch(words);

/** The host answers to something of its own; what came before it has been looked at by then. */
async function hostIsThere({ saw }: Host, person = ben): Promise<void> {
  const before = saw.length;
  const heard = fromBot(person).length;
  await person.type('/weather Lisbon');
  await expect.poll(() => saw.slice(before)).toContain('weather Lisbon');
  await expect.poll(() => fromBot(person).length).toBeGreaterThan(heard);
}

/** The last update comes once more, to the same process and to the next one, which is given. */
async function comesAgain(
  own: Host,
  first: Pick<GatewayModule, 'stop'>,
  config: Awaited<ReturnType<typeof words>>,
): Promise<Host> {
  const id = Number(api.updates.at(-1)?.update_id);
  api.redeliver(id);
  await hostIsThere(own);
  await own.stop();
  await first.stop();
  const second = await createGateway(config, { environment: {} });
  ends.push(() => second.stop());
  const again = host('polling', (bot) => bot.use(second.telegram(bot)));
  await second.start({ listeners: 'none' });
  api.redeliver(id);
  await again.run();
  await hostIsThere(again);
  return again;
}

describe.each<[string, Receives, boolean]>([
  ['that polls, given to the gateway', 'polling', true],
  ['that polls, not given to the gateway', 'polling', false],
  ['with a webhook, given to the gateway', 'webhook', true],
  ['with a webhook, not given to the gateway', 'webhook', false],
])('in a grammY bot %s,', (_, receives, given) => {
  let gateway: GatewayModule;
  let own: Host;

  async function open(more: object = {}): Promise<void> {
    gateway = await gatewayWith(more);
    own = host(receives, (bot) => bot.use(given ? gateway.telegram(bot) : gateway.telegram()));
    await gateway.start({ listeners: 'none' });
    await own.run();
  }

  it('what is the host’s goes on as before', async () => {
    await open();
    await ana.start();
    await hears(ana, 'Welcome.');
    await ana.start('ref-42');
    await expect.poll(() => own.saw.length).toBe(2);
    await ana.type('hello');
    await ana.type('/mcpx, and mcp in a text');
    await hears(ana, 'That was text 2.');
    await ana.type('/weather Porto');
    await hears(ana, 'Sunny.');
    expect(await ana.press('More')).toMatchObject({ answered: true, text: 'Still sunny.' });
    expect(own.saw).toEqual([
      'start ',
      'start ref-42',
      'text hello',
      'text /mcpx, and mcp in a text',
      'weather Porto',
      'pressed more',
    ]);
  });

  it('/mcp, its buttons and its links never reach the host', async () => {
    await open();
    await ana.type('/mcp');
    await hears(ana, /files.*disabled/);
    await ana.type('/MCP help');
    await hears(ana, '/mcp auth');
    await ana.type('/mcp@acme_mcp_bot');
    await hears(ana, /files.*disabled/);
    expect(await ana.press('Refresh')).toMatchObject({ answered: true });
    await ana.start('mcp_c_482913');
    await hears(ana, /code|sign-in/i);
    await ana.start(`mcp_r_${'a'.repeat(22)}`);
    await hears(ana, /files.*disabled/);
    await hostIsThere(own);
    expect(own.saw).toEqual(['weather Lisbon']);
  });

  it('a stranger’s press and a forged one are answered by the gateway alone', async () => {
    await open();
    await ana.type('/mcp');
    await hears(ana, /files.*disabled/);
    const [message] = fromBot(ana);
    if (message === undefined) throw new Error('the bot said nothing');
    expect(await ben.forgePress(message, 'mcp:auth files')).toMatchObject({ answered: true, alert: true });
    expect(await ana.forgePress(message, 'mcp#AAAAAAAAAAAAAAAAAAAAAA')).toMatchObject({ alert: true });
    await hostIsThere(own);
    expect(own.saw).toEqual(['weather Lisbon']);
  });

  it('a group hears nothing of it, and the host hears the rest of the group', async () => {
    const team = api.group('Team', [ana, ben], { kind: 'supergroup', bot: 'admin' });
    await open();
    if (!given) await hostIsThere(own);
    await expect.poll(() => api.callsOf('setMyCommands').length).toBeGreaterThanOrEqual(2);
    own.saw.length = 0;
    await ana.type('/mcp', { chat: team });
    await hears(ana, /files.*disabled/, team);
    expect(await ana.press('Refresh', team)).toMatchObject({ answered: true });
    await ana.type('good morning', { chat: team });
    await ana.type('/weather Faro', { chat: team });
    await hears(ben, 'Sunny.', team);
    expect(own.saw).toEqual(['text good morning', 'weather Faro']);
    expect(ben.sees(team)).not.toMatch(/files|\/mcp/);
  });

  it('nothing that the gateway sends goes through the host’s client, nor the other way round', async () => {
    await open();
    own.bot.api.config.use(async (previous, method, payload, signal) => {
      if (method === 'sendMessage' && JSON.stringify(payload).includes('files')) throw new Error('not mine');
      return previous(method, payload, signal);
    });
    own.called.length = 0;
    await ana.type('/mcp');
    await hears(ana, /files.*disabled/);
    await ana.press('Refresh');
    await expect.poll(() => api.callsOf('editMessageText').length).toBeGreaterThan(0);
    expect(own.called.filter((method) => !['getMe', 'getUpdates'].includes(method))).toEqual([]);
    // The gateway would try this again after three seconds.
    api.fail('sendMessage', { errorCode: 500, description: 'Internal Server Error' });
    await expect(own.bot.api.sendMessage(ana.id, 'once')).rejects.toThrow(/500/);
    expect(own.called.filter((method) => method === 'sendMessage')).toHaveLength(1);
  });
});

describe('a key that a host’s bot was asked to take', () => {
  let keys: KeyServer;
  beforeEach(async () => {
    keys = await startKeyServer();
    ends.push(() => keys.close());
  });

  const keyed = () => ({ github: { url: keys.url, headers: { Authorization: 'Bearer ${GITHUB_TOKEN}' } } });

  async function open(): Promise<Host> {
    const gateway = await gatewayWith({ mcp_servers: keyed() });
    const own = host('polling', (bot) => bot.use(gateway.telegram(bot)));
    await gateway.start({ listeners: 'none' });
    await own.run();
    return own;
  }

  async function asked(own: Host): Promise<void> {
    await ana.type('/mcp auth github');
    await expect
      .poll(() =>
        fromBot(ana)
          .at(-1)
          ?.buttons.flat()
          .map(({ label }) => label),
      )
      .toContain('Add key');
    await ana.press('Add key');
    await expect.poll(() => fromBot(ana).some(({ forceReply }) => forceReply === true)).toBe(true);
    expect(own.saw).toEqual([]);
  }

  it('is never seen by its handlers, and is gone from the chat', async () => {
    const own = await open();
    await asked(own);
    await ana.type(keys.key);
    await expect.poll(() => ana.sees()).toContain('✓ github connected');
    expect(ana.sees()).not.toContain(keys.key);
    await ana.type('and now?');
    await hears(ana, 'That was text 1.');
    expect(own.saw).toEqual(['text and now?']);
  });

  it('is not seen when it comes again either, after it was used, and after a restart', async () => {
    const config = await words({ mcp_servers: keyed() });
    const first = await createGateway(config, { environment: {} });
    const own = host('polling', (bot) => bot.use(first.telegram(bot)));
    await first.start({ listeners: 'none' });
    await own.run();
    await asked(own);
    await ana.type(keys.key);
    await expect.poll(() => ana.sees()).toContain('✓ github connected');
    const again = await comesAgain(own, first, config);
    expect([...own.saw, ...again.saw]).toEqual(['weather Lisbon', 'weather Lisbon']);
  });

  it('is expected from who was asked, and in the private chat: all others go on talking to the host', async () => {
    const team = api.group('Team', [ana, ben], { bot: 'admin' });
    const own = await open();
    await asked(own);
    await ben.type('hello');
    await ana.type('hi all', { chat: team });
    await hears(ben, 'That was text 1.');
    await expect.poll(() => own.saw).toEqual(['text hello', 'text hi all']);
    await ana.type(keys.key);
    await expect.poll(() => ana.sees()).toContain('✓ github connected');
    expect(own.saw).toHaveLength(2);
  });

  it('is not what a command of the host’s says meanwhile, nor its button', async () => {
    const own = await open();
    await asked(own);
    await ana.type('/weather Porto');
    await hears(ana, 'Sunny.');
    expect(await ana.press('More')).toMatchObject({ text: 'Still sunny.' });
    await ana.start();
    await hears(ana, 'Welcome.');
    await ana.type(keys.key);
    await expect.poll(() => ana.sees()).toContain('✓ github connected');
    expect(own.saw).toEqual(['weather Porto', 'pressed more', 'start ']);
  });

  it('is not what replies to something else meanwhile: the host hears that, but never a key', async () => {
    const team = api.group('Team', [ana, ben], { bot: 'admin' });
    const own = await open();
    await ana.type('/weather Porto');
    await hears(ana, 'Sunny.');
    await ben.type('/weather Faro', { chat: team });
    await hears(ben, 'Sunny.', team);
    const [inPrivate] = fromBot(ana);
    const [inTeam] = fromBot(ana, team);
    own.saw.length = 0;
    await asked(own);
    if (inPrivate === undefined || inTeam === undefined) throw new Error('the host said nothing');
    await ana.type('thanks, and in Faro?', { replyTo: inPrivate });
    await ana.type('thanks!', { chat: team, replyTo: inTeam });
    await expect.poll(() => own.saw).toEqual(['text thanks, and in Faro?', 'text thanks!']);
    await ana.type(keys.key, { replyTo: inPrivate });
    await expect.poll(() => ana.sees()).toContain('I deleted the one that replied to something else');
    expect(ana.sees()).not.toContain(keys.key);
    expect(keys.shown).toEqual([]);
    await ana.type(keys.key);
    await expect.poll(() => ana.sees()).toContain('✓ github connected');
    expect(own.saw).toHaveLength(2);
  });

  it('is not shown to the host in a file or below a picture either; other files are the host’s', async () => {
    const own = await open();
    const from = { id: ana.id, is_bot: false, first_name: 'Ana' };
    const message = { message_id: 900_001, date: 1_790_000_000, from, chat: { ...from, type: 'private' } };
    const picture = { message: { ...message, photo: [], caption: keys.key } };
    const document = { file_id: 'f', file_unique_id: 'u', file_name: 'credentials.json' };
    api.push(picture);
    await expect.poll(() => own.saw.splice(0)).toEqual(['other update_id,message']);
    await asked(own);
    api.push(picture);
    api.push({ message: { ...message, message_id: 900_002, document } });
    await expect.poll(() => ana.sees().split('I take a key only as text.').length).toBe(3);
    const deleted = api.callsOf('deleteMessage').map(({ payload }) => Number(payload.message_id));
    expect(deleted.toSorted((one, other) => one - other)).toEqual([900_001, 900_002]);
    await ana.type('/mcp cancel');
    await hears(ana, 'Cancelled: I no longer wait for what I asked you for.');
    api.push(picture);
    await expect.poll(() => own.saw).toEqual(['other update_id,message']);
    expect(keys.shown).toEqual([]);
  });

  it('that looks like a command of the host’s is told from one by what it replies to', async () => {
    const own = await open();
    await asked(own);
    const order = '/order_4f9a8b7c6d5e4f3a2b1c';
    await ana.type(order);
    await expect.poll(() => own.saw).toEqual([`text ${order}`]);
    const question = fromBot(ana).find(({ forceReply }) => forceReply === true);
    const key = '/Ab12cD34eF56gH78iJ90kL12';
    await ana.type(key, question === undefined ? {} : { replyTo: question });
    await expect.poll(() => ana.sees()).toContain('did not accept this key');
    expect(ana.sees()).not.toContain(key);
    expect(keys.shown).toContain(`Bearer ${key}`);
    expect(own.saw).toHaveLength(1);
  });

  it('given in a group, as an answer to the bot, is deleted and not shown to the host', async () => {
    const team = api.group('Team', [ana, ben], { bot: 'admin' });
    const own = await open();
    await ben.type('/weather Faro', { chat: team });
    await hears(ben, 'Sunny.', team);
    await ana.type('/mcp auth github');
    await expect.poll(() => fromBot(ana).at(-1)?.buttons.length ?? 0).toBeGreaterThan(0);
    await ana.press('Add key');
    await expect.poll(() => fromBot(ana).some(({ forceReply }) => forceReply === true)).toBe(true);
    const [sunny] = fromBot(ana, team);
    await ana.type(keys.key, { chat: team, ...(sunny === undefined ? {} : { replyTo: sunny }) });
    await expect
      .poll(() => ana.sees() + ana.sees(team))
      .toContain('You sent a key where others may have read it');
    expect(ben.sees(team)).not.toContain(keys.key);
    expect(own.saw).toEqual(['weather Faro']);
    expect(keys.shown).toEqual([]);
  });

  it('is not what somebody answers the host with in a group, however much it looks like one', async () => {
    const team = api.group('Team', [ana, ben], { bot: 'admin' });
    const own = await open();
    await ben.type('/weather Faro', { chat: team });
    await hears(ben, 'Sunny.', team);
    const [sunny] = fromBot(ana, team);
    const where = { chat: team, ...(sunny === undefined ? {} : { replyTo: sunny }) };
    for (const text of ['https://weather.example/2026/faro', 'order-4eC39HqLyjWDarjtT1zdp7dc'])
      await ana.type(text, where);
    await expect.poll(() => own.saw.length).toBe(3);
    expect(ana.sees(team)).toContain('order-4eC39HqLyjWDarjtT1zdp7dc');
    expect(ana.sees(team)).not.toContain('You sent a key');
  });
});

describe('mounting', () => {
  it('needs no plugin, works behind sessions too, and takes any kind of context', async () => {
    const gateway = await gatewayWith();
    const own = host('polling', addSessions, (bot) => bot.use(gateway.telegram(bot)));
    await gateway.start({ listeners: 'none' });
    await own.run();
    await ana.type('/mcp');
    await hears(ana, /files.*disabled/);
    await hostIsThere(own);
    expect(own.saw).toEqual(['weather Lisbon']);
  });

  it('keeps the host’s commands in every list', async () => {
    const gateway = await gatewayWith();
    const own = host('polling', (bot) => bot.use(gateway.telegram(bot)));
    const weather = { command: 'weather', description: 'The weather' };
    await own.bot.api.setMyCommands([weather]);
    await gateway.start({ listeners: 'none' });
    const list = (type: 'default' | 'all_group_chats') => own.bot.api.getMyCommands({ scope: { type } });
    await expect.poll(() => list('default')).toEqual([weather, expect.objectContaining({ command: 'mcp' })]);
    await expect
      .poll(() => list('all_group_chats'))
      .toEqual([weather, expect.objectContaining({ command: 'mcp', is_ephemeral: true })]);
  });

  it('keeps what the host sets at its start, and adds /mcp to it with the first update: two looks', async () => {
    const gateway = await gatewayWith();
    const own = host('polling', (bot) => bot.use(gateway.telegram(bot)));
    const weather = { command: 'weather', description: 'The weather' };
    await own.bot.api.setMyCommands([{ command: 'old', description: 'The old one' }]);
    await gateway.start({ listeners: 'none' });
    await own.bot.api.setMyCommands([weather]);
    await own.run();
    await hostIsThere(own);
    const list = (type: 'default' | 'all_group_chats') => own.bot.api.getMyCommands({ scope: { type } });
    await expect
      .poll(() => list('all_group_chats'))
      .toEqual([weather, expect.objectContaining({ command: 'mcp', is_ephemeral: true })]);
    expect(await list('default')).toEqual([weather, expect.objectContaining({ command: 'mcp' })]);
    // Two of them are the host's.
    expect(api.callsOf('setMyCommands')).toHaveLength(6);
    await hostIsThere(own);
    expect(api.callsOf('setMyCommands')).toHaveLength(6);
  });

  it('leaves the command lists alone where it is told to', async () => {
    const gateway = await gatewayWith();
    const own = host('polling', (bot) => bot.use(gateway.telegram(bot, { commands: false })));
    await gateway.start({ listeners: 'none' });
    await own.run();
    await ana.type('/mcp');
    await hears(ana, /files.*disabled/);
    expect(api.callsOf('setMyCommands')).toEqual([]);
  });

  it('is refused where there is a bot already, and when it is too late, with what to do', async () => {
    const twice = await gatewayWith();
    twice.telegram();
    expect(() => twice.telegram()).toThrow(
      /There is a Telegram bot already.*drop.*platforms\.telegram.*this call/,
    );
    const configured = await gatewayWith({
      platforms: { telegram: { token: api.token, api_root: api.root } },
      storage: 'memory',
    });
    expect(() => configured.telegram()).toThrow(/There is a Telegram bot already/);
    const late = await gatewayWith({ storage: 'memory' });
    await late.start({ listeners: 'none' });
    expect(() => late.telegram()).toThrow(/before `gateway\.start\(\)`/);
  });

  it('without a started gateway leaves all to the host, which never hangs, and says why once', async () => {
    const lines: string[] = [];
    const log = createLog('trace', { write: (line: string) => void lines.push(line) });
    const gateway = await gatewayWith({}, { log });
    const own = host('polling', (bot) => bot.use(gateway.telegram(bot)));
    await own.run();
    await ana.type('/mcp');
    await ana.type('/mcp auth');
    await hears(ana, 'That was text 2.');
    expect(own.saw).toEqual(['text /mcp', 'text /mcp auth']);
    expect(lines.filter((line) => line.includes('the gateway is not started'))).toHaveLength(1);
    await gateway.start({ listeners: 'none' });
    await ana.type('/mcp');
    await hears(ana, /files.*disabled/);
    expect(own.saw).toHaveLength(2);
  });

  it('does not show the host the answer to a question that still stands, however late it comes', async () => {
    const clock = new Clock();
    const { adapter, middleware } = createMounted({
      reachable: false,
      commands: false,
      log: createLog('silent'),
      now: clock.now,
    });
    const own = host('polling', (bot) => bot.use(middleware));
    const fields = [{ name: 'KEY', label: 'KEY', secret: true }];
    const form = { kind: 'form', label: 'Add key', title: 'Key', words: ['auth'], fields } as const;
    const gateway = scriptedGateway(
      async (invocation) => void (await adapter.send(invocation, reply('github', { actions: [form] }))),
    );
    await adapter.start({ ...gateway, memory: new Memory(clock.now) });
    ends.push(() => adapter.stop());
    await own.run();
    await ana.type('/mcp auth');
    await hears(ana, 'github');
    await ana.press('Add key');
    await hears(ana, 'Send me KEY');
    clock.advance(11 * 60_000);
    await ana.type('short-key');
    await hears(ana, 'That question is no longer open. I deleted your answer');
    expect(ana.sees()).not.toMatch(/short-key|Send me/);
    await ana.type('and now?');
    await hears(ana, 'That was text 1.');
    expect(own.saw).toEqual(['text and now?']);
  });

  it('into a bot that has received nothing yet delivers nothing, and calls nothing over: it is to be tried again', async () => {
    const log = createLog('silent');
    const options = { reachable: true, commands: false, log, now: Date.now };
    const { adapter, middleware } = createMounted(options);
    const own = host('polling', (bot) => bot.use(middleware));
    await adapter.start(scriptedGateway());
    ends.push(() => adapter.stop());
    const actor = { platform: 'telegram', userId: String(ana.id), displayName: '@ana' } as const;
    const later = { code: 'telegram_unavailable' };
    const message = { chat: ana.id, message: 5 };
    await expect(adapter.send({ actor }, reply('cancelled'))).rejects.toMatchObject(later);
    await expect(adapter.update(message, reply('cancelled'))).rejects.toMatchObject(later);
    expect(await adapter.update({ of: 'nothing' }, reply('cancelled'))).toEqual({ kind: 'gone' });
    await own.run();
    await hostIsThere(own);
    expect(await adapter.send({ actor }, reply('cancelled'))).toMatchObject({ kind: 'delivered' });
    expect(ana.sees()).toContain('cancelled');
  });

  it('of a gateway that has stopped leaves all to the host again', async () => {
    const gateway = await gatewayWith();
    const own = host('polling', (bot) => bot.use(gateway.telegram(bot)));
    await gateway.start({ listeners: 'none' });
    await own.run();
    await ana.type('/mcp');
    await hears(ana, /files.*disabled/);
    await gateway.stop();
    await ana.type('/mcp');
    await hears(ana, 'That was text 1.');
    await hostIsThere(own);
    expect(own.saw).toEqual(['text /mcp', 'weather Lisbon']);
  });

  it('acts once on an update that the host gets twice, across a restart too', async () => {
    const config = await words();
    const first = await createGateway(config, { environment: {} });
    const own = host('polling', (bot) => bot.use(first.telegram(bot)));
    await first.start({ listeners: 'none' });
    await own.run();
    await ana.type('/mcp help');
    await hears(ana, '/mcp auth');
    const again = await comesAgain(own, first, config);
    expect(fromBot(ana)).toHaveLength(1);
    expect([...own.saw, ...again.saw]).toEqual(['weather Lisbon', 'weather Lisbon']);
  });
});

describe('a sign-in through a host’s bot', () => {
  let provider: AuthorizationServer;
  let files: ProtectedServer;
  beforeAll(async () => {
    provider = await startAuthorizationServer();
    files = await startProtectedServer(provider);
  });
  afterAll(async () => {
    await files.close();
    await provider.close();
  });

  const CONNECTED = /✓ files connected · \d+ tools/;

  async function config() {
    const more = await words({ mcp_servers: { files: { url: files.url, auth: 'oauth' } } });
    return { ...more, public_url: `http://${more.listen}` };
  }

  /** From the link in the chat to the provider's consent; gives the way back. */
  async function consented(): Promise<() => Promise<string>> {
    await ana.type('/mcp auth files');
    const link = () => fromBot(ana).flatMap(({ buttons }) => buttons.flat())[0]?.url;
    await expect.poll(link).toBeDefined();
    const { location, cookies } = await pressConnect(link() ?? '');
    const callback = await consent(location);
    return async () => (await comeBack(callback, cookies)).text;
  }

  it('is told in its message, and the done page leads back to the host’s chat', async () => {
    const gateway = await createGateway(await config(), { environment: {} });
    ends.push(() => gateway.stop());
    const own = host('polling', (bot) => bot.use(gateway.telegram(bot)));
    await gateway.start();
    await own.run();
    const back = await consented();
    expect(await back()).toContain('https://t.me/acme_mcp_bot');
    await hears(ana, CONNECTED);
    expect(own.saw).toEqual([]);
  });

  it('without a public URL takes the address by the button alone: other words are the host’s', async () => {
    const { public_url: _none, ...more } = await config();
    const gateway = await createGateway(more, { environment: {} });
    ends.push(() => gateway.stop());
    const own = host('polling', (bot) => bot.use(gateway.telegram(bot)));
    await gateway.start({ listeners: 'none' });
    await own.run();
    await ana.type('/mcp auth files');
    await hears(ana, 'give it with the button “Paste the address”');
    const link = fromBot(ana)
      .flatMap(({ buttons }) => buttons.flat())
      .find(({ url }) => url !== undefined)?.url;
    const address = await consent(link ?? '');
    await ana.type('http://127.0.0.1:1/mine?code=of-the-host&state=its');
    await expect.poll(() => own.saw).toEqual(['text http://127.0.0.1:1/mine?code=of-the-host&state=its']);
    await ana.press('Paste the address');
    await expect.poll(() => fromBot(ana).some(({ forceReply }) => forceReply === true)).toBe(true);
    const [replyTo] = fromBot(ana).filter(({ text }) => text === 'That was text 1.');
    await ana.type(address.href, replyTo === undefined ? {} : { replyTo });
    await expect.poll(() => ana.sees()).toMatch(CONNECTED);
    expect(ana.sees()).not.toContain(address.searchParams.get('code'));
    expect(own.saw).toHaveLength(1);
  });

  it('that ended while the bot was not there is told before the bot’s first update', async () => {
    const shared = await config();
    const first = await createGateway(shared, { environment: {} });
    const own = host('polling', (bot) => bot.use(first.telegram(bot)));
    await first.start();
    await own.run();
    const back = await consented();
    await own.stop();
    await first.stop();
    // The same gateway's pages, without the bot: nobody can tell the chat.
    const pages = await createGateway(shared, { environment: {} });
    await pages.start();
    expect(await back()).toContain('files is connected');
    await pages.stop();
    expect(lastText(ana)).not.toMatch(CONNECTED);

    const second = await createGateway(shared, { environment: {} });
    ends.push(() => second.stop());
    host('polling', (bot) => bot.use(second.telegram(bot)));
    const polls = api.callsOf('getUpdates').length;
    await second.start();
    await hears(ana, CONNECTED);
    expect(api.callsOf('getUpdates')).toHaveLength(polls);
  });
});
