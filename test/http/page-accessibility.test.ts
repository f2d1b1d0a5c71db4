import type { OutgoingHttpHeaders } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { violations } from '../helpers/axe.js';
import { findChromium, launchChromium } from '../helpers/browser.js';
import { everyPage } from './every-page.js';

const executable = findChromium();
let browser: Browser | undefined;
beforeAll(async () => {
  if (executable !== undefined) browser = await launchChromium(executable);
});
afterAll(() => browser?.close());

const textHeaders = (headers: OutgoingHttpHeaders): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

async function openPage(): Promise<Page> {
  if (browser === undefined) throw new Error('no browser');
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  return context.newPage();
}

test.skipIf(executable === undefined)(
  'axe finds nothing on any page, in light and dark, on a phone and on a desk',
  async () => {
    const pages = await everyPage();
    const page = await openPage();
    const findings: string[] = [];
    for (const [name, { status, headers, body }] of pages) {
      // As it came from the listener, its policy included.
      await page.route('**/*', (route) => route.fulfill({ status, headers: textHeaders(headers), body }));
      await page.goto('https://gateway.example.org/page');
      for (const violation of await violations(page)) findings.push(`${name}, ${violation}`);
      await page.unroute('**/*');
    }
    expect(findings).toEqual([]);
    expect(pages.size).toBeGreaterThan(15);
  },
);

test.skipIf(executable === undefined)(
  'it would find what cannot be read in the dark, or has no name',
  async () => {
    const page = await openPage();
    await page.setContent(
      '<html lang="en"><title>x</title><style>body{color:#333;background:#fff}@media (prefers-color-scheme:dark){body{background:#111}}</style><main><h1>x</h1><p>text</p><button></button></main>',
    );
    const found = await violations(page);
    expect(found.join()).toContain('button-name');
    expect(found.filter((text) => text.includes('color-contrast')).map((text) => text.slice(0, 5))).toEqual([
      'dark ',
      'dark ',
    ]);
  },
);
