import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import type { DiscordChannel, ShownModal } from '../helpers/discord/face.js';
import { pressConnect } from '../helpers/sign-in-browser.js';
import {
  buttonsOf,
  CONNECTED,
  command,
  lastOf,
  linkFor,
  saidTo,
  signIn,
  useDiscordScene,
} from './discord-scene.js';
import { agree } from './telegram-browsing.js';

const chromium = findChromium();

const ALWAYS = { security: { confirm: 'always' } };
const WAITS = /^● everything: one step left\. Give the six digits that the page shows/;
const NOTHING_WAITS = 'No sign-in of yours waits for a code. Start one with /mcp auth.';

describe.skipIf(chromium === undefined)('Discord where a code is asked', () => {
  const scene = useDiscordScene(chromium);

  /** Ana's browser, back from the provider, and her message, which waits for the code. */
  async function waiting(where: DiscordChannel = scene.general): Promise<Page> {
    const { ana } = scene;
    await command(ana, 'auth everything', where);
    const page = await signIn(await scene.browser(), await linkFor(ana, where));
    await expect.poll(() => saidTo(ana, where)).toMatch(WAITS);
    expect(buttonsOf(ana, where)).toEqual(['Enter code', 'Cancel']);
    return page;
  }

  async function digitsOn(page: Page): Promise<string> {
    const digits = /\b(\d{3}) (\d{3})\b/.exec((await page.textContent('.digits')) ?? '');
    return `${digits?.[1]}${digits?.[2]}`;
  }

  async function formOf(where: DiscordChannel = scene.general): Promise<ShownModal> {
    const opened = await scene.ana.presses('Enter code', where);
    if (opened.kind !== 'modal') throw new Error(opened.kind);
    return opened.modal;
  }

  const anothers = (digits: string, by = 1): string =>
    String((Number(digits) + by) % 1_000_000).padStart(6, '0');

  it('takes it by a form, with its space or without, and connects', async () => {
    const { ana, ben, general } = scene;
    await scene.gateway(ALWAYS);
    const page = await waiting();
    const digits = await digitsOn(page);
    expect(scene.everything.counts.passed).toBe(0);
    const form = await formOf();
    expect(form.inputs).toMatchObject([{ label: 'Six digits', placeholder: '482 913' }]);
    await ana.submits(form, { 'Six digits': `${digits.slice(0, 3)} ${digits.slice(3)}` });
    await expect.poll(() => saidTo(ana, general)).toBe(CONNECTED);
    expect(lastOf(ana, general).buttons).toEqual([]);
    expect(ana.messages(general)).toHaveLength(1);
    expect(ben.sees(general)).toBe('');
    expect(new Set(scene.everything.callers)).toEqual(new Set(['ana']));
  });

  it('says so where these are no six digits, and costs no try', async () => {
    const { ana, general } = scene;
    await scene.gateway(ALWAYS);
    const digits = await digitsOn(await waiting());
    for (let slip = 0; slip < 5; slip += 1) {
      const outcome = await ana.submits(await formOf(), { 'Six digits': 'abcdef' });
      expect(outcome.kind === 'message' && outcome.message.text).toContain('That were not 6 digits.');
    }
    await ana.fills('Enter code', { 'Six digits': digits }, general);
    await expect.poll(() => ana.messages(general)[0]?.text).toBe(CONNECTED);
  });

  it('refuses it to Ben, by a command and by her form, changes nothing of Ana’s, and lets her finish', async () => {
    const { ana, ben, general } = scene;
    await scene.gateway(ALWAYS);
    const page = await waiting();
    const digits = await digitsOn(page);
    const form = await formOf();
    const before = ana.messages(general).map(({ text }) => text);
    await command(ben, `confirm ${digits}`, general);
    await expect.poll(() => saidTo(ben, general)).toBe(NOTHING_WAITS);
    const forged = await ben.submits(form, { 'Six digits': digits });
    expect(forged.kind === 'message' && forged.message.text).toBe(
      'This button is for somebody else. Type /mcp for your own.',
    );
    expect(ana.messages(general).map(({ text }) => text)).toEqual(before);
    expect(scene.everything.counts.passed).toBe(0);
    await ana.submits(form, { 'Six digits': digits });
    await expect.poll(() => saidTo(ana, general)).toBe(CONNECTED);
    await command(ben, '', general);
    await expect.poll(() => saidTo(ben, general)).toContain('everything · sign-in needed');
  });

  it('drops the sign-in after five wrong codes, by form or command, and says so', async () => {
    const { ana, general } = scene;
    await scene.gateway(ALWAYS);
    const digits = await digitsOn(await waiting());
    await ana.fills('Enter code', { 'Six digits': anothers(digits) }, general);
    await expect.poll(() => saidTo(ana, general)).toMatch(/^● everything: that was not the code/);
    for (const [by, left] of ['3 tries', '2 tries', '1 try'].entries()) {
      await command(ana, `confirm ${anothers(digits, by + 2)}`, general);
      await expect.poll(() => saidTo(ana, general)).toContain(`That is not the code; ${left} left.`);
    }
    await ana.fills('Enter code', { 'Six digits': anothers(digits, 5) }, general);
    const dropped = '✗ everything: the code was wrong five times; nothing was kept.';
    await expect.poll(() => ana.messages(general)[0]?.text).toBe(dropped);
    await command(ana, `confirm ${digits}`, general);
    await expect.poll(() => saidTo(ana, general)).toBe(NOTHING_WAITS);
    expect(scene.everything.counts.passed).toBe(0);
    expect(scene.provider.counts.revocation).toBe(0);
  });

  it('is asked of a browser that never pressed the button, and typed it connects too', async () => {
    const { ana, general } = scene;
    await scene.gateway();
    await command(ana, 'auth everything', general);
    // What a phisher passes on: the button pressed elsewhere, the address behind it sent to somebody.
    const { location } = await pressConnect(await linkFor(ana, general));
    const page = await (await scene.browser()).newPage();
    await page.goto(location);
    await agree(page);
    const digits = await digitsOn(page);
    expect(await page.textContent('main')).toContain('Only if Discord · @ana is you');
    await expect.poll(() => saidTo(ana, general)).toMatch(WAITS);
    await command(ana, `confirm ${digits.slice(0, 3)} ${digits.slice(3)}`, general);
    await expect.poll(() => ana.messages(general).map(({ text }) => text)).toEqual([CONNECTED, CONNECTED]);
    expect(ana.messages(general).flatMap(({ buttons }) => buttons)).toEqual([]);
  });
});
