import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunningGateway } from '../helpers/running-gateway.js';
import { recordsIn } from './records.js';
import {
  answerTo,
  configuredKey,
  linkIn,
  NO_PUBLIC_URL,
  newest,
  onlyFor,
  untilSees,
  useTelegram,
} from './telegram-scene.js';

const telegram = useTelegram();
const FIRST_KEY = 'first-key-7f3a9c1e5b2d';

const folderOf = ({ stateFolder }: RunningGateway): string => join(stateFolder, 'records', 'chat-telegram');

/** What the adapter remembers, as the disk holds it: by file, without the first line, which names the record. */
async function remembered(gateway: RunningGateway): Promise<Readonly<Record<string, string>>> {
  const folder = folderOf(gateway);
  const names = await recordsIn(folder);
  const files = await Promise.all(
    names.map(async (name) => [
      name,
      (await readFile(join(folder, name), 'utf8')).split('\n').slice(1).join('\n'),
    ]),
  );
  return Object.fromEntries(files);
}

/** The record of this person's open question. */
const promptOf = (files: readonly string[], id: number): string => {
  const found = files.find((name) => name.startsWith('prompt') && name.includes(String(id)));
  if (found === undefined) throw new Error(`no question among ${files.join(' ')}`);
  return found;
};

async function twoFields() {
  const notes = await telegram.keyServer();
  const words = {
    ...NO_PUBLIC_URL,
    mcp_servers: {
      notes: {
        ...configuredKey(notes),
        headers: { 'X-First': '${FIRST_KEY}', Authorization: 'Bearer ${SECOND_KEY}' },
      },
    },
  };
  return { notes, words };
}

describe('threat 16: what the Telegram chat remembers, on a disk that somebody copies or changes', () => {
  it('is sealed: half-given keys, commands behind links, forms behind buttons; its files are their owner’s alone', async () => {
    const { words } = await twoFields();
    const api = await telegram.platform();
    const ana = api.person('Ana', { username: 'ana' });
    const ben = api.person('Ben', { username: 'ben', started: false, client: 'old' });
    const group = api.group('Team', [ana, ben]);
    const gateway = await telegram.gateway(api, { ...onlyFor(ana, ben), ...words });
    await answerTo(ana, '/mcp auth notes');
    await ana.press('Add key');
    await untilSees(ana, 'Send me FIRST_KEY');
    await ana.type(FIRST_KEY);
    await untilSees(ana, 'Send me SECOND_KEY');
    await ben.type('/mcp auth notes', { chat: group });
    await untilSees(ana, 'I answer this only in private.', group);
    await expect.poll(async () => Object.keys(await remembered(gateway)).join(' ')).toMatch(/taken/);
    const files = await remembered(gateway);
    const kinds = Object.keys(files).map((name) => /^[a-z]+/.exec(name)?.[0]);
    for (const kind of ['asked', 'button', 'prompt', 'question', 'start', 'taken'])
      expect(kinds).toContain(kind);
    for (const text of Object.values(files)) {
      expect(text).not.toMatch(/notes|_KEY|sk-live|auth|first-key|words|Send|6900000/);
      expect(text).toMatch(/^[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+\n$/);
    }
    for (const name of Object.keys(files))
      expect((await stat(join(folderOf(gateway), name))).mode & 0o777).toBe(0o600);
    expect((await stat(folderOf(gateway))).mode & 0o777).toBe(0o700);
  });

  it('cannot be moved to somebody else: another’s question, in the place of one’s own, is none', async () => {
    const { notes, words } = await twoFields();
    const api = await telegram.platform();
    const ana = api.person('Ana', { username: 'ana' });
    const ben = api.person('Ben', { username: 'ben' });
    const gateway = await telegram.gateway(api, { ...onlyFor(ana, ben), ...words });
    for (const person of [ana, ben]) {
      await answerTo(person, '/mcp auth notes');
      await person.press('Add key');
      await untilSees(person, 'Send me FIRST_KEY');
    }
    await ana.type(FIRST_KEY);
    await untilSees(ana, 'Send me SECOND_KEY');
    const folder = folderOf(gateway);
    const files = await recordsIn(folder);
    const [from, to] = [promptOf(files, ana.id), promptOf(files, ben.id)];
    const stolen = (await readFile(join(folder, from), 'utf8')).replaceAll(String(ana.id), String(ben.id));
    await writeFile(join(folder, to), stolen);
    await ben.type('second-key-of-ben-0123456789');
    await expect.poll(() => newest(ben).text).toMatch(/did not work just now|did not use it/);
    expect(ben.sees()).not.toContain('second-key-of-ben');
    expect(notes.shown).toEqual([]);
    await ana.type(notes.key);
    await untilSees(ana, 'notes connected');
  });

  it('that was damaged means nothing: links and buttons say so, and what is new works', async () => {
    const { words } = await twoFields();
    const api = await telegram.platform();
    const ana = api.person('Ana', { username: 'ana', started: false, client: 'old' });
    const group = api.group('Team', [ana]);
    const gateway = await telegram.gateway(api, { ...onlyFor(ana), ...words });
    await ana.type('/mcp auth notes', { chat: group });
    await untilSees(ana, 'I answer this only in private.', group);
    const link = linkIn(newest(ana, group));
    const folder = folderOf(gateway);
    for (const name of await recordsIn(folder)) await writeFile(join(folder, name), 'garbage\ngarbage\n');
    await ana.openLink(link);
    await untilSees(ana, /did not work just now|MCP servers/);
    await answerTo(ana, '/mcp auth notes');
    await ana.press('Add key');
    await untilSees(ana, 'Send me FIRST_KEY');
  });
});
