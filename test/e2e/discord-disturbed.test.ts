import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import type { RestCall } from '../helpers/discord/face.js';
import {
  CONNECTED,
  command,
  edits,
  lastOf,
  linkFor,
  posts,
  saidTo,
  useDiscordScene,
} from './discord-scene.js';
import { agree, goOn, openConnect } from './telegram-browsing.js';

const chromium = findChromium();

describe.skipIf(chromium === undefined)('Discord that fails in the middle of a sign-in', () => {
  const scene = useDiscordScene(chromium);

  /** Ana's browser at the provider's login, on the way from a link in the channel. */
  async function atTheProvider(): Promise<Page> {
    await scene.gateway();
    await command(scene.ana, 'auth everything', scene.general);
    const page = await openConnect(await scene.browser(), await linkFor(scene.ana, scene.general));
    await goOn(page);
    return page;
  }

  const connectedEdits = (): readonly RestCall[] =>
    edits(scene.discord).filter(
      ({ body, status }) => status === 200 && JSON.stringify(body).includes('connected'),
    );

  /** In the old message, once, and nowhere else. */
  async function untilTold(): Promise<void> {
    const { ana, ben, general, discord } = scene;
    await expect.poll(() => saidTo(ana, general)).toBe(CONNECTED);
    expect(lastOf(ana, general).buttons).toEqual([]);
    expect(ana.messages(general)).toHaveLength(1);
    expect(posts(discord)).toEqual([]);
    expect(ben.sees(general) + ben.sees() + ana.sees()).toBe('');
    expect(connectedEdits()).toHaveLength(1);
  }

  /** How long after Discord asked to wait the next edit came. */
  async function waitedMs(): Promise<number> {
    const all = () => edits(scene.discord);
    const refused = () => all().findIndex(({ status }) => status === 429);
    await expect.poll(() => all()[refused() + 1]?.atMs).toBeDefined();
    return (all()[refused() + 1]?.atMs ?? 0) - (all()[refused()]?.atMs ?? 0);
  }

  it('away when the browser comes back: the page says it at once, the chat when Discord is there again', async () => {
    const { ana, general, discord } = scene;
    const page = await atTheProvider();
    await discord.goDown();
    await agree(page);
    await page.getByText('everything is connected').waitFor();
    expect(saidTo(ana, general)).toContain('The link works for 10 minutes.');
    await discord.comeBack();
    await untilTold();
    await expect.poll(() => discord.gateway.ready).toBe(1);
    await command(ana, 'help', general);
    await expect.poll(() => saidTo(ana, general)).toContain('What you can do');
  });

  it.each([
    ['two seconds', 2],
    ['more than a command can wait', 11],
  ])('asks for silence, %s: it gets that, and Ana the outcome', async (_how, seconds) => {
    const page = await atTheProvider();
    scene.discord.fail('PATCH /webhooks', { retryAfter: seconds });
    await agree(page);
    expect(await waitedMs()).toBeGreaterThanOrEqual(seconds * 1000);
    await untilTold();
  });

  it('limits what it takes while much is to be said: nothing of it is lost', async () => {
    const { ana, general, discord } = scene;
    const page = await atTheProvider();
    discord.limit('PATCH /webhooks', 1, 1_000);
    discord.limit('POST /interactions', 1, 300);
    const commands = ['help', 'tools everything', 'cancel nothing', 'confirm 123456'];
    for (const words of commands) await command(ana, words, general);
    await agree(page);
    await expect.poll(() => ana.messages(general).map(({ text }) => text)).toContain(CONNECTED);
    expect(ana.messages(general).map(({ state }) => state)).toEqual(Array(5).fill('sent'));
    expect(ana.sees(general)).not.toMatch(/Something went wrong|did not respond/);
  });

  it.each([
    ['loses the connection before the edit', 'drop-before'],
    ['loses the connection after the edit', 'drop-after'],
    ['answers with a proxy’s error page', { status: 502 }],
    ['answers with an error of its own', { status: 500, code: 0, message: 'Internal Server Error' }],
  ] as const)('%s: the outcome is told all the same, in the old message', async (_what, how) => {
    const { ana, general, discord } = scene;
    const page = await atTheProvider();
    discord.fail('PATCH /webhooks', how, 2);
    await agree(page);
    await expect.poll(() => saidTo(ana, general)).toBe(CONNECTED);
    expect(lastOf(ana, general).buttons).toEqual([]);
    expect(posts(discord)).toEqual([]);
    expect(ana.messages(general)).toHaveLength(1);
  });
});
