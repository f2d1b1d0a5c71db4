import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { Person } from '../contracts/chat-adapter.js';
import { launchChromium } from '../helpers/browser.js';

/** The command line. */
export function input(page: Page): Locator {
  return page.getByRole('combobox', { name: 'Command' });
}

export async function say(page: Page, text: string): Promise<void> {
  await input(page).fill(text);
  await input(page).press('Enter');
}

/** The conversation. */
export function log(page: Page): Locator {
  return page.getByRole('list', { name: 'Conversation' });
}

/** The newest button with this label; for a screen reader the name of its row may follow. */
export function button(page: Page, label: string): Locator {
  return log(page)
    .getByRole('button', { name: new RegExp(`^${label}`) })
    .last();
}

/** Opens a form by its button, fills it in, and submits it. */
export async function fill(
  page: Page,
  label: string,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  await button(page, label).click();
  for (const [name, value] of Object.entries(values))
    await page.locator(`dialog [name="${name}"]`).fill(value);
  await page.locator('dialog [type=submit]').click();
}

/** The text of the conversation as it is shown, and the addresses behind its links. */
export async function seen(page: Page): Promise<string> {
  const links = page.locator('#log a');
  const addresses = await links.evaluateAll((all) => all.map((link) => link.getAttribute('href')));
  return [await page.locator('#log').innerText(), ...addresses].join('\n');
}

/** A person of the contract suite at a page, which is opened when it is first needed. */
export function personAt(userId: string, at: () => Promise<Page>): Person {
  return {
    actor: { platform: 'web', userId, displayName: userId },
    type: async (text) => say(await at(), text),
    press: async (label) => button(await at(), label).click(),
    fill: async (label, values) => fill(await at(), label, values),
    sees: async () => seen(await at()),
  };
}

/** One browser for the tests of a block. `profile` opens the chat in a new profile, which ends with the test. */
export function browsing(executable: string | undefined) {
  let browser: Browser | undefined;
  const contexts: BrowserContext[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    browser = await launchChromium(executable ?? '');
  });
  afterAll(async () => browser?.close());
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
    expect(complaints.splice(0)).toEqual([]);
  });

  /** A profile that stays until the browser is closed. */
  async function lastingProfile(origin: string, width = 1280): Promise<Page> {
    if (browser === undefined) throw new Error('The browser did not start.');
    const context = await browser.newContext({ viewport: { width, height: 800 }, reducedMotion: 'reduce' });
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      // A lost connection is said by the browser too; a breach of the policy must not go unseen.
      if (/Content.Security.Policy|Trusted/i.test(message.text())) complaints.push(message.text());
    });
    await openChat(page, origin);
    return page;
  }

  async function profile(origin: string, width = 1280): Promise<Page> {
    const page = await lastingProfile(origin, width);
    contexts.push(page.context());
    return page;
  }
  return { profile, lastingProfile };
}

/** Opens the chat and waits until it knows who is there. */
export async function openChat(page: Page, origin: string): Promise<void> {
  await page.goto(`${origin}/chat`);
  await page.locator('#initial:not(:empty)').waitFor();
}
