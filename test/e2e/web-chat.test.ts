import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { log, say } from '../adapters/web-browsing.js';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { findChromium, launchChromium } from '../helpers/browser.js';
import { type GatewayFolder, gatewayFolder } from '../helpers/gateway-folder.js';
import { Program } from '../helpers/program.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { pressConnect } from '../helpers/sign-in-browser.js';

const chromium = findChromium();

describe.skipIf(chromium === undefined)('the web chat in a real browser', () => {
  let browser: Browser;
  let provider: AuthorizationServer;
  let everything: ProtectedServer;
  let home: GatewayFolder;
  let gateway: Program;
  let context: BrowserContext;

  beforeAll(async () => {
    browser = await launchChromium(chromium ?? '');
    provider = await startAuthorizationServer();
    everything = await startProtectedServer(provider);
  });
  afterAll(async () => {
    await browser.close();
    await everything.close();
    await provider.close();
  });
  beforeEach(async () => {
    provider.resetCounts();
    everything.resetCounts();
    home = await gatewayFolder({
      access: { users: ['web:ana', 'web:ben'], admins: ['web:ana'] },
      platforms: { web: { people: ['ana', 'ben'] } },
      mcp_servers: { everything: { url: everything.url, auth: 'oauth' } },
    });
    gateway = await started();
    context = await browser.newContext();
  });
  afterEach(async () => {
    await context.close();
    await gateway.stop();
    await home.remove();
  });

  async function started(): Promise<Program> {
    const program = new Program(['start', '--config', home.config]);
    await program.untilSays('Ctrl-C stops it.');
    return program;
  }

  async function openChat(): Promise<Page> {
    const page = await context.newPage();
    await page.goto(`${home.localUrl}/chat`);
    return page;
  }

  /** From the chat's link to the provider's login page, by one tap on the connect page. */
  async function openSignIn(chat: Page): Promise<Page> {
    const popup = context.waitForEvent('page');
    await chat
      .getByRole('link', { name: /sign in/i })
      .last()
      .click();
    const page = await popup;
    await expect.poll(() => page.locator('h1').textContent()).toMatch(/everything/);
    expect(await page.textContent('main')).toMatch(/Web chat[\s\S]*ana|ana[\s\S]*Web chat/);
    await page.getByRole('button').first().click();
    await page.locator('input[name=login]').waitFor();
    return page;
  }

  async function logIn(page: Page): Promise<void> {
    await page.fill('input[name=login]', 'ana');
    await page.fill('input[name=password]', 'any');
    await page.click('button[type=submit]');
    await page.waitForURL(/interaction/);
    await page.locator('button[type=submit]', { hasText: /continue/i }).click();
  }

  it('leads from /mcp auth through login and consent to the edited message', async () => {
    const chat = await openChat();
    await say(chat, '/mcp auth everything');
    const page = await openSignIn(chat);
    await logIn(page);
    await page.getByText(/everything is connected/i).waitFor();
    expect(await page.textContent('main')).toMatch(/13 tools/);
    await log(chat).getByText('everything connected · 13 tools').waitFor();
    expect(await chat.getByRole('link', { name: /sign in/i }).count()).toBe(0);
    // Back from the page to the chat, by its own link.
    await page.getByRole('link').first().click();
    await page.waitForURL(`${home.localUrl}/chat**`);
    expect(provider.counts.token).toBe(1);
  });

  it('says in the chat that the person declined, and offers to try again', async () => {
    const chat = await openChat();
    await say(chat, '/mcp auth everything');
    const page = await openSignIn(chat);
    await page.getByRole('link', { name: /cancel/i }).click();
    await page.waitForURL(`${home.publicUrl}/**`);
    await log(chat).getByText('you declined the request').waitFor();
    await chat.getByRole('button', { name: 'Try again' }).click();
    await chat.getByRole('link', { name: /sign in/i }).waitFor();
  });

  it('edits the old message although the gateway was killed between the consent and the callback', async () => {
    const chat = await openChat();
    await say(chat, '/mcp auth everything');
    const page = await openSignIn(chat);
    await gateway.kill();
    gateway = await started();
    await logIn(page);
    await page.getByText(/everything is connected/i).waitFor();
    await log(chat).getByText('everything connected · 13 tools').waitFor();
    await expect.poll(() => chat.getByRole('link', { name: /sign in/i }).count()).toBe(0);
  });

  it('asks a browser that never pressed the button for the code, which is then given in the chat', async () => {
    const chat = await openChat();
    await say(chat, '/mcp auth everything');
    const link = await chat.getByRole('link', { name: /sign in/i }).getAttribute('href');
    // What a phisher would pass on: the button pressed elsewhere, the address behind it sent to somebody.
    const { location } = await pressConnect(link ?? '');
    const other = await browser.newContext();
    const page = await other.newPage();
    await page.goto(location);
    await page.locator('input[name=login]').waitFor();
    await logIn(page);
    await page
      .getByText(/\d{3} \d{3}/)
      .first()
      .waitFor();
    const digits = /\b\d{3} \d{3}\b/.exec((await page.textContent('main')) ?? '')?.[0];
    expect(everything.counts.passed).toBe(0);
    await say(chat, `/mcp confirm ${digits}`);
    await log(chat).getByText('everything connected · 13 tools').last().waitFor();
    await other.close();
  });

  it('lets an admin see who is signed in to what, and shows a member none of it', async () => {
    const chat = await openChat();
    await say(chat, '/mcp auth everything');
    await logIn(await openSignIn(chat));
    await log(chat).getByText('everything connected · 13 tools').waitFor();
    await say(chat, '/mcp users');
    await chat
      .getByText(/web:ana/)
      .last()
      .waitFor();
    const ben = await browser.newContext();
    const benChat = await ben.newPage();
    await benChat.goto(`${home.localUrl}/chat`);
    await benChat.locator('#person').selectOption('ben');
    await benChat.locator('#initial', { hasText: 'B' }).waitFor();
    await say(benChat, '/mcp users');
    await benChat.getByText(/admin/i).last().waitFor();
    expect(await benChat.locator('main').textContent()).not.toMatch(/web:ana/);
    await ben.close();
  });
});
