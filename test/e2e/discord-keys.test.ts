import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import { placeholder } from '../helpers/configured-server.js';
import type { DiscordChannel } from '../helpers/discord/face.js';
import { type KeyServer, startKeyServer } from '../helpers/key-server.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import {
  buttonsOf,
  callbacks,
  command,
  lastOf,
  linkFor,
  posts,
  saidTo,
  signIn,
  useDiscordScene,
} from './discord-scene.js';

const chromium = findChromium();
const KEY = 'key-0123456789abcdef';
const OTHER = 'key-that-is-not-the-one';
const ASKS = '● search — give its key; only you see it';
const KEPT = '✓ search connected · key …cdef · 1 tool';
const REFUSED = '✗ search: the server did not accept this key; nothing was changed.';

describe.skipIf(chromium === undefined)('Discord and a server that wants a key', () => {
  const scene = useDiscordScene(chromium);
  let search: KeyServer;
  beforeEach(async () => {
    search = await startKeyServer(KEY);
  });
  afterEach(() => search.close());

  const entry = () => ({
    url: search.url,
    headers: { Authorization: `Bearer ${placeholder('SEARCH_KEY')}` },
  });
  const words = () => ({ mcp_servers: { search: entry() } });

  /** Nobody but Ana's own modal, and the server, has ever seen the key. */
  function expectNoKey(gateway: RunningGateway, where: DiscordChannel = scene.general): void {
    const { ana, ben, discord } = scene;
    const all = [ana.sees(), ana.sees(where), ben.sees(), ben.sees(where)].join('\n');
    expect(all).not.toMatch(new RegExp(`${KEY}|${OTHER}`));
    expect(JSON.stringify(discord.calls)).not.toMatch(new RegExp(`${KEY}|${OTHER}`));
    expect(gateway.log.join('\n')).not.toMatch(new RegExp(`${KEY}|${OTHER}`));
  }

  it.each(['in a channel', 'in the private chat'])(
    'asks for it in a form %s, checks it, and says so where the form was',
    async (place) => {
      const { ana, ben, discord } = scene;
      const where = place === 'in a channel' ? scene.general : undefined;
      const gateway = await scene.gateway(words());
      await command(ana, 'auth search', where);
      await expect.poll(() => saidTo(ana, where)).toBe(ASKS);
      const opened = await ana.presses('Add key', where);
      if (opened.kind !== 'modal') throw new Error(opened.kind);
      expect(opened.modal).toMatchObject({ title: 'Key for search', inputs: [{ label: 'SEARCH_KEY' }] });
      expect(opened.modal.texts.join()).toContain('can be seen on your screen');
      expect(ben.sees(scene.general) + ben.sees()).toBe('');
      expect((await ana.submits(opened.modal, { SEARCH_KEY: KEY })).kind).toMatch(/^(updated|acknowledged)$/);
      await expect.poll(() => saidTo(ana, where)).toBe(KEPT);
      expect(lastOf(ana, where).buttons).toEqual([]);
      expect(ana.messages(where)).toHaveLength(1);
      expect(ben.sees(scene.general) + ben.sees()).toBe('');
      expect(callbacks(discord)).toHaveLength(3);
      expect(search.shown.at(-1)).toBe(`Bearer ${KEY}`);
      expectNoKey(gateway);
      await command(ana, '', where);
      await expect.poll(() => saidTo(ana, where)).toContain('✓ search · 1 tool · connected · key …cdef');
    },
  );

  it('refuses a key that the server does not take, keeps the old one, and asks again by one press', async () => {
    const { ana, general } = scene;
    const gateway = await scene.gateway(words());
    await command(ana, 'auth search', general);
    await ana.fills('Add key', { SEARCH_KEY: OTHER }, general);
    await expect.poll(() => saidTo(ana, general)).toBe(REFUSED);
    expect(buttonsOf(ana, general)).toEqual(['Try again']);
    await ana.fills('Try again', { SEARCH_KEY: KEY }, general);
    await expect.poll(() => saidTo(ana, general)).toBe(KEPT);
    await command(ana, 'auth search', general);
    await ana.fills('Add key', { SEARCH_KEY: OTHER }, general);
    await expect.poll(() => saidTo(ana, general)).toBe(REFUSED);
    await command(ana, 'test search', general);
    await expect.poll(() => saidTo(ana, general)).toMatch(/1 tool/);
    expect(search.shown.at(-1)).toBe(`Bearer ${KEY}`);
    expectNoKey(gateway);
  });

  it('takes a form once that is submitted twice, also when it is delivered again', async () => {
    const { ana, general, discord } = scene;
    await scene.gateway(words());
    await command(ana, 'auth search', general);
    const opened = await ana.presses('Add key', general);
    if (opened.kind !== 'modal') throw new Error(opened.kind);
    await ana.submits(opened.modal, { SEARCH_KEY: KEY });
    await expect.poll(() => saidTo(ana, general)).toBe(KEPT);
    const asked = search.shown.length;
    await discord.redeliver(String(discord.sent.at(-1)?.id));
    await command(ana, 'help', general);
    await expect.poll(() => saidTo(ana, general)).toContain('What you can do');
    expect(search.shown).toHaveLength(asked);
    expect(ana.messages(general)).toHaveLength(2);
  });

  it('puts keys and links on one message, which is edited as each is done', async () => {
    const { ana, ben, general } = scene;
    const everything = { url: scene.everything.url, auth: 'oauth' };
    await scene.gateway({ mcp_servers: { everything, search: entry() } });
    await command(ana, 'auth', general);
    await expect.poll(() => saidTo(ana, general)).toContain('0 of 2 connected');
    await ana.fills('Add key', { SEARCH_KEY: KEY }, general);
    await expect.poll(() => saidTo(ana, general)).toContain('1 of 2 connected');
    await signIn(await scene.browser(), await linkFor(ana, general));
    await expect.poll(() => saidTo(ana, general)).toContain('2 of 2 connected');
    expect(lastOf(ana, general).buttons).toEqual([]);
    expect(ana.messages(general)).toHaveLength(1);
    expect(ben.sees(general)).toBe('');
  });

  it('never uses a key that stands in a command, and says what to do, to Ana alone', async () => {
    const { ana, ben, general } = scene;
    const gateway = await scene.gateway(words());
    await command(ana, `auth search ${KEY}`, general);
    await expect.poll(() => saidTo(ana, general)).toContain('That looks like a key. It was not used');
    expect(buttonsOf(ana, general)).toContain('Add key');
    expect(ben.sees(general)).toBe('');
    expect(search.shown).toEqual([]);
    expectNoKey(gateway);
  });

  it.each([
    ['may not delete it', [], 'The message could not be deleted; delete it yourself.'],
    ['deletes it', ['ManageMessages'], 'The message was deleted.'],
  ] as const)('never uses one that stands in a mention: it %s, and says so', async (_what, granted, said) => {
    const { ana, ben, general, discord } = scene;
    await scene.gateway(words());
    general.grant(...granted);
    await ana.says(`@bot mcp auth search ${KEY}`, general);
    await expect.poll(() => saidTo(ana)).toContain(said);
    expect(ben.sees(general).includes(KEY)).toBe(granted.length === 0);
    expect(ben.messages(general).filter(({ from }) => from === 'bot')).toEqual([]);
    expect(search.shown).toEqual([]);
    expect(posts(discord)).toHaveLength(1);
  });
});
