import type { Page } from 'playwright-core';
import { describe } from 'vitest';
import { createWebAdapter } from '../../src/adapters/web/adapter.js';
import { chatAdapterContract } from '../contracts/chat-adapter.js';
import { findChromium } from '../helpers/browser.js';
import { browsing, openChat, personAt } from './web-browsing.js';
import { people, serveAdapter } from './web-server.js';

const executable = findChromium();

describe.skipIf(executable === undefined)('with Chromium,', () => {
  const { lastingProfile } = browsing(executable);
  const pages = new Map<string, Page>();

  /** The person's own browser profile, the same in each test, at the chat of this one. */
  async function pageOf(name: string, origin: string): Promise<Page> {
    const known = pages.get(name);
    if (known !== undefined) {
      await openChat(known, origin);
      return known;
    }
    const page = await lastingProfile(origin);
    pages.set(name, page);
    await page.getByLabel('You are').selectOption(name);
    await page.locator('#initial', { hasText: name.slice(0, 1).toUpperCase() }).waitFor();
    return page;
  }

  chatAdapterContract('the web chat, in a browser,', async (gateway) => {
    const adapter = createWebAdapter({ people });
    const { origin, close } = await serveAdapter(adapter, gateway);
    const whenNeeded = (name: string) => {
      let page: Promise<Page> | undefined;
      return () => {
        page ??= pageOf(name, origin);
        return page;
      };
    };
    const ana = whenNeeded('ana');
    await ana();
    return { adapter, ana: personAt('ana', ana), ben: personAt('ben', whenNeeded('ben')), close };
  });
});
