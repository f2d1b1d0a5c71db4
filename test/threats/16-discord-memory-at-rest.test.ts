import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/storage/open.js';
import type { Discord } from '../helpers/discord/face.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import { signIn } from '../helpers/sign-in-browser.js';
import {
  answerTo,
  askedFor,
  configuredKey,
  linkIn,
  newest,
  onlyFor,
  plain,
  untilSees,
  useDiscord,
} from './discord-scene.js';
import { recordsIn } from './records.js';

const threats = useDiscord();
const SEALED = /^[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+\n$/;

const folderOf = ({ stateFolder }: RunningGateway): string => join(stateFolder, 'records', 'chat-discord');

/** What the adapter remembers, as the disk holds it: by file, without the first line, which names the record. */
async function remembered(gateway: RunningGateway): Promise<Readonly<Record<string, string>>> {
  const folder = folderOf(gateway);
  const names = await recordsIn(folder);
  const texts = names.map(async (name) => {
    const text = await readFile(join(folder, name), 'utf8');
    return [name, text.split('\n').slice(1).join('\n')] as const;
  });
  return Object.fromEntries(await Promise.all(texts));
}

const kindsOf = async (gateway: RunningGateway): Promise<readonly string[]> =>
  Object.keys(await remembered(gateway)).map((name) => /^[a-z]+/.exec(name)?.[0] ?? '');

async function words(discord: Discord) {
  const notes = await threats.keyServer();
  const files = { url: threats.scene.files.url, auth: 'oauth' };
  return { notes, discord, mcp_servers: { files, notes: configuredKey(notes) } };
}

describe('threat 16: what the Discord chat remembers, on a disk that somebody copies or changes', () => {
  it.each([
    ['gateway', ['button', 'taken', 'tokens']],
    ['http', ['button', 'taken', 'token']],
  ] as const)(
    'by %s: is sealed, tokens and forms; its files are their owner’s alone',
    async (mode, expected) => {
      const discord = await threats.platform();
      const [ana, ben] = [discord.person('Ana'), discord.person('Ben')];
      const general = discord.guild('Acme', [ana, ben]).channel('general');
      const { mcp_servers } = await words(discord);
      const start = mode === 'http' ? threats.hooked : threats.gateway;
      const gateway = await start(discord, { ...onlyFor(ana, ben), mcp_servers });
      await answerTo(ana, 'auth notes', general);
      await answerTo(ben, 'auth files', general);
      for (const kind of expected) await expect.poll(() => kindsOf(gateway)).toContain(kind);
      const files = await remembered(gateway);
      const tokens = discord.sent.map(({ token }) => String(token));
      for (const text of Object.values(files)) {
        expect(text).not.toMatch(/notes|_KEY|auth|words|aW50ZXJhY3Rpb24/);
        for (const token of tokens) expect(text).not.toContain(token);
        expect(text).toMatch(SEALED);
      }
      for (const name of Object.keys(files)) {
        expect((await stat(join(folderOf(gateway), name))).mode & 0o777).toBe(0o600);
        expect(name).not.toMatch(/aW50ZXJhY3Rpb24|NOTES/);
      }
      expect((await stat(folderOf(gateway))).mode & 0o777).toBe(0o700);
      const all = join(gateway.stateFolder, 'records');
      for (const name of await recordsIn(all)) {
        const text = await readFile(join(all, name), 'utf8');
        for (const token of tokens) expect(text).not.toContain(token);
      }
    },
  );

  it('cannot be moved to somebody else: what may edit Ana’s message, in the place of Ben’s, edits neither', async () => {
    const discord = await threats.platform();
    const [ana, ben] = [discord.person('Ana'), discord.person('Ben')];
    const general = discord.guild('Acme', [ana, ben]).channel('general');
    const gateway = await threats.hooked(discord, onlyFor(ana, ben));
    await answerTo(ana, 'auth files', general);
    const asked = await askedFor(ben, 'auth files', general);
    const tokenOf = async (id: string): Promise<string> =>
      (await recordsIn(folderOf(gateway))).find((name) => name.startsWith('token') && name.includes(id)) ??
      '';
    await expect.poll(() => tokenOf(ana.id)).not.toBe('');
    await expect.poll(() => tokenOf(ben.id)).not.toBe('');
    const folder = folderOf(gateway);
    const [from, to] = [await tokenOf(ana.id), await tokenOf(ben.id)];
    await writeFile(
      join(folder, to),
      (await readFile(join(folder, from), 'utf8')).replaceAll(ana.id, ben.id),
    );
    const { stateFolder } = gateway;
    await gateway.stop();
    const listen = { public: new URL(gateway.url).host, local: new URL(gateway.localUrl).host };
    await threats.hooked(discord, onlyFor(ana, ben), { stateFolder, listen });
    const before = ana.sees(general);
    await signIn(linkIn(asked));
    await expect.poll(() => plain(ben.sees() + ben.sees(general))).toContain('files connected');
    expect(ana.sees(general)).toBe(before);
  });

  it('that was damaged means nothing: old buttons say so, outcomes come by themselves, and what is new works', async () => {
    const discord = await threats.platform();
    const ana = discord.person('Ana');
    const general = discord.guild('Acme', [ana]).channel('general');
    const { mcp_servers, notes } = await words(discord);
    const gateway = await threats.gateway(discord, { ...onlyFor(ana), mcp_servers });
    await answerTo(ana, 'auth notes', general);
    const asked = await askedFor(ana, 'auth files', general);
    for (const kind of ['tokens', 'taken']) await expect.poll(() => kindsOf(gateway)).toContain(kind);
    const { stateFolder } = gateway;
    await gateway.stop();
    await expect.poll(() => discord.gateway.ready).toBe(0);
    const folder = folderOf(gateway);
    for (const name of await recordsIn(folder)) await writeFile(join(folder, name), 'garbage\ngarbage\n');
    const listen = { public: new URL(gateway.url).host, local: new URL(gateway.localUrl).host };
    await threats.gateway(discord, { ...onlyFor(ana), mcp_servers }, { stateFolder, listen });
    expect((await ana.presses('Add key', general)).kind).toBe('message');
    await untilSees(ana, /did not work just now|has expired/, general);
    await signIn(linkIn(asked));
    await untilSees(ana, 'files connected');
    await answerTo(ana, 'auth notes', general);
    await ana.fills('Add key', { NOTES_KEY: notes.key }, general);
    await expect.poll(() => plain(newest(ana, general).text)).toContain('notes connected');
  });

  it('is bound to its place: opened by the store under its own name, and under no other', async () => {
    const discord = await threats.platform();
    const ana = discord.person('Ana');
    const general = discord.guild('Acme', [ana]).channel('general');
    const gateway = await threats.hooked(discord, onlyFor(ana));
    await answerTo(ana, 'help', general);
    await expect.poll(() => kindsOf(gateway)).toContain('token');
    const { store } = await openStore({ kind: 'file', folder: gateway.stateFolder });
    const own = store.records('chat-discord');
    const [key = ''] = (await own.keys()).filter((one) => one.startsWith('token'));
    expect(await own.get(key)).toMatchObject({ original: true });
    await store.close();
    const folder = folderOf(gateway);
    const [name = ''] = (await recordsIn(folder)).filter((one) => one.startsWith('token'));
    const other = name.replace(/\d\.record$/, (end) => `${(Number(end[0]) + 1) % 10}.record`);
    await writeFile(join(folder, other), await readFile(join(folder, name)));
    const again = await openStore({ kind: 'file', folder: gateway.stateFolder });
    const moved = (await again.store.records('chat-discord').keys()).filter((one) => one.startsWith('token'));
    const opened = moved.map((one) =>
      again.store
        .records('chat-discord')
        .get(one)
        .then(
          () => 1,
          () => 0,
        ),
    );
    expect((await Promise.all(opened)).filter((one) => one === 1).length).toBeLessThanOrEqual(1);
    await again.store.close();
  });
});
