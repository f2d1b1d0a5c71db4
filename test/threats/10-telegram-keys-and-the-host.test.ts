import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bot } from 'grammy';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGateway } from '../../src/module.js';
import { createLog } from '../../src/observability/log.js';
import { type KeyServer, startKeyServer } from '../helpers/key-server.js';
import { freePort } from '../helpers/servers/free-port.js';
import { type BotApi, startBotApi } from '../helpers/telegram/bot-api.js';
import type { TelegramGroup, TelegramPerson } from '../helpers/telegram/face.js';
import { breakStore } from './records.js';
import { answerTo, configuredKey, idOf, newest, untilSees } from './telegram-scene.js';

const NOTES_KEY = 'key-of-notes-0123456789';
const SHORT_KEY = 'short-1';

let api: BotApi;
let ana: TelegramPerson;
let group: TelegramGroup;
let notes: KeyServer;
let other: KeyServer;
let folder: string;
/** All that reached the host's own handlers, whole, and what its error handler was given. */
let saw: unknown[];
let ends: (() => Promise<unknown>)[];

beforeEach(async () => {
  saw = [];
  ends = [];
  api = await startBotApi({ pressPatienceMs: 1_500 });
  ana = api.person('Ana', { username: 'ana' });
  group = api.group('Team', [ana], { bot: 'admin' });
  notes = await startKeyServer(NOTES_KEY);
  other = await startKeyServer(SHORT_KEY);
  folder = await mkdtemp(join(tmpdir(), 'host-'));
  ends.push(
    // What was under way at the end may still be written.
    () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
    () => notes.close(),
    () => other.close(),
    () => api.close(),
  );
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
});

/** A bot with a life of its own, which keeps all that it gets: for a model behind it, in a log, in a session. */
async function host(): Promise<{ readonly stateFolder: string; readonly log: readonly string[] }> {
  const lines: string[] = [];
  const stateFolder = join(folder, 'state');
  const gateway = await createGateway(
    {
      listen: `127.0.0.1:${await freePort()}`,
      local_listen: `127.0.0.1:${await freePort()}`,
      storage: `file:${stateFolder}`,
      access: { users: [idOf(ana)] },
      mcp_servers: { notes: configuredKey(notes), other: configuredKey(other, 'OTHER_KEY') },
    },
    { log: createLog('trace', { write: (line: string) => void lines.push(line) }), environment: {} },
  );
  const bot = new Bot(api.token, { client: { apiRoot: api.root } });
  bot.use(gateway.telegram(bot));
  bot.use(async (ctx) => {
    saw.push(ctx.update);
    if (ctx.message?.text !== undefined) await ctx.reply('The host heard you.');
  });
  bot.catch((error) => void saw.push(error.ctx.update));
  await gateway.start({ listeners: 'none' });
  let running = Promise.resolve();
  ends.push(async () => {
    await bot.stop();
    await running;
    await gateway.stop();
  });
  await new Promise<void>((resolve) => {
    const allowed = ['message', 'edited_message', 'callback_query'] as const;
    running = bot.start({ allowed_updates: allowed, onStart: () => resolve() });
  });
  await expect.poll(() => api.callsOf('setMyCommands').length).toBeGreaterThan(1);
  return { stateFolder, log: lines };
}

/** Waits until what was sent so far has reached the host, if it ever does. */
async function heardOut(): Promise<void> {
  const before = saw.length;
  await ana.type('Good morning.');
  await expect.poll(() => saw.length).toBeGreaterThan(before);
  expect(JSON.stringify(saw.at(-1))).toContain('Good morning.');
}

async function asked(server: string, name: string): Promise<void> {
  await answerTo(ana, `/mcp auth ${server}`);
  await ana.press('Add key');
  await untilSees(ana, `Send me ${name}`);
}

function expectNothingOf(...secrets: readonly string[]): void {
  const all = JSON.stringify(saw);
  for (const secret of [...secrets, '/mcp', 'mcp:', 'mcp#', 'mcp_']) expect(all).not.toContain(secret);
}

describe('threat 10: a bot that the gateway is mounted into sees no key, and nothing of /mcp', () => {
  it('whether it is the answer to a question, a wrong one, or a command’s last word', async () => {
    await host();
    await asked('notes', 'NOTES_KEY');
    await ana.type('sk-live-0000bad0key00nope9');
    await untilSees(ana, 'did not accept this key');
    await ana.press('Try again');
    await untilSees(ana, 'Send me NOTES_KEY');
    await ana.type(NOTES_KEY);
    await untilSees(ana, 'notes connected');
    await answerTo(ana, '/mcp auth notes sk-live-7f3a9c1e5b2d8f406a');
    await answerTo(ana, '/mcp', group);
    await ana.start('mcp_c_000000');
    await untilSees(ana, 'No sign-in of yours waits');
    await heardOut();
    expectNothingOf(NOTES_KEY, 'sk-live');
    expect(ana.sees()).not.toContain(NOTES_KEY);
  });

  it('nor one that comes as a reply to a question long over, or to one for another server', async () => {
    await host();
    api.fail('deleteMessage', { errorCode: 400, description: "Bad Request: message can't be deleted" }, 1);
    await asked('other', 'OTHER_KEY');
    const first = newest(ana);
    await asked('notes', 'NOTES_KEY');
    const second = newest(ana);
    await ana.type(SHORT_KEY, { replyTo: first });
    await untilSees(ana, 'That question is no longer open');
    api.fail('deleteMessage', { errorCode: 400, description: "Bad Request: message can't be deleted" }, 2);
    await ana.type(NOTES_KEY, { replyTo: second });
    await untilSees(ana, 'notes connected');
    await ana.type('short-2', { replyTo: second });
    await expect.poll(() => ana.sees().split('That question is no longer open').length).toBe(3);
    await heardOut();
    expectNothingOf(NOTES_KEY, 'short-');
    expect(notes.shown).not.toContain(`Bearer ${SHORT_KEY}`);
    expect(other.shown).toEqual([]);
  });

  it('nor one in a group, in reply to the bot or by itself, or in a command that was edited afterwards', async () => {
    await host();
    await asked('notes', 'NOTES_KEY');
    await ana.type('Hello, host.', { chat: group });
    await untilSees(ana, 'The host heard you.', group);
    await ana.type(NOTES_KEY, { chat: group, replyTo: newest(ana, group) });
    await untilSees(ana, 'where others may have read it');
    await ana.type(`It is ${NOTES_KEY}`, { chat: group });
    const from = { id: ana.id, is_bot: false, first_name: 'Ana' };
    const chat = { id: group.id, type: 'group', title: 'Team' };
    const message = { message_id: 900_001, date: 1_790_000_000, from, chat };
    api.push({ message: { ...message, photo: [], caption: `See ${NOTES_KEY}` } });
    await expect.poll(() => ana.sees().split('where others may have read it').length).toBe(4);
    await ana.type('/mcp auth notes');
    await untilSees(ana, /notes/);
    const typed = ana.messages().findLast(({ text }) => text === '/mcp auth notes');
    if (typed === undefined) throw new Error('she typed nothing');
    await ana.edit(typed, `/mcp auth notes ${NOTES_KEY}`);
    await ana.edit(typed, '/MCP@acme_mcp_bot auth');
    await ana.type(NOTES_KEY);
    await untilSees(ana, 'notes connected');
    await heardOut();
    expectNothingOf(NOTES_KEY, '/MCP');
  });

  it('nor one in a command that is nobody’s: forwarded, of an anonymous administrator, below a picture', async () => {
    await host();
    const text = `/mcp auth notes ${NOTES_KEY}`;
    await ana.type(text, { forwardedFrom: ana });
    await ana.type(text, { chat: group, asChannel: true });
    const chat = { id: group.id, type: 'group', title: 'Team' };
    const anonymous = { id: 1_087_968_824, is_bot: true, first_name: 'Group', username: 'GroupAnonymousBot' };
    const message = { message_id: 900_001, date: 1_790_000_000, chat };
    api.push({ message: { ...message, from: anonymous, sender_chat: chat, text } });
    const from = { id: ana.id, is_bot: false, first_name: 'Ana' };
    api.push({ message: { ...message, from, photo: [], caption: text } });
    await heardOut();
    expectNothingOf(NOTES_KEY);
    expect(saw).toHaveLength(1);
    expect(notes.shown).toEqual([]);
  });

  it('nor while the store is away: the key is taken out of the chat, the host’s own talk goes on', async () => {
    const { stateFolder } = await host();
    await asked('other', 'OTHER_KEY');
    const restore = await breakStore(stateFolder);
    await ana.type(SHORT_KEY);
    await untilSees(ana, 'did not work just now');
    await expect.poll(() => ana.sees()).not.toContain(SHORT_KEY);
    await restore();
    await ana.type(SHORT_KEY);
    await untilSees(ana, 'other connected');
    const again = await breakStore(stateFolder);
    await heardOut();
    await untilSees(ana, 'The host heard you.');
    await answerTo(ana, '/mcp');
    await again();
    expectNothingOf(SHORT_KEY);
    expect(notes.shown).toEqual([]);
  });

  it('and its own commands, buttons and links stay its own', async () => {
    const { log } = await host();
    await asked('notes', 'NOTES_KEY');
    await ana.type('/weather');
    await ana.type('/weather@acme_mcp_bot tomorrow');
    await ana.type(NOTES_KEY);
    await untilSees(ana, 'notes connected');
    await ana.start('promo_mcp');
    await ana.start();
    await untilSees(ana, 'The host heard you.');
    await ana.forgePress(newest(ana), 'weather:mcp:auth');
    await heardOut();
    const all = JSON.stringify(saw);
    for (const word of ['/weather', '@acme_mcp_bot tomorrow', 'promo_mcp', 'weather:mcp:auth'])
      expect(all).toContain(word);
    expect(all).not.toContain(NOTES_KEY);
    expect(log.join('')).not.toMatch(/weather|promo/);
  });
});
