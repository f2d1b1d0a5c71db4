import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import { CONNECTED, command, linkFor, saidTo, useDiscordScene } from './discord-scene.js';
import { agree, goOn, openConnect } from './telegram-browsing.js';

const chromium = findChromium();

describe.skipIf(chromium === undefined)('Discord whose Gateway fails in the middle of a sign-in', () => {
  const scene = useDiscordScene(chromium);

  /** Ana's browser at the provider's login, on the way from a link in the channel. */
  async function atTheProvider(): Promise<Page> {
    await scene.gateway();
    await command(scene.ana, 'auth everything', scene.general);
    const page = await openConnect(await scene.browser(), await linkFor(scene.ana, scene.general));
    await goOn(page);
    return page;
  }

  it.each(['breaks off', 'asks to reconnect', 'ends the session'] as const)(
    '%s: the outcome arrives, and what is asked afterwards is answered',
    async (what) => {
      const { ana, general, discord } = scene;
      const page = await atTheProvider();
      const { gateway } = discord;
      const before = gateway.connections;
      if (what === 'breaks off') gateway.drop();
      else if (what === 'asks to reconnect') gateway.askToReconnect();
      else gateway.invalidate(false);
      await agree(page);
      await expect.poll(() => saidTo(ana, general)).toBe(CONNECTED);
      expect(ana.messages(general)).toHaveLength(1);
      await expect.poll(() => gateway.connections > before && gateway.ready === 1).toBe(true);
      expect(gateway.resumes).toBe(what === 'ends the session' ? 0 : 1);
      await command(ana, '', general);
      await expect.poll(() => saidTo(ana, general)).toContain('✓ everything · 13 tools · connected');
    },
  );

  it('answers a command that was given while the Gateway’s connection was broken off', async () => {
    const { ana, general, discord } = scene;
    await scene.gateway();
    discord.gateway.drop();
    await command(ana, '', general);
    await expect.poll(() => saidTo(ana, general)).toContain('everything · sign-in needed');
    expect(discord.gateway.resumes).toBe(1);
  });

  it('takes the token back in the middle: one error in the log, /readyz says why, the page the truth, no more requests', async () => {
    const { ana, general, discord } = scene;
    const gateway = await scene.gateway();
    await command(ana, 'auth everything', general);
    const page = await openConnect(await scene.browser(), await linkFor(ana, general));
    await goOn(page);
    discord.revokeToken();
    const ready = async () => {
      const response = await fetch(`${gateway.localUrl}/readyz`);
      return `${response.status} ${await response.text()}`;
    };
    await expect.poll(ready).toMatch(/^503 [\s\S]*Discord refuses the bot token/);
    const { length } = discord.calls;
    await agree(page);
    await page.getByText('everything is connected').waitFor();
    await expect
      .poll(() => gateway.log.filter((line) => line.includes('refuses the bot token')).length)
      .toBe(1);
    expect(gateway.log.filter((line) => /"level":(50|60)/.test(line))).toHaveLength(1);
    expect(discord.calls.slice(length).filter(({ authorized }) => authorized)).toEqual([]);
    expect(gateway.log.join('')).not.toContain(discord.token);
  });
});
