import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/storage/open.js';
import { startDiscord } from '../helpers/discord/discord.js';
import type { Discord, DiscordChannel, DiscordPerson } from '../helpers/discord/face.js';
import { type GatewayFolder, gatewayFolder } from '../helpers/gateway-folder.js';
import type { KeyServer } from '../helpers/key-server.js';
import { Program } from '../helpers/program.js';
import { signIn } from '../helpers/sign-in-browser.js';
import {
  answerTo,
  askedFor,
  configuredKey,
  discordWords,
  heard,
  linkIn,
  modalOf,
  NOTE,
  newest,
  onlyFor,
  plain,
  publicCalls,
  saidBy,
  untilSees,
  useDiscord,
} from './discord-scene.js';
import { breakStore } from './records.js';

const threats = useDiscord();

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
  let discord: Discord;
  let ana: DiscordPerson;
  let ben: DiscordPerson;
  let general: DiscordChannel;
  let home: GatewayFolder;
  let notes: KeyServer;
  let running: Program[];

  beforeEach(async () => {
    running = [];
    notes = await threats.keyServer();
    discord = await startDiscord();
    [ana, ben] = [discord.person('Ana'), discord.person('Ben')];
    general = discord.guild('Acme', [ana, ben]).channel('general');
    home = await gatewayFolder({
      ...onlyFor(ana, ben),
      platforms: discordWords(discord),
      mcp_servers: { files: { url: threats.scene.files.url, auth: 'oauth' }, notes: configuredKey(notes) },
    });
  });
  afterEach(async () => {
    for (const program of running) await program.kill();
    await discord.close();
    await home.remove();
  });

  async function started(): Promise<Program> {
    const program = new Program(['start', '--config', home.config]);
    running.push(program);
    const before = discord.gateway.identifies;
    await program.untilSays('Ctrl-C stops it.');
    await expect.poll(() => discord.gateway.identifies > before && discord.gateway.ready === 1).toBe(true);
    await expect.poll(() => discord.commands().length).toBe(1);
    return program;
  }

  async function killed(program: Program): Promise<void> {
    await program.kill();
    await home.letAMinutePass();
    await expect.poll(() => discord.gateway.ready).toBe(0);
  }

  it('with a sign-in and a key form open: both work after that, and their message says what came of it, to nobody else', async () => {
    const first = await started();
    const asked = await askedFor(ana, 'auth', general);
    await untilWrittenDown(join(home.folder, 'state'));
    const form = modalOf(await ana.presses('Add key', general));
    await killed(first);
    await started();
    await ana.submits(form, { NOTES_KEY: notes.key });
    await untilSees(ana, '1 of 2 connected', general);
    await signIn(linkIn(asked));
    await untilSees(ana, '2 of 2 connected', general);
    expect(publicCalls(discord, general)).toEqual([]);
    expect(ben.sees(general)).toBe('');
    expect(new Set(notes.shown)).toEqual(new Set([`Bearer ${notes.key}`]));
  });

  it('before it wrote down what may edit a message: the outcome comes into the private chat', async () => {
    const first = await started();
    const asked = await askedFor(ana, 'auth files', general);
    await untilWrittenDown(join(home.folder, 'state'));
    await killed(first);
    const { store } = await openStore({ kind: 'file', folder: join(home.folder, 'state') });
    const memory = store.records('chat-discord');
    for (const key of await memory.keys()) await memory.delete(key);
    await store.close();
    await started();
    await signIn(linkIn(asked));
    await untilSees(ana, 'files connected');
    expect(publicCalls(discord, general)).toEqual([]);
  });

  it('again and again, under a stream of commands: the next one is answered, and nothing is left for others', async () => {
    for (let kill = 0; kill < 2; kill += 1) {
      const program = await started();
      const asked = Array.from({ length: 5 }, () => ana.types('/mcp', { command: 'help' }, general));
      await killed(program);
      // Whoever asked sees that it failed, after three seconds, and is not left with a spinner.
      await Promise.all(asked);
    }
    await started();
    await answerTo(ana, 'help', general);
    expect(ana.messages(general).every(({ state }) => state === 'sent')).toBe(true);
    expect(ana.sees(general)).not.toContain('thinking');
    expect(publicCalls(discord, general)).toEqual([]);
    expect(ben.sees(general)).toBe('');
  });
});

describe('threat 22: the store is away', () => {
  it.each(['gateway', 'http'] as const)(
    'by %s: commands, buttons and forms say “try again” to who gave them, the channel hears nothing, and all is well when it is back',
    async (mode) => {
      const notes = await threats.keyServer();
      const discord = await threats.platform();
      const [ana, ben] = [discord.person('Ana'), discord.person('Ben', { dms: 'closed' })];
      const general = discord.guild('Acme', [ana, ben]).channel('general');
      const start = mode === 'http' ? threats.hooked : threats.gateway;
      const gateway = await start(discord, {
        ...onlyFor(ana, ben),
        mcp_servers: { files: { url: threats.scene.files.url, auth: 'oauth' }, notes: configuredKey(notes) },
      });
      const asked = await askedFor(ana, 'auth files', general);
      await untilWrittenDown(gateway.stateFolder);
      await answerTo(ana, 'auth notes', general);
      const form = modalOf(await ana.presses('Add key', general));
      const restore = await breakStore(gateway.stateFolder);
      for (const where of [undefined, general])
        for (const words of ['', 'auth files', 'logout files yes', 'cancel', 'confirm 123456'])
          expect(plain((await answerTo(ana, words, where)).text)).toMatch(/cannot reach its storage/);
      for (const outcome of [
        await ana.forges(newest(ana, general), 'mcp#AAAAAAAAAAAAAAAAAAAAAA'),
        await ana.submits(form, { NOTES_KEY: notes.key }),
      ])
        expect(saidBy(outcome)).toMatch(/did not work just now/);
      expect((await ana.completes('command', 'a', general)).length).toBeGreaterThan(0);
      if (mode === 'gateway') {
        await ben.says('@bot mcp auth files', general);
        await untilSees(ana, NOTE, general);
      }
      expect(notes.shown).toEqual([]);
      await restore();
      await signIn(linkIn(asked));
      await expect.poll(() => plain(ana.sees(general) + ana.sees())).toContain('files connected');
      await ana.submits(form, { NOTES_KEY: notes.key });
      await untilSees(ana, 'notes connected', general);
      expect(publicCalls(discord, general)).toHaveLength(mode === 'gateway' ? 1 : 0);
      expect(heard(ben, general).map(({ text }) => text)).toEqual(mode === 'gateway' ? [NOTE] : []);
      expect(gateway.log.join('')).toContain('storage failed');
      expect(gateway.log.join('')).not.toMatch(/records\/pending\/[^…]/);
    },
  );
});
