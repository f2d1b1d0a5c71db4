import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import { pressConnect } from '../helpers/sign-in-browser.js';
import type { Where } from '../helpers/slack/face.js';
import { CONNECTED, lastOf, linkFor, pressLink, saidTo, useSlackScene } from './slack-scene.js';
import { agree, signIn } from './telegram-browsing.js';

const chromium = findChromium();

const ALWAYS = { security: { confirm: 'always' } };
const WAITS = /^● everything: one step left\. Give the six digits that the page shows/;
const NOTHING_WAITS = 'No sign-in of yours waits for a code. Start one with /mcp auth.';

describe.skipIf(chromium === undefined)('Slack where a code is asked', () => {
  const scene = useSlackScene(chromium);
  const here = (): Where => ({ channel: scene.team });

  /** Ana's browser, back from the provider, and her message, which waits for the code. */
  async function waiting(where?: Where): Promise<Page> {
    const { ana } = scene;
    await ana.types('/mcp auth everything', where);
    const page = await signIn(await scene.browser(), await pressLink(ana, where));
    await expect.poll(() => saidTo(ana, where)).toMatch(WAITS);
    return page;
  }

  async function digitsOn(page: Page): Promise<string> {
    const found = /\b(\d{3}) (\d{3})\b/.exec((await page.textContent('.digits')) ?? '');
    return `${found?.[1]}${found?.[2]}`;
  }

  const anothers = (digits: string, by = 1): string =>
    String((Number(digits) + by) % 1_000_000).padStart(6, '0');

  it.each([
    ['the channel', here],
    ['the direct messages', () => undefined],
  ])('takes it by a form in %s, checks it in place, and connects', async (_where, place) => {
    const { ana, ben } = scene;
    await scene.gateway(ALWAYS);
    const where = place();
    const digits = await digitsOn(await waiting(where));
    expect(scene.everything.counts.passed).toBe(0);
    const label = 'Six digits';
    expect(await ana.fills('Enter code', { [label]: '48 29' }, where)).toEqual({
      kind: 'errors',
      errors: { [label]: 'It has 6 digits.' },
    });
    expect(await ana.submits({ [label]: `${digits.slice(0, 3)} ${digits.slice(3)}` })).toEqual({
      kind: 'closed',
    });
    await expect.poll(() => saidTo(ana, where)).toBe(CONNECTED);
    expect(lastOf(ana, where).buttons).toEqual([]);
    expect(ben.seesAnywhere()).toBe('');
    expect(new Set(scene.everything.callers)).toEqual(new Set(['ana']));
  });

  it('counts a form that was submitted twice once', async () => {
    const { ana } = scene;
    await scene.gateway(ALWAYS);
    const digits = await digitsOn(await waiting(here()));
    await ana.presses('Enter code', here());
    await expect.poll(() => ana.modal?.title).toBe('Enter code');
    const wrong = { 'Six digits': anothers(digits) };
    const answers = await ana.submitsTwice(wrong);
    expect(answers.map(({ kind }) => kind)).toEqual(['closed', 'closed']);
    await expect.poll(() => saidTo(ana, here())).toContain('that was not the code');
    for (const left of ['3 tries', '2 tries', '1 try']) {
      await ana.types(`/mcp confirm ${anothers(digits)}`, here());
      await expect.poll(() => saidTo(ana, here())).toContain(`That is not the code; ${left} left.`);
    }
    await ana.types(`/mcp confirm ${digits}`, here());
    await expect.poll(() => saidTo(ana, here())).toBe(CONNECTED);
  });

  it('refuses it to Ben, changes nothing of Ana’s, and lets her finish', async () => {
    const { ana, ben } = scene;
    await scene.gateway(ALWAYS);
    const digits = await digitsOn(await waiting(here()));
    const before = ana.seesAnywhere();
    await ben.types(`/mcp confirm ${digits}`, here());
    await expect.poll(() => saidTo(ben, here())).toBe(NOTHING_WAITS);
    const [enter] = lastOf(ana, here()).buttons;
    const forged = await ben.forgesPress(lastOf(ana, here()), {
      action_id: enter?.actionId,
      block_id: enter?.blockId,
      value: enter?.value,
    });
    expect(forged.modal).toBeUndefined();
    await expect
      .poll(() => saidTo(ben, here()))
      .toBe('This button is for somebody else. Type /mcp for your own.');
    expect(ana.seesAnywhere()).toBe(before);
    expect(scene.everything.counts.passed).toBe(0);
    await ana.fills('Enter code', { 'Six digits': digits }, here());
    await expect.poll(() => saidTo(ana, here())).toBe(CONNECTED);
    expect(ben.seesAnywhere()).not.toContain(CONNECTED);
  });

  it('drops the sign-in after five wrong codes, by form or typed, and says so', async () => {
    const { ana } = scene;
    await scene.gateway(ALWAYS);
    const digits = await digitsOn(await waiting(here()));
    await ana.fills('Enter code', { 'Six digits': anothers(digits) }, here());
    await expect.poll(() => saidTo(ana, here())).toContain('that was not the code');
    for (const left of ['3 tries', '2 tries', '1 try']) {
      await ana.types(`/mcp confirm ${anothers(digits)}`, here());
      await expect.poll(() => saidTo(ana, here())).toContain(`${left} left.`);
    }
    const dropped = '✗ everything: the code was wrong five times; nothing was kept.';
    await ana.fills('Enter code', { 'Six digits': anothers(digits) }, here());
    await expect.poll(() => ana.sees(here())).toContain(dropped);
    await ana.types(`/mcp confirm ${digits}`, here());
    await expect.poll(() => saidTo(ana, here())).toBe(NOTHING_WAITS);
    expect(scene.everything.counts.passed).toBe(0);
    expect(scene.provider.counts.revocation).toBe(0);
  });

  it('is asked of a browser that never pressed the page’s button, and typed it connects too', async () => {
    const { ana } = scene;
    await scene.gateway();
    await ana.types('/mcp auth everything', here());
    await pressLink(ana, here());
    // What a phisher passes on: the button pressed elsewhere, the address behind it sent to somebody.
    const { location } = await pressConnect(await linkFor(ana, here()));
    const page = await (await scene.browser()).newPage();
    await page.goto(location);
    await agree(page);
    const digits = await digitsOn(page);
    expect(await page.textContent('main')).toContain('Only if Slack · @ana is you');
    await expect.poll(() => saidTo(ana, here())).toMatch(WAITS);
    await ana.types(`/mcp confirm ${digits.slice(0, 3)} ${digits.slice(3)}`, here());
    await expect.poll(() => ana.sees(here())).toContain(CONNECTED);
  });

  it('is asked for in a private message where the link was copied, and given there', async () => {
    const { ana, ben } = scene;
    await scene.gateway(ALWAYS);
    await ana.types('/mcp auth everything', here());
    const page = await signIn(await scene.browser(), await linkFor(ana, here()));
    await expect.poll(() => saidTo(ana)).toMatch(WAITS);
    await ana.fills('Enter code', { 'Six digits': await digitsOn(page) });
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    expect(ben.seesAnywhere()).toBe('');
  });
});
