import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import { agree, goOn, openConnect, signIn, wayBack } from './telegram-browsing.js';
import { usePrograms } from './telegram-program.js';
import { BOT_CHAT, CONNECTED, lastOf, linkFor, saidTo, useTelegramScene } from './telegram-scene.js';

const chromium = findChromium();

/** The program as it ships, by long polling, at its own pace. */
describe.skipIf(chromium === undefined)('Telegram in the private chat', () => {
  const scene = useTelegramScene(chromium);
  const start = usePrograms(scene);

  it('leads from /mcp over a link, consent and an edited message back to the chat', async () => {
    const { ana, api } = scene;
    await start();
    await ana.type('/mcp');
    await expect.poll(() => saidTo(ana)).toContain('● everything · sign-in needed');
    await ana.type('/mcp auth');
    const page = await openConnect(await scene.browser(), await linkFor(ana));
    expect(await page.textContent('main')).toContain('Telegram · @ana asked for this.');
    await goOn(page);
    await agree(page);
    await page.getByText('everything is connected').waitFor();
    expect(await page.textContent('main')).toContain('13 tools');
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    expect(lastOf(ana).buttons).toEqual([]);
    expect(await wayBack(page)).toBe(BOT_CHAT);
    await ana.press('Refresh');
    await expect.poll(() => ana.sees()).toContain('✓ everything · 13 tools · connected');
    expect(scene.provider.counts.token).toBe(1);
    expect(api.callsOf('sendMessage')).toHaveLength(2);
  });

  it('sends one message for a command, and edits it four times at most', async () => {
    const { ana, api } = scene;
    await start();
    await ana.type('/mcp auth everything');
    await signIn(await scene.browser(), await linkFor(ana));
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    expect(api.callsOf('sendMessage')).toHaveLength(1);
    expect(api.callsOf('editMessageText').length).toBeLessThanOrEqual(4);
    for (const command of [
      '/mcp',
      '/mcp status everything',
      '/mcp tools everything',
      '/mcp test everything',
    ]) {
      const { length } = api.callsOf('sendMessage');
      await ana.type(command);
      await expect.poll(() => ana.messages().at(-1)?.from).toBe('bot');
      expect(api.callsOf('sendMessage')).toHaveLength(length + 1);
    }
  });

  it('starts a sign-in by a button of the status message, and that message becomes the sign-in', async () => {
    const { ana, api } = scene;
    await start();
    await ana.start();
    await expect.poll(() => saidTo(ana)).toContain('sign-in needed');
    expect(await ana.press('Sign in')).toEqual({ answered: true });
    await expect.poll(() => saidTo(ana)).toContain('The link works for 10 minutes.');
    await signIn(await scene.browser(), await linkFor(ana));
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    expect(api.callsOf('sendMessage')).toHaveLength(1);
  });

  it('says that Ana declined, takes the link away, and tries again by one tap', async () => {
    const { ana } = scene;
    await start();
    await ana.type('/mcp auth everything');
    const page = await openConnect(await scene.browser(), await linkFor(ana));
    await goOn(page);
    await page.getByRole('link', { name: /cancel/i }).click();
    await expect.poll(() => saidTo(ana)).toBe('✗ everything: you declined the request.');
    expect(
      lastOf(ana)
        .buttons.flat()
        .map(({ label }) => label),
    ).toEqual(['Try again']);
    await ana.press('Try again');
    await signIn(await scene.browser(), await linkFor(ana));
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
  });

  it('ends a sign-in by a button, and the link with it', async () => {
    const { ana } = scene;
    await start();
    await ana.type('/mcp auth everything');
    const link = await linkFor(ana);
    await ana.press('Cancel');
    await expect.poll(() => saidTo(ana)).toBe('– everything: cancelled');
    expect(lastOf(ana).buttons).toEqual([]);
    const page = await openConnect(await scene.browser(), link);
    await page.getByText('This sign-in was cancelled').waitFor();
    expect(scene.provider.counts.token).toBe(0);
  });

  it('signs out by a question and its button, at the provider too', async () => {
    const { ana, api } = scene;
    await start();
    await ana.type('/mcp auth everything');
    await signIn(await scene.browser(), await linkFor(ana));
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    await ana.type('/mcp logout everything');
    await expect.poll(() => saidTo(ana)).toContain('Sign out of everything?');
    await ana.press('Sign out');
    const signedOut = '✓ Signed out of everything: its provider has withdrawn the access.';
    await expect.poll(() => saidTo(ana)).toBe(signedOut);
    expect(scene.provider.counts.revocation).toBeGreaterThan(0);
    expect(api.callsOf('sendMessage')).toHaveLength(2);
    await ana.type('/mcp');
    await expect.poll(() => saidTo(ana)).toContain('everything · sign-in needed');
  });

  it('keeps tokens, states and the bot’s own token out of what it writes', async () => {
    const { ana, api } = scene;
    const program = await start({ log: { level: 'trace' } });
    await ana.type('/mcp auth everything');
    const link = await linkFor(ana);
    const page = await signIn(await scene.browser(), link);
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    const callback = new URL(page.url()).searchParams;
    const secrets = [
      api.token.split(':')[1],
      link.split('/').at(-1),
      callback.get('code'),
      callback.get('state'),
    ];
    for (const secret of secrets) {
      expect(secret?.length).toBeGreaterThan(20);
      expect(program.written()).not.toContain(secret);
    }
  });
});
