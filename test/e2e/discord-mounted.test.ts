import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Events, GatewayIntentBits, Partials } from 'discord.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGateway } from '../../src/module.js';
import { createLog } from '../../src/observability/log.js';
import { findChromium } from '../helpers/browser.js';
import { placeholder } from '../helpers/configured-server.js';
import { type KeyServer, startKeyServer } from '../helpers/key-server.js';
import { freePort } from '../helpers/servers/free-port.js';
import {
  buttonsOf,
  CONNECTED,
  command,
  idOf,
  lastOf,
  linkFor,
  posts,
  saidTo,
  signIn,
  useDiscordScene,
} from './discord-scene.js';
import { agree, goOn, openConnect } from './telegram-browsing.js';

const chromium = findChromium();
const KEY = 'key-0123456789abcdef';

interface RawEvent {
  readonly author?: { readonly bot?: boolean };
}

interface Host {
  /** What reached the host's own listeners: the event's name, and all of what came with it. */
  readonly saw: readonly string[];
  readonly log: readonly string[];
  stop(): Promise<void>;
}

describe.skipIf(chromium === undefined)('Discord inside a discord.js client', () => {
  const scene = useDiscordScene(chromium);
  let folder: string;
  let search: KeyServer;
  let ends: (() => Promise<unknown>)[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mounted-'));
    search = await startKeyServer(KEY);
    ends = [() => search.close(), () => rm(folder, { recursive: true, force: true })];
  });
  afterEach(async () => {
    for (const end of ends.reverse()) await end();
  });

  /** A bot with a command of its own, which keeps all that it hears. */
  async function host(words: object = {}): Promise<Host> {
    const log: string[] = [];
    const saw: string[] = [];
    const listen = `127.0.0.1:${await freePort()}`;
    const gateway = await createGateway(
      {
        listen,
        local_listen: `127.0.0.1:${await freePort()}`,
        public_url: `http://${listen}`,
        storage: `file:${join(folder, 'state')}`,
        access: { users: [scene.ana, scene.ben].map(idOf) },
        mcp_servers: {
          everything: { url: scene.everything.url, auth: 'oauth' },
          search: { url: search.url, headers: { Authorization: `Bearer ${placeholder('SEARCH_KEY')}` } },
        },
        ...words,
      },
      { log: createLog('trace', { write: (line: string) => void log.push(line) }), environment: {} },
    );
    const { Guilds, GuildMessages, DirectMessages } = GatewayIntentBits;
    const client = new Client({
      intents: [Guilds, GuildMessages, DirectMessages],
      partials: [Partials.Channel],
      rest: { api: scene.discord.api },
    });
    gateway.discord(client);
    client.on(Events.Raw, ({ t, d }: { readonly t: string; readonly d: RawEvent }) => {
      if (/^(INTERACTION|MESSAGE)_/.test(t) && d.author?.bot !== true) saw.push(JSON.stringify(d));
    });
    client.on(Events.InteractionCreate, async (interaction) => {
      saw.push(`interaction ${interaction.type}`);
      if (interaction.isChatInputCommand() && interaction.commandName === 'ping')
        await interaction.reply('pong');
    });
    client.on(Events.MessageCreate, ({ content, author }) => {
      if (!author.bot) saw.push(content);
    });
    await gateway.start();
    await client.login(scene.discord.token);
    await client.application?.commands.create({ name: 'ping', description: 'Says pong' });
    await expect.poll(() => scene.discord.commands().length).toBe(2);
    const stop = async (): Promise<void> => {
      await gateway.stop();
      await client.destroy();
    };
    ends.push(stop);
    return { saw, log, stop };
  }

  it('signs a person in, and the host hears nothing of it; its own command works beside that', async () => {
    const { ana, ben, general, discord } = scene;
    const { saw } = await host();
    await command(ana, 'auth everything', general);
    expect(ben.sees(general)).toBe('');
    const page = await signIn(await scene.browser(), await linkFor(ana, general));
    await page.getByText('everything is connected').waitFor();
    await expect.poll(() => saidTo(ana, general)).toBe(CONNECTED);
    expect(lastOf(ana, general).buttons).toEqual([]);
    expect(ben.sees(general)).toBe('');
    expect(posts(discord)).toEqual([]);
    expect(saw).toEqual([]);
    await ana.types('/ping', {}, general);
    await expect.poll(() => saidTo(ben, general)).toBe('pong');
    await ben.says('hello', general);
    await expect.poll(() => saw.length).toBe(4);
  });

  it('takes a key and a code by its forms, and the host never sees either', async () => {
    const { ana, general } = scene;
    const { saw, log } = await host({ security: { confirm: 'always' } });
    await command(ana, 'auth search', general);
    await ana.fills('Add key', { SEARCH_KEY: KEY }, general);
    await expect.poll(() => saidTo(ana, general)).toBe('✓ search connected · key …cdef · 1 tool');
    await command(ana, 'auth everything', general);
    const page = await signIn(await scene.browser(), await linkFor(ana, general));
    await expect.poll(() => buttonsOf(ana, general)).toContain('Enter code');
    const digits = ((await page.textContent('.digits')) ?? '').replace(/\D/g, '');
    await ana.fills('Enter code', { 'Six digits': digits }, general);
    await expect.poll(() => saidTo(ana, general)).toBe(CONNECTED);
    await ana.says(`/mcp auth search ${KEY}`);
    await ana.says(`@bot mcp auth search ${KEY}`, general);
    await expect.poll(() => ana.sees()).toContain('That looks like a key.');
    expect(saw).toEqual([]);
    expect(log.join('')).not.toMatch(new RegExp(`${KEY}|${digits}`));
  });

  it('tells the outcome after the host was restarted in the middle, in the old message, once', async () => {
    const { ana, general, discord } = scene;
    const listen = `127.0.0.1:${await freePort()}`;
    const words = { listen, public_url: `http://${listen}` };
    const first = await host(words);
    await command(ana, 'auth everything', general);
    const page = await openConnect(await scene.browser(), await linkFor(ana, general));
    await goOn(page);
    await first.stop();
    await expect.poll(() => discord.gateway.ready).toBe(0);
    await host(words);
    await agree(page);
    await page.getByText('everything is connected').waitFor();
    await expect.poll(() => saidTo(ana, general)).toBe(CONNECTED);
    expect(ana.messages(general)).toHaveLength(1);
    expect(posts(discord)).toEqual([]);
  });
});
