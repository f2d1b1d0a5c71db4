import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { missing } from './requirements.js';

const CANDIDATES = [
  process.env.CHROMIUM,
  // The same engine without a browser around it: a fifth of the CPU for each page.
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The installed browser, or undefined (with the reason and the install line said) where there is none. */
export function findChromium(): string | undefined {
  const found = CANDIDATES.find((path) => path !== undefined && existsSync(path));
  return (
    found ?? missing('Chromium', 'apt-get install chromium-headless-shell (or set CHROMIUM to its path)')
  );
}

/** Headless, and silent on the network but for the pages under test. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
