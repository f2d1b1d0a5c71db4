import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import { pressConnect } from '../helpers/sign-in-browser.js';
import { agree, signIn } from './telegram-browsing.js';
import { BOT_CHAT, CONNECTED, lastOf, linkFor, saidTo, useTelegramScene } from './telegram-scene.js';

const chromium = findChromium();

const ALWAYS = { security: { confirm: 'always' } };
const WAITS = /^● everything: one step left\. Give the six digits that the page shows/;
const NOTHING_WAITS = 'No sign-in of yours waits for a code. Start one with /mcp auth.';

describe.skipIf(chromium === undefined)('Telegram where a code is asked', () => {
  const scene = useTelegramScene(chromium);

  /** Ana's browser, back from the provider, and her message, which waits for the code. */
  async function waiting(chat?: Parameters<typeof saidTo>[1]): Promise<Page> {
    const { ana } = scene;
    await ana.type('/mcp auth everything', chat === undefined ? {} : { chat });
    const page = await signIn(await scene.browser(), await linkFor(ana, chat));
    await expect.poll(() => saidTo(ana, chat)).toMatch(WAITS);
    return page;
  }

  /** The code page's one tap, and the digits in it. */
  async function oneTap(page: Page): Promise<{ readonly url: string; readonly digits: string }> {
    const url = await page.getByRole('link', { name: 'Give the code in Telegram' }).getAttribute('href');
    const digits = /\b(\d{3}) (\d{3})\b/.exec((await page.textContent('.digits')) ?? '');
    return { url: url ?? '', digits: `${digits?.[1]}${digits?.[2]}` };
  }

  const anothers = (digits: string): string => String((Number(digits) + 1) % 1_000_000).padStart(6, '0');

  it('carries it back by one tap, which connects', async () => {
    const { ana, ben } = scene;
    await scene.gateway(ALWAYS);
    const page = await waiting();
    const { url, digits } = await oneTap(page);
    expect(url).toBe(`${BOT_CHAT}?start=mcp_c_${digits}`);
    expect(digits).toMatch(/^\d{6}$/);
    expect(scene.everything.counts.passed).toBe(0);
    await ana.openLink(url);
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    await expect.poll(() => ana.messages().filter(({ text }) => text === CONNECTED)).toHaveLength(2);
    expect(ana.messages().flatMap(({ buttons }) => buttons.flat())).toEqual([]);
    expect(ben.sees()).toBe('');
    expect(new Set(scene.everything.callers)).toEqual(new Set(['ana']));
  });

  it('refuses the same link to Ben, changes nothing of Ana’s, and lets her finish', async () => {
    const { ana, ben } = scene;
    await scene.gateway(ALWAYS);
    const page = await waiting();
    const { url } = await oneTap(page);
    const before = ana.sees();
    await ben.openLink(url);
    await expect.poll(() => saidTo(ben)).toBe(NOTHING_WAITS);
    expect(ana.sees()).toBe(before);
    expect(scene.everything.counts.passed).toBe(0);
    await ben.type('/mcp');
    await expect.poll(() => saidTo(ben)).toContain('everything · sign-in needed');
    await ana.openLink(url);
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    expect(ben.sees()).not.toContain(CONNECTED);
  });

  it('edits the group’s message for Ana alone where the tap is in her private chat', async () => {
    const { ana, ben } = scene;
    await scene.gateway(ALWAYS);
    const chat = scene.api.group('Team', [ana, ben], { kind: 'supergroup' });
    const page = await waiting(chat);
    await ana.openLink((await oneTap(page)).url);
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    await expect.poll(() => saidTo(ana, chat)).toBe(CONNECTED);
    expect(ben.sees(chat)).toBe('');
  });

  it('drops the sign-in after five wrong codes, typed or tapped, and says so', async () => {
    const { ana } = scene;
    await scene.gateway(ALWAYS);
    const page = await waiting();
    const { url, digits } = await oneTap(page);
    const wrong = anothers(digits);
    for (const left of ['4 tries', '3 tries', '2 tries', '1 try']) {
      if (left === '3 tries') await ana.openLink(url.replace(digits, wrong));
      else await ana.type(`/mcp confirm ${wrong}`);
      await expect.poll(() => saidTo(ana)).toContain(`That is not the code; ${left} left.`);
    }
    await ana.type(`/mcp confirm ${wrong.slice(0, 3)} ${wrong.slice(3)}`);
    const dropped = '✗ everything: the code was wrong five times; nothing was kept.';
    await expect.poll(() => saidTo(ana)).toBe(dropped);
    const [first] = ana.messages().filter(({ from }) => from === 'bot');
    await expect.poll(() => ana.messages().find(({ id }) => id === first?.id)?.text).toBe(dropped);
    await ana.openLink(url);
    await expect.poll(() => saidTo(ana)).toBe(NOTHING_WAITS);
    expect(scene.everything.counts.passed).toBe(0);
    expect(scene.provider.counts.revocation).toBe(0);
  });

  it('is asked of a browser that never pressed the button, and typed it connects too', async () => {
    const { ana } = scene;
    await scene.gateway();
    await ana.type('/mcp auth everything');
    // What a phisher passes on: the button pressed elsewhere, the address behind it sent to somebody.
    const { location } = await pressConnect(await linkFor(ana));
    const page = await (await scene.browser()).newPage();
    await page.goto(location);
    await agree(page);
    const { digits } = await oneTap(page);
    expect(await page.textContent('main')).toContain('Only if Telegram · @ana is you');
    await expect.poll(() => saidTo(ana)).toMatch(WAITS);
    await ana.type(`/mcp confirm ${digits.slice(0, 3)} ${digits.slice(3)}`);
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    expect(lastOf(ana).buttons).toEqual([]);
  });
});
