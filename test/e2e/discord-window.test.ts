import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import type { DiscordChannel } from '../helpers/discord/face.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import {
  CONNECTED,
  command,
  idOf,
  linkFor,
  posts,
  saidTo,
  signIn,
  useDiscordScene,
} from './discord-scene.js';
import { agree, goOn, openConnect } from './telegram-browsing.js';

const chromium = findChromium();
/** Longer than an interaction's fifteen minutes. */
const LONG = { security: { sign_in_lifetime: '60m' } };
const MINUTE_MS = 60_000;

describe.skipIf(chromium === undefined)('Discord whose window for edits has closed', () => {
  const scene = useDiscordScene(chromium);

  /** Ana's browser at the provider's login, on the way from a link in the channel. */
  async function atTheProvider(where: DiscordChannel = scene.general): Promise<{
    readonly page: Page;
    readonly gateway: RunningGateway;
  }> {
    const gateway = await scene.gateway(LONG);
    await command(scene.ana, 'auth everything', where);
    const page = await openConnect(await scene.browser(), await linkFor(scene.ana, where));
    await goOn(page);
    return { page, gateway };
  }

  /** Nothing is left to be told: another command of Ben's has come through, and sweeps have gone by. */
  async function calm(): Promise<void> {
    await command(scene.ben, 'help', scene.general);
    await expect.poll(() => saidTo(scene.ben, scene.general)).toContain('What you can do');
    const { length } = scene.discord.calls;
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(scene.discord.calls).toHaveLength(length);
  }

  it('tells the outcome in one private message, and nobody else anything', async () => {
    const { ana, ben, general, clock, discord } = scene;
    const { page } = await atTheProvider();
    clock.advance(16 * MINUTE_MS);
    await agree(page);
    await page.getByText('everything is connected').waitFor();
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    await calm();
    expect(posts(discord)).toHaveLength(1);
    expect(ana.messages()).toHaveLength(1);
    expect(saidTo(ana, general)).not.toContain('connected');
    expect(ben.sees() + saidTo(ben, general)).not.toContain(CONNECTED);
  });

  it('keeps it open by every press on the message: what came of the last one is still edited', async () => {
    const { ana, general, clock, discord } = scene;
    await scene.gateway(LONG);
    await command(ana, '', general);
    await expect.poll(() => saidTo(ana, general)).toContain('sign-in needed');
    clock.advance(12 * MINUTE_MS);
    await ana.presses('Sign in', general);
    const page = await openConnect(await scene.browser(), await linkFor(ana, general));
    clock.advance(12 * MINUTE_MS);
    await goOn(page);
    await agree(page);
    await expect.poll(() => saidTo(ana, general)).toBe(CONNECTED);
    expect(ana.messages(general)).toHaveLength(1);
    expect(posts(discord)).toEqual([]);
  });

  it('edits a message of the private chat for as long as it lives', async () => {
    const { ana, clock, discord } = scene;
    await scene.gateway(LONG);
    await command(ana, 'auth everything');
    const page = await openConnect(await scene.browser(), await linkFor(ana));
    await goOn(page);
    clock.advance(40 * MINUTE_MS);
    await agree(page);
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    expect(ana.messages()).toHaveLength(1);
    expect(posts(discord)).toEqual([]);
  });

  it('closed, with closed DMs too: nothing breaks, the page says it, and the next /mcp shows it', async () => {
    const { ana, general, clock, discord } = scene;
    const { page, gateway } = await atTheProvider();
    ana.closeDms();
    clock.advance(16 * MINUTE_MS);
    await agree(page);
    await page.getByText('everything is connected').waitFor();
    await expect.poll(() => posts(discord).map(({ code }) => code)).toContain(50_007);
    await command(ana, '', general);
    await expect.poll(() => saidTo(ana, general)).toContain('✓ everything · 13 tools · connected');
    expect(gateway.log.join('')).not.toMatch(/"level":(50|60)/);
  });

  it.each(['the channel is deleted', 'the thread is archived and locked', 'the bot is thrown out'] as const)(
    '%s in the middle: the page says what came of it, and so does one message to Ana alone',
    async (what) => {
      const { ana, ben, general, guild, discord } = scene;
      // Else no guild is left in which the two could meet.
      discord.guild('Other', [ana]);
      const where = what.startsWith('the thread') ? general.thread('Builds') : general;
      const { page, gateway } = await atTheProvider(where);
      if (what.startsWith('the channel')) general.delete();
      else if (what.startsWith('the thread')) where.archive({ locked: true });
      else guild.kickBot();
      await agree(page);
      await page.getByText('everything is connected').waitFor();
      const told = (): readonly string[] =>
        [saidTo(ana), what.startsWith('the channel') ? '' : saidTo(ana, where)].filter(
          (text) => text === CONNECTED,
        );
      await expect.poll(told).toEqual([CONNECTED]);
      expect(ben.sees()).toBe('');
      expect(gateway.log.join('')).not.toMatch(/"level":(50|60)/);
    },
  );

  it('Ana’s account is deleted in the middle: nothing breaks, others are answered', async () => {
    const { ana, ben, general, discord } = scene;
    const { page, gateway } = await atTheProvider();
    discord.fail('PATCH /webhooks', { status: 404, code: 10_015, message: 'Unknown Webhook' }, 20);
    ana.deleteAccount();
    await agree(page);
    await page.getByText('everything is connected').waitFor();
    await expect.poll(() => discord.callsOf('POST /users/@me/channels').length).toBeGreaterThan(0);
    await command(ben, 'help', general);
    await expect.poll(() => saidTo(ben, general)).toContain('What you can do');
    expect(gateway.log.join('')).not.toMatch(/"level":(50|60)/);
  });

  it('Ana may no longer use the gateway in the middle: nothing is redeemed, the old message says that it is over, and she hears no more', async () => {
    const { ana, ben, general, discord } = scene;
    const { page, gateway } = await atTheProvider();
    const { stateFolder } = gateway;
    await gateway.stop();
    await scene.gateway(
      { ...LONG, access: { users: [idOf(ben)] } },
      { stateFolder, listen: listenOf(gateway) },
    );
    await agree(page);
    await page.getByText('cancelled').first().waitFor();
    await expect.poll(() => saidTo(ana, general)).toMatch(/cancelled/);
    expect(scene.provider.counts.token).toBe(0);
    await calm();
    expect(posts(discord)).toEqual([]);
    await command(ana, '', general);
    await expect.poll(() => saidTo(ana, general)).toContain('You may not use this gateway yet');
  });

  it('asked again meanwhile: the newer message says what came of it, and of the old one nothing more is said', async () => {
    const { ana, general, clock, discord } = scene;
    const { page } = await atTheProvider();
    clock.advance(16 * MINUTE_MS);
    await command(ana, 'auth everything', general);
    await expect.poll(() => saidTo(ana, general)).toContain('The link works for 60 minutes.');
    const newer = await linkFor(ana, general);
    await page.close();
    await signIn(await scene.browser(), newer);
    await expect.poll(() => saidTo(ana, general)).toBe(CONNECTED);
    await calm();
    expect(ana.messages()).toEqual([]);
    expect(posts(discord)).toHaveLength(0);
    expect(scene.provider.counts.token).toBe(1);
  });
});

function listenOf({ url, localUrl }: RunningGateway): { readonly public: string; readonly local: string } {
  return { public: new URL(url).host, local: new URL(localUrl).host };
}
