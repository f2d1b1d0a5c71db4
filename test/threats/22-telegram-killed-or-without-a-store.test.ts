import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/storage/open.js';
import { type GatewayFolder, gatewayFolder } from '../helpers/gateway-folder.js';
import { Program } from '../helpers/program.js';
import { signIn } from '../helpers/sign-in-browser.js';
import { type BotApi, startBotApi } from '../helpers/telegram/bot-api.js';
import type { TelegramGroup, TelegramPerson } from '../helpers/telegram/face.js';
import { breakStore } from './records.js';
import {
  answerTo,
  askedFor,
  configuredKey,
  expectOnlyNotes,
  linkIn,
  newest,
  onlyFor,
  plain,
  publicCalls,
  telegramWords,
  untilSees,
  useTelegram,
} from './telegram-scene.js';

const telegram = useTelegram();

/** Which message the sign-in stands on is known beyond the process that sent it. */
async function untilWrittenDown(folder: string): Promise<void> {
  const { store } = await openStore({ kind: 'file', folder });
  const boards = store.records<{ readonly message?: unknown }>('boards');
  const messages = async () =>
    await Promise.all((await boards.keys()).map(async (key) => (await boards.get(key))?.message));
  await expect.poll(async () => (await messages()).map((message) => message !== undefined)).toEqual([true]);
  await store.close();
}

describe('threat 22: the process is killed', () => {
  let api: BotApi;
  let ana: TelegramPerson;
  let ben: TelegramPerson;
  let group: TelegramGroup;
  let home: GatewayFolder;
  let running: Program[];

  beforeEach(async () => {
    running = [];
    api = await startBotApi({ pressPatienceMs: 2_000 });
    ana = api.person('Ana', { username: 'ana' });
    ben = api.person('Ben', { username: 'ben' });
    group = api.group('Team', [ana, ben], { kind: 'supergroup' });
    home = await gatewayFolder({});
  });
  afterEach(async () => {
    for (const program of running) await program.kill();
    await api.close();
    await home.remove();
  });

  async function started(): Promise<Program> {
    const program = new Program(['start', '--config', home.config]);
    running.push(program);
    const before = api.callsOf('getUpdates').length + api.callsOf('getMyCommands').length;
    await program.untilSays('Ctrl-C stops it.');
    await expect
      .poll(() => api.callsOf('getUpdates').length + api.callsOf('getMyCommands').length)
      .toBeGreaterThan(before);
    return program;
  }

  async function killed(program: Program): Promise<void> {
    await program.kill();
    await home.letAMinutePass();
  }

  it('with a sign-in open in a group: its link works after that, and its message says what came of it, to nobody else', async () => {
    await home.rewrite({
      ...onlyFor(ana, ben),
      platforms: telegramWords(api),
      mcp_servers: { files: { url: telegram.scene.files.url, auth: 'oauth' } },
    });
    const first = await started();
    await expect.poll(() => api.callsOf('setMyCommands').length).toBeGreaterThan(1);
    const asked = await askedFor(ana, '/mcp auth files', group);
    await untilWrittenDown(join(home.folder, 'state'));
    await killed(first);
    await started();
    await signIn(linkIn(asked));
    await untilSees(ana, 'files connected', group);
    expect(publicCalls(api)).toEqual([]);
    expect(ben.sees(group)).toBe('');
  });

  it('with a question for a key open: what is sent while nobody listens is taken out of the chat, and used once', async () => {
    const notes = await telegram.keyServer();
    await home.rewrite({
      ...onlyFor(ana),
      public_url: undefined,
      platforms: telegramWords(api),
      mcp_servers: { notes: configuredKey(notes) },
    });
    const first = await started();
    await answerTo(ana, '/mcp auth notes');
    await untilWrittenDown(join(home.folder, 'state'));
    await ana.press('Add key');
    await untilSees(ana, 'Send me NOTES_KEY');
    await killed(first);
    await ana.type(notes.key);
    await started();
    await untilSees(ana, 'notes connected');
    expect(ana.sees()).not.toContain(notes.key);
    expect(new Set(notes.shown)).toEqual(new Set([`Bearer ${notes.key}`]));
  });

  it('again and again, under a stream of commands: each is answered in the end, and nothing in a group is left for others', async () => {
    await home.rewrite({ ...onlyFor(ana, ben), platforms: telegramWords(api), mcp_servers: {} });
    for (let kill = 0; kill < 3; kill += 1) {
      const program = await started();
      for (let each = 0; each < 5; each += 1) await ana.type('/mcp help', { chat: group });
      await killed(program);
    }
    await started();
    await expect.poll(() => api.pendingUpdates).toBe(0);
    await answerTo(ana, '/mcp help', group);
    expectOnlyNotes(api, group, ben);
    expect(publicCalls(api)).toEqual([]);
  });
});

describe('threat 22: the store is away', () => {
  it('commands, buttons and links say “try again” to who gave them, groups hear nothing, and all is well when it is back', async () => {
    const api = await telegram.platform();
    const ana = api.person('Ana', { username: 'ana' });
    const ben = api.person('Ben', { username: 'ben', started: false, client: 'old' });
    const group = api.group('Team', [ana, ben], { kind: 'supergroup' });
    const gateway = await telegram.gateway(api, onlyFor(ana, ben));
    await expect.poll(() => api.callsOf('setMyCommands').length).toBeGreaterThan(1);
    const asked = await askedFor(ana, '/mcp auth files');
    await untilWrittenDown(gateway.stateFolder);
    const restore = await breakStore(gateway.stateFolder);
    for (const chat of [undefined, group])
      for (const words of ['', 'auth files', 'logout files yes', 'cancel', 'confirm 123456'])
        expect(plain((await answerTo(ana, `/mcp ${words}`, chat)).text)).toMatch(/cannot reach its storage/);
    await ana.start(`mcp_r_${'A'.repeat(22)}`);
    await untilSees(ana, 'That did not work just now');
    await ana.start('mcp_c_123456');
    await ben.type('/mcp auth files', { chat: group });
    await untilSees(ana, 'I answer this only in private.', group);
    expect(linkIn(newest(ana, group))).toMatch(/\?start=mcp_(servers|r_[\w-]{22})$/);
    await restore();
    await signIn(linkIn(asked));
    await untilSees(ana, 'files connected');
    await answerTo(ana, '/mcp status files', group);
    await ben.openLink(linkIn(newest(ben, group)));
    await untilSees(ben, 'MCP servers');
    expect(publicCalls(api)).toHaveLength(1);
    // Names of records hold the ids of sign-ins.
    expect(gateway.log.join('')).toContain('storage failed');
    expect(gateway.log.join('')).not.toMatch(/start%2|records\/pending\/[^…]/);
  });
});
