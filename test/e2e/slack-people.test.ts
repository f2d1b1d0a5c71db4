import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import { type BotApi, startBotApi } from '../helpers/telegram/bot-api.js';
import type { TelegramPerson } from '../helpers/telegram/face.js';
import { CONNECTED, idOf, linkFor, pressLink, saidTo, useSlackScene } from './slack-scene.js';
import { signIn } from './telegram-browsing.js';
import { linkFor as linkInTelegram, saidTo as saidInTelegram } from './telegram-scene.js';

const chromium = findChromium();

describe.skipIf(chromium === undefined)('people who are in Slack and in Telegram', () => {
  let telegram: BotApi;
  let there: TelegramPerson;
  // Before the scene's own: gateways stop before their platforms do.
  beforeEach(async () => {
    telegram = await startBotApi();
    there = telegram.person('Ana', { username: 'ana' });
  });
  afterEach(() => telegram.close());
  const scene = useSlackScene(chromium);

  async function gateway(people: Readonly<Record<string, readonly string[]>>): Promise<void> {
    const ids = [idOf(scene.ana), idOf(scene.ben), `telegram:${there.id}`];
    await scene.gateway({
      people,
      access: { users: ids },
      platforms: {
        ...scene.platform(),
        telegram: { token: telegram.token, api_root: telegram.root },
      },
    });
  }

  it('are signed in here when they sign in there, and the other way round, where the config joins the accounts', async () => {
    const { ana, ben, team } = scene;
    await gateway({ ana: [idOf(ana), `telegram:${there.id}`] });
    await there.type('/mcp auth everything');
    await signIn(await scene.browser(), await linkInTelegram(there));
    await expect.poll(() => saidInTelegram(there)).toBe(CONNECTED);
    await ana.types('/mcp', { channel: team });
    await expect.poll(() => saidTo(ana, { channel: team })).toContain('✓ everything · 13 tools · connected');
    await ana.types('/mcp logout everything yes');
    await expect.poll(() => saidTo(ana)).toContain('Signed out of everything');
    await there.type('/mcp');
    await expect.poll(() => saidInTelegram(there)).toContain('everything · sign-in needed');
    await ana.types('/mcp auth everything', { channel: team });
    await signIn(await scene.browser(), await pressLink(ana, { channel: team }));
    await expect.poll(() => saidTo(ana, { channel: team })).toBe(CONNECTED);
    await there.type('/mcp');
    await expect.poll(() => saidInTelegram(there)).toContain('✓ everything · 13 tools · connected');
    await ben.types('/mcp');
    await expect.poll(() => saidTo(ben)).toContain('everything · sign-in needed');
  });

  it('are two where it does not', async () => {
    const { ana } = scene;
    await gateway({});
    await ana.types('/mcp auth everything');
    await signIn(await scene.browser(), await linkFor(ana));
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    await there.type('/mcp');
    await expect.poll(() => saidInTelegram(there)).toContain('everything · sign-in needed');
  });
});
