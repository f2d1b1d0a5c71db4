import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { button, fill, log, say } from '../adapters/web-browsing.js';
import { findChromium, launchChromium } from '../helpers/browser.js';
import { Program } from '../helpers/program.js';
import { freePort } from '../helpers/servers/free-port.js';
import { openPage, submit } from '../helpers/sign-in-browser.js';

const chromium = findChromium();

describe.skipIf(chromium === undefined)('the demo, as a newcomer meets it', () => {
  let browser: Browser;
  let demo: Program;
  let chatUrl: string;
  let apiKey: string;
  let context: BrowserContext;
  let chat: Page;

  beforeAll(async () => {
    browser = await launchChromium(chromium ?? '');
    demo = new Program(['demo', '--port', String(await freePort())]);
    await demo.untilSays('Ctrl-C stops it.');
    chatUrl = /http:\/\/127\.0\.0\.1:\d+\/chat/.exec(demo.out)?.[0] ?? '';
    apiKey = /demo-[0-9a-f]{24}/.exec(demo.out)?.[0] ?? '';
  });
  afterAll(async () => {
    await browser.close();
    expect(await demo.stop()).toBe(0);
    await expect(fetch(chatUrl)).rejects.toThrow();
  });
  beforeEach(async () => {
    context = await browser.newContext();
    chat = await context.newPage();
    await chat.goto(chatUrl);
  });
  afterEach(() => context.close());

  async function signIn(server: string): Promise<Page> {
    const popup = context.waitForEvent('page');
    await log(chat)
      .getByRole('link', { name: new RegExp(`sign in.*${server}|sign in`, 'i') })
      .last()
      .click();
    const page = await popup;
    await page.getByRole('button', { name: /continue to/i }).click();
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByText(`${server} is connected`).waitFor();
    return page;
  }

  it('prints one link and says what to do', () => {
    expect(demo.out.match(/http:\/\/\S+/g)).toEqual([chatUrl]);
    expect(demo.out).toContain('/mcp auth');
  });

  it('connects ana to a server with OAuth, and shows her, as an admin, who is signed in to what', async () => {
    await say(chat, '/mcp auth notes');
    await signIn('notes');
    await log(chat).getByText('notes connected · 3 tools').waitFor();
    await say(chat, '/mcp users');
    await log(chat).getByText('web:ana').last().waitFor();
  });

  it('takes the key that it prints, and refuses another in place of none', async () => {
    await say(chat, '/mcp auth weather');
    await fill(chat, 'Add key', { WEATHER_KEY: 'not-the-key-0000' });
    await log(chat)
      .getByText(/refused|did not accept|does not accept/i)
      .last()
      .waitFor();
    await say(chat, '/mcp auth weather');
    await fill(chat, 'Add key', { WEATHER_KEY: apiKey });
    await log(chat)
      .getByText(/weather connected/)
      .last()
      .waitFor();
    const shown = await log(chat).innerText();
    expect(shown).not.toContain(apiKey);
    expect(shown).not.toContain('not-the-key-0000');
    await say(chat, '/mcp status weather');
    await log(chat)
      .getByText(`…${apiKey.slice(-4)}`)
      .last()
      .waitFor();
  });

  it('keeps ben apart from ana: his own sign-ins, no admin commands', async () => {
    await chat.locator('#person').selectOption('ben');
    await chat.locator('#initial', { hasText: 'B' }).waitFor();
    await say(chat, '/mcp');
    await button(chat, 'Sign in to all').waitFor();
    expect(await log(chat).innerText()).not.toMatch(/\bconnected\b/);
    await say(chat, '/mcp users');
    await log(chat).getByText(/admin/i).last().waitFor();
    expect(await log(chat).innerText()).not.toContain('web:ana');
  });

  it('signs out on request, after asking', async () => {
    await say(chat, '/mcp auth tickets');
    await signIn('tickets');
    await log(chat).getByText('tickets connected · 2 tools').waitFor();
    await say(chat, '/mcp logout tickets');
    await log(chat).getByText('Sign out of tickets?').waitFor();
    await button(chat, 'Sign out').click();
    await log(chat)
      .getByText(/signed out/i)
      .last()
      .waitFor();
    await say(chat, '/mcp status tickets');
    await log(chat).getByText('sign-in needed').last().waitFor();
  });
});

describe('a key, given by the terminal through the public form', () => {
  it('is refused when it is wrong and kept when it is right; the link ends then', async () => {
    const chat = new Program(['chat', '--as', 'ana', '--json', '--wait', '30']);
    try {
      await chat.until(() => (/demo-[0-9a-f]{24}/.test(chat.err) ? true : undefined), 'the key');
      const apiKey = /demo-[0-9a-f]{24}/.exec(chat.err)?.[0] ?? '';
      chat.type('/mcp auth weather');
      const link = await chat.until(() => /http:\/\/[^"]+\/key\/[\w-]+/.exec(chat.out)?.[0], 'the link');
      const form = await openPage(link);
      expect(form.html).toMatch(/type="password"/);
      const refused = await submit(form, { 'key:WEATHER_KEY': 'wrong-key-00000000' });
      expect(await refused.text()).not.toContain('wrong-key');
      const again = await submit(await openPage(link), { 'key:WEATHER_KEY': apiKey });
      expect(await again.text()).toMatch(/connected/);
      await chat.untilSays(/"type":"update".*weather connected/);
      expect((await fetch(link)).status).toBe(410);
      expect(chat.out + chat.err.replaceAll(`this key: ${apiKey}`, '')).not.toContain(apiKey);
    } finally {
      await chat.stop();
    }
  });
});
