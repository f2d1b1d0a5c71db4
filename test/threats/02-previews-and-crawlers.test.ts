import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { placeholder } from '../helpers/configured-server.js';
import { consent } from '../helpers/consent.js';
import { type KeyServer, startKeyServer } from '../helpers/key-server.js';
import { linkIn } from '../helpers/program.js';
import { comeBack, openPage, pressConnect, signIn, submit } from '../helpers/sign-in-browser.js';
import { TerminalVisitor } from '../helpers/terminal-visitor.js';
import { exchange } from '../http/exchange.js';
import { recordFiles } from './records.js';
import { useScene } from './scene.js';

const scene = useScene();

/** Who opens a link that was posted in a chat or passed through a mail gateway, before any person does. */
const AGENTS: readonly Record<string, string>[] = [
  { 'user-agent': 'TelegramBot (like TwitterBot)' },
  { 'user-agent': 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)' },
  { 'user-agent': 'Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)' },
  { 'user-agent': 'WhatsApp/2.23.20.0', accept: '*/*' },
  { 'user-agent': 'facebookexternalhit/1.1' },
  { 'user-agent': 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' },
  { 'user-agent': 'Mozilla/5.0 (Windows NT 10.0) SafeLinks', 'x-forwarded-for': '40.94.0.1' },
  { 'user-agent': 'curl/8.5.0', range: 'bytes=0-1023' },
  { 'user-agent': 'Mozilla/5.0', 'sec-purpose': 'prefetch;prerender', 'sec-fetch-mode': 'navigate' },
  { 'user-agent': 'Mozilla/5.0', purpose: 'prefetch', 'x-moz': 'prefetch' },
];

/** Everyone of them, several times over, at the same time. */
async function crawl(link: string) {
  const visits = AGENTS.flatMap((headers) =>
    ['GET', 'HEAD', 'GET'].map((method) => exchange(link, { method, headers })),
  );
  return await Promise.all(visits);
}

describe('threat 2: previews, virus scanners and crawlers open the link before the person does', () => {
  it('thirty visits start nothing, change no record and leave no cookie; the link works afterwards', async () => {
    const gateway = await scene.gateway();
    const vic = await gateway.visitor('vic');
    const message = await vic.say('/mcp auth files');
    const before = await recordFiles(gateway);
    const counts = { ...scene.provider.counts };
    const visits = await crawl(message.link);
    expect(new Set(visits.map(({ status }) => status))).toEqual(new Set([200]));
    expect(visits.flatMap(({ headers }) => headers['set-cookie'] ?? [])).toEqual([]);
    expect(visits.flatMap(({ headers }) => headers.location ?? [])).toEqual([]);
    expect(visits.every(({ headers }) => headers['x-robots-tag'] === 'noindex, nofollow')).toBe(true);
    expect(await recordFiles(gateway)).toEqual(before);
    expect(scene.provider.counts).toEqual(counts);
    expect(message.edits).toBe(0);

    const page = await signIn(message.link);
    expect(page.text).toContain('files is connected');
    await vic.untilSays(/files connected · 1 tool/, message);
  });

  it('a scanner that opens the page between the press and the return changes nothing either', async () => {
    const gateway = await scene.gateway();
    const vic = await gateway.visitor('vic');
    const { link } = await vic.say('/mcp auth files');
    const { location, cookies } = await pressConnect(link);
    const before = await recordFiles(gateway);
    await crawl(link);
    expect(await recordFiles(gateway)).toEqual(before);
    expect((await comeBack(await consent(location), cookies)).text).toContain('files is connected');
  });

  it('a scanner that follows the way back with HEAD, or loads it ahead of time, spends no code', async () => {
    const gateway = await scene.gateway();
    const vic = await gateway.visitor('vic');
    const { location, cookies } = await pressConnect((await vic.say('/mcp auth files')).link);
    const callback = await consent(location);
    const before = await recordFiles(gateway);
    const ahead = { 'sec-purpose': 'prefetch', cookie: cookies };
    const visits = await Promise.all([
      exchange(callback.href, { method: 'HEAD' }),
      exchange(callback.href, { method: 'HEAD', headers: { cookie: cookies } }),
      exchange(callback.href, { headers: ahead }),
      exchange(callback.href, { method: 'OPTIONS' }),
    ]);
    expect(visits.map(({ status }) => status)).toEqual([405, 405, 503, 405]);
    expect(await recordFiles(gateway)).toEqual(before);
    expect(scene.provider.counts.token).toBe(0);
    expect((await comeBack(callback, cookies)).text).toContain('files is connected');
  });
});

describe('threat 2: the same with the form for a key', () => {
  let notes: KeyServer;
  beforeAll(async () => {
    notes = await startKeyServer();
  });
  afterAll(() => notes.close());

  it('thirty visits change no record and spend no try; their cookie is nobody’s; the form works afterwards', async () => {
    const vic = new TerminalVisitor('vic');
    const headers = { Authorization: `Bearer ${placeholder('NOTES_KEY')}` };
    const words = { mcp_servers: { notes: { url: notes.url, headers } } };
    const gateway = await scene.gateway(words, { adapters: [vic.adapter] });
    const link = linkIn(await vic.ask('/mcp auth notes', 'give its key'));
    await gateway.app.gateway.settle();
    const before = await recordFiles(gateway);
    const visits = await crawl(link);
    expect(new Set(visits.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await recordFiles(gateway)).toEqual(before);
    // The same for all who look, made of the link alone: there is nothing in it of who came first.
    expect(new Set(visits.map(({ headers: got }) => got['set-cookie']?.[0]?.split(';')[0])).size).toBe(1);
    expect(notes.shown).toEqual([]);

    const page = await submit(await openPage(link), { 'key:NOTES_KEY': notes.key });
    expect(await page.text()).toContain('notes is connected');
    await vic.untilSays(/notes connected/);
  });
});
