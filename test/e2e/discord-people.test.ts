import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import { type BotApi, startBotApi } from '../helpers/telegram/bot-api.js';
import type { TelegramPerson } from '../helpers/telegram/face.js';
import { CONNECTED, command, idOf, linkFor, saidTo, signIn, useDiscordScene } from './discord-scene.js';
import * as telegram from './telegram-scene.js';

const chromium = findChromium();
const READY = '✓ everything · 13 tools · connected';

describe.skipIf(chromium === undefined)('people with an account in Discord and one in Telegram', () => {
  const scene = useDiscordScene(chromium);
  let api: BotApi;
  let ana: TelegramPerson;
  let ben: TelegramPerson;
  beforeEach(async () => {
    api = await startBotApi();
    ana = api.person('Ana', { username: 'ana' });
    ben = api.person('Ben', { username: 'ben' });
  });
  afterEach(() => api.close());

  /** One gateway for both platforms. Ana's accounts are joined, and Ben's are not. */
  async function both(): Promise<void> {
    const { discord } = scene;
    await scene.gateway({
      people: { ana: [`telegram:${ana.id}`, idOf(scene.ana)] },
      access: { users: ['ana', `telegram:${ben.id}`, idOf(scene.ben)] },
      platforms: {
        discord: { token: discord.token, api_root: discord.api },
        telegram: { token: api.token, api_root: api.root },
      },
    });
  }

  it('are signed in here where they signed in there, both ways, if they are joined', async () => {
    const { general } = scene;
    await both();
    await ana.type('/mcp auth everything');
    await signIn(await scene.browser(), await telegram.linkFor(ana));
    await expect.poll(() => telegram.saidTo(ana)).toBe(CONNECTED);
    await command(scene.ana, '', general);
    await expect.poll(() => saidTo(scene.ana, general)).toContain(READY);
    expect(scene.ana.sees()).toBe('');
    await command(scene.ana, 'logout everything yes', general);
    await expect.poll(() => saidTo(scene.ana, general)).toContain('Signed out of everything');
    await ana.type('/mcp');
    await expect.poll(() => telegram.saidTo(ana)).toContain('everything · sign-in needed');
    await command(scene.ana, 'auth everything', general);
    await signIn(await scene.browser(), await linkFor(scene.ana, general));
    await expect.poll(() => saidTo(scene.ana, general)).toBe(CONNECTED);
    await ana.type('/mcp');
    await expect.poll(() => telegram.saidTo(ana)).toContain(READY);
  });

  it('are not, if they are not joined: each account has its own, also with the same number', async () => {
    const { general, guild, discord } = scene;
    await both();
    await ben.type('/mcp auth everything');
    await signIn(await scene.browser(), await telegram.linkFor(ben), 'ben');
    await expect.poll(() => telegram.saidTo(ben)).toBe(CONNECTED);
    await command(scene.ben, '', general);
    await expect.poll(() => saidTo(scene.ben, general)).toContain('everything · sign-in needed');
    const twin = discord.person('Twin', { id: String(ben.id) });
    guild.join(twin);
    await command(twin, '', general);
    await expect.poll(() => saidTo(twin, general)).toContain(`your id is discord:${ben.id}.`);
  });

  it('tell where a sign-in was begun what came of it, not on the other platform', async () => {
    const { general } = scene;
    await both();
    await command(scene.ana, 'auth everything', general);
    const link = await linkFor(scene.ana, general);
    await ana.type('/mcp');
    await expect.poll(() => telegram.saidTo(ana)).toContain('everything · sign-in pending');
    await signIn(await scene.browser(), link);
    await expect.poll(() => saidTo(scene.ana, general)).toBe(CONNECTED);
    expect(ana.sees()).not.toContain(CONNECTED);
  });
});
