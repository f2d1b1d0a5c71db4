import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { segmentOf } from '../../src/storage/file/names.js';
import { placeholder } from '../helpers/configured-server.js';
import { consent } from '../helpers/consent.js';
import { type KeyServer, startKeyServer } from '../helpers/key-server.js';
import { linkIn } from '../helpers/program.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import { RedisUnderTest } from '../helpers/servers/redis-server.js';
import { comeBack, openPage, pressConnect, submit } from '../helpers/sign-in-browser.js';
import { TerminalVisitor } from '../helpers/terminal-visitor.js';
import { exchange, form, OWN_FORM_HEADERS } from '../http/exchange.js';
import { shown } from './pages.js';
import { useScene } from './scene.js';

const scene = useScene();
const NOBODYS = 'A'.repeat(43);
/** What a page needs at least, to be worth guessing: words of ours are shorter. */
const SHORTEST = 12;

let notes: KeyServer;
beforeAll(async () => {
  notes = await startKeyServer();
});
afterAll(() => notes.close());

/** Ana has a link whose button was pressed, and one of a form for a key; both are open. */
async function twoLinks(words: Readonly<Record<string, unknown>> = {}) {
  const terminal = new TerminalVisitor('ana');
  const header = `Bearer ${placeholder('NOTES_KEY')}`;
  const servers = {
    files: { url: scene.files.url, auth: 'oauth' },
    notes: { url: notes.url, headers: { Authorization: header } },
  };
  const gateway = await scene.gateway({ mcp_servers: servers, ...words }, { adapters: [terminal.adapter] });
  const connect = linkIn(await terminal.ask('/mcp auth files', 'sign in at'));
  const key = linkIn(await terminal.ask('/mcp auth notes', 'give its key'));
  const { location, cookies } = await pressConnect(connect);
  const form = await openPage(key);
  const ids = [cookies, form.cookies].map((cookie) => /^mcg-([\w-]{16})=/.exec(cookie)?.[1] ?? 'none');
  return { gateway, terminal, location, cookies, form, ids };
}

/** Everything that a listing of the folder and the first lines of its files name, and what the names stand for. */
async function namesInFolder({ stateFolder }: RunningGateway): Promise<readonly string[]> {
  const paths = await readdir(stateFolder, { recursive: true });
  const segments = paths.flatMap((path) => path.split(sep)).map((name) => name.split('.')[0] ?? '');
  const records = paths.filter((path) => path.endsWith('.record'));
  const read = (path: string) => readFile(join(stateFolder, path), 'utf8').catch(() => '');
  const firstLines = (await Promise.all(records.map(read))).map((text) => text.split('\n')[0] ?? '');
  return [...segments, ...segments.map((name) => segmentOf(name) ?? ''), ...firstLines];
}

/** Each part of the names that could be what a link carries; the file system's own spelling may be no good percent-encoding. */
function partsOf(names: readonly string[]): readonly string[] {
  const decoded = (part: string) => decodeURIComponent(part.replaceAll(/%(?![0-9A-F]{2})/g, '%25'));
  const parts = names.flatMap((name) => name.split(/[^\w%~=-]+/)).map(decoded);
  return [...new Set(parts)].filter((part) => part.length >= SHORTEST);
}

/** What every door answers to it: to be looked at, to be pressed, to come back from a provider. */
async function tryEvery({ url }: RunningGateway, part: string) {
  const own = encodeURIComponent(part);
  const post = { method: 'POST', headers: OWN_FORM_HEADERS, body: form({ token: part }) };
  const answers = [
    await exchange(`${url}/connect/${own}`),
    await exchange(`${url}/key/${own}`),
    await exchange(`${url}/connect/${own}`, post),
    await exchange(`${url}/key/${own}`, post),
    await exchange(`${url}/oauth/callback?code=c&state=${own}`),
    await exchange(`${url}/oauth/callback?error=access_denied&state=${own}`),
  ];
  return answers.map(({ status, body, headers }) => [
    status,
    shown(body),
    headers.location,
    headers['set-cookie'],
  ]);
}

async function expectNowhere(gateway: RunningGateway, names: readonly string[], ids: readonly string[]) {
  const parts = partsOf(names);
  // The records of both sign-ins are among what is tried.
  for (const id of ids) expect(parts.filter((part) => part.startsWith(id))).not.toEqual([]);
  const plain = await tryEvery(gateway, NOBODYS);
  expect(plain.map(([status]) => status)).toEqual([404, 404, 403, 403, 400, 400]);
  const odd = await tryEvery(gateway, 'of another shape');
  for (const part of parts)
    expect([part, await tryEvery(gateway, part)]).toEqual([part, /^[\w-]{43}$/.test(part) ? plain : odd]);
}

/** Both were left as they were. */
async function expectOpen({ terminal, location, cookies, form }: Awaited<ReturnType<typeof twoLinks>>) {
  const back = await comeBack(await consent(location, { login: 'ana' }), cookies);
  expect(back.text).toContain('files is connected');
  await submit(form, { 'key:NOTES_KEY': notes.key });
  await terminal.untilSays(/notes connected/);
}

describe('threat 16: somebody who can list what the store holds, and nothing else, tries every name as a link', () => {
  it('of the state folder: each is the plain page of a link that nobody was given, and both links work on', async () => {
    const links = await twoLinks();
    await expectNowhere(links.gateway, await namesInFolder(links.gateway), links.ids);
    await expectOpen(links);
  });

  it('of a Redis: the same', async () => {
    const redis = await RedisUnderTest.start();
    if (redis === undefined) return;
    try {
      const links = await twoLinks({ storage: redis.url, security: { encryption_key: 'k'.repeat(32) } });
      await expectNowhere(links.gateway, redis.cli('KEYS', '*').split('\n'), links.ids);
      await expectOpen(links);
      await links.gateway.stop();
    } finally {
      await redis.stop();
    }
  });
});
