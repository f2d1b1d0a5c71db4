import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createPublicApp, listenOn } from '../../src/http/server.js';
import { silentLog } from '../../src/observability/log.js';
import { findChromium, launchChromium } from '../helpers/browser.js';
import { MemorySignIns } from './memory-sign-ins.js';

let browser: Browser | undefined;

const executable = findChromium();
const browserTest = test.skipIf(executable === undefined);

beforeAll(async () => {
  if (executable !== undefined) browser = await launchChromium(executable);
});

afterAll(() => browser?.close());

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close(() => {}).closeAllConnections());
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

/** The gateway on one port; its public URL is only known when it listens, so the app is made behind it. */
async function serveGateway() {
  const signIns = new MemorySignIns();
  let app = createPublicApp({ signIns, publicUrl: 'http://127.0.0.1', parts: [], log: silentLog });
  const listening = await listenOn(
    { fetch: (request, env) => app.fetch(request, env) },
    { host: '127.0.0.1', port: 0 },
  );
  app = createPublicApp({ signIns, publicUrl: listening.url, parts: [], log: silentLog });
  onTestFinished(() => listening.close());
  return { signIns, url: listening.url };
}

async function openPage(): Promise<{ page: Page; complaints: string[] }> {
  if (browser === undefined) throw new Error('no browser');
  const context = await browser.newContext({ viewport: { width: 390, height: 760 } });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, complaints };
}

browserTest(
  'the button leads to the authorization server, on to its login at yet another origin, and back as the same browser',
  async () => {
    const { signIns, url } = await serveGateway();
    const login = await serve((request, response) => {
      const state = new URL(request.url ?? '/', 'http://x').searchParams.get('state') ?? '';
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(`<h1>Log in</h1><a href="${url}/oauth/callback?code=c0de&amp;state=${state}">Allow</a>`);
    });
    const referrers: (string | undefined)[] = [];
    const authorization = await serve((request, response) => {
      referrers.push(request.headers.referer);
      response.writeHead(302, { location: `http://localhost:${login}${request.url}` }).end();
    });
    const { id, link, state } = signIns.start({ host: `127.0.0.1:${authorization}` });
    signIns.leadTo(id, `http://127.0.0.1:${authorization}/authorize?state=${state}`);
    const { page, complaints } = await openPage();
    await page.goto(`${url}/connect/${link}`);
    await page.getByRole('button', { name: `Continue to 127.0.0.1:${authorization}` }).click();
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    expect(referrers).toEqual([undefined]);
    await page.getByRole('link', { name: 'Allow' }).click();
    await page.getByRole('heading', { name: 'linear is connected' }).waitFor();
    expect(await page.context().cookies(url)).toEqual([]);
    expect(complaints).toEqual([]);
  },
);

browserTest('another browser than the one whose button was pressed is shown six digits', async () => {
  const { signIns, url } = await serveGateway();
  const { state } = signIns.start();
  const { page } = await openPage();
  await page.goto(`${url}/oauth/callback?code=c0de&state=${state}`);
  await page.getByText('482 913', { exact: true }).waitFor();
  await page.getByText('/mcp confirm 482 913').waitFor();
});

browserTest('one tap brings the six digits to the chat, which is not told from where', async () => {
  const { signIns, url } = await serveGateway();
  const asked: { path: string | undefined; referer: string | undefined }[] = [];
  const chat = await serve((request, response) => {
    if (request.url !== '/favicon.ico') asked.push({ path: request.url, referer: request.headers.referer });
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Chat</h1>');
  });
  const confirmUrl = `http://127.0.0.1:${chat}/?start=mcp_c_{digits}`;
  const { state } = signIns.start({ account: { platform: 'Telegram', name: '@ana', confirmUrl } });
  const { page, complaints } = await openPage();
  await page.goto(`${url}/oauth/callback?code=c0de&state=${state}`);
  await page.getByRole('link', { name: 'Give the code in Telegram' }).click();
  await page.getByRole('heading', { name: 'Chat' }).waitFor();
  expect(asked).toEqual([{ path: '/?start=mcp_c_482913', referer: undefined }]);
  await page.goBack();
  await page.getByText('482 913', { exact: true }).waitFor();
  expect(complaints).toEqual([]);
});

browserTest(
  'the key form is filled in and sent by keyboard alone, by the browser that it was shown to',
  async () => {
    const { signIns, url } = await serveGateway();
    const { id, link } = signIns.start({ server: 'github', fields: ['GITHUB_TOKEN'] });
    const { page, complaints } = await openPage();
    await page.goto(`${url}/key/${link}`);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.id')).toBe('key-0');
    await page.keyboard.type('ghp_secret');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'github is connected' }).waitFor();
    expect(signIns.submitted).toEqual([
      { values: { GITHUB_TOKEN: 'ghp_secret' }, browser: signIns.keyFormBrowser(id) },
    ]);
    expect(complaints).toEqual([]);
  },
);

browserTest('a page of another origin cannot press the button', async () => {
  const { signIns, url } = await serveGateway();
  const { id, link } = signIns.start();
  const evil = await serve((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(
      `<form method="post" action="${url}/connect/${link}"><input name="token" value="${signIns.pageToken(id)}"><button>Win a prize</button></form>`,
    );
  });
  const { page } = await openPage();
  await page.goto(`http://127.0.0.1:${evil}/`);
  await page.getByRole('button').click();
  await page.getByRole('heading', { name: 'That was not sent from our page' }).waitFor();
  expect(signIns.changes).toEqual([]);
});

browserTest.each([
  ['light', 360],
  ['dark', 360],
  ['light', 1280],
  ['dark', 1280],
] as const)('in %s at %i pixels nothing is cut off and the text has contrast', async (colorScheme, width) => {
  const { signIns, url } = await serveGateway();
  const account = {
    platform: 'Telegram',
    name: 'Maximiliane-von-und-zu-Hohenzollern-Sigmaringen-auf-Reisen',
    backUrl: 'https://t.me/example_bot',
    confirmUrl: 'https://t.me/example_bot?start=mcp_c_{digits}',
  };
  const host = `${'very-long-subdomain.'.repeat(5)}example.com:8443`;
  const { link, state } = signIns.start({ server: 'a-server-with-32-characters-1234', host, account });
  const { page } = await openPage();
  await page.setViewportSize({ width, height: 760 });
  await page.emulateMedia({ colorScheme });
  for (const path of [`/connect/${link}`, `/oauth/callback?code=c0de&state=${state}`]) {
    await page.goto(`${url}${path}`);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    const ratios = (await page.evaluate(CONTRAST_OF_ALL_TEXT)) as { text: string; ratio: number }[];
    expect(ratios.length).toBeGreaterThan(5);
    expect(ratios.filter(({ ratio }) => ratio < 4.5)).toEqual([]);
    const inLines = (await page.evaluate(LINES_OF_HOSTS)) as { part: string; lines: number }[];
    expect(inLines.map(({ part }) => part)).toEqual(path.startsWith('/connect/') ? PORTS_AND_ENDS : []);
    expect(inLines.filter(({ lines }) => lines > 1)).toEqual([]);
  }
});

const PORTS_AND_ENDS = ['.example', '.com', ':8443', '.example', '.com', ':8443'];

/** Over how many lines each short part of a host goes. Runs in the page. */
const LINES_OF_HOSTS = `[...document.querySelectorAll('bdi[dir=ltr]')].flatMap((host) =>
  [...host.childNodes].filter(({ data }) => /^[.:]\\w+$/.test(data)).map((part) => {
    const range = document.createRange();
    range.selectNode(part);
    return { part: part.data, lines: new Set([...range.getClientRects()].map(({ top }) => top)).size };
  }))`;

/** WCAG 2.2 §1.4.3, for every piece of text against the nearest opaque ground. Runs in the page. */
const CONTRAST_OF_ALL_TEXT = `(() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = channels(color).map((c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    return channels(color)[3] === 0 ? ground(element.parentElement) : color;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    if (text === '') continue;
    const element = walker.currentNode.parentElement;
    const [a, b] = [light(getComputedStyle(element).color), light(ground(element))];
    found.push({ text, ratio: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) });
  }
  return found;
})()`;
