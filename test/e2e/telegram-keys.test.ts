import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import { placeholder } from '../helpers/configured-server.js';
import { type KeyServer, startKeyServer } from '../helpers/key-server.js';
import type { TelegramGroup } from '../helpers/telegram/face.js';
import { wayBack } from './telegram-browsing.js';
import { BOT_CHAT, lastOf, linkFor, saidTo, useTelegramScene } from './telegram-scene.js';

const chromium = findChromium();
const KEY = 'key-0123456789abcdef';

describe.skipIf(chromium === undefined)('Telegram and a server that wants a key', () => {
  const scene = useTelegramScene(chromium);
  let search: KeyServer;
  beforeEach(async () => {
    search = await startKeyServer(KEY);
  });
  afterEach(() => search.close());

  const words = () => ({
    mcp_servers: {
      search: { url: search.url, headers: { Authorization: `Bearer ${placeholder('SEARCH_KEY')}` } },
    },
  });
  /** The gateway's pages then lead to this machine alone. */
  const withoutPublicUrl = () => ({ ...words(), public_url: undefined });

  async function fillIn(page: Page, key: string): Promise<void> {
    await page.getByLabel('SEARCH_KEY').fill(key);
    await page.getByRole('button', { name: 'Check and save' }).click();
  }

  /** What the bot is asked of, and nothing of what was typed. */
  function expectNoKey(chat?: TelegramGroup): void {
    const all = [scene.ana.sees(), scene.ben.sees(), chat === undefined ? '' : scene.ben.sees(chat)].join(
      '\n',
    );
    expect(all).not.toContain(KEY);
    expect(JSON.stringify(scene.api.calls)).not.toContain(KEY);
  }

  it('asks for it on a page behind the link in the chat, which never sees it', async () => {
    const { ana, api } = scene;
    const gateway = await scene.gateway(words());
    await ana.type('/mcp');
    await expect.poll(() => saidTo(ana)).toContain('● search · key needed');
    await ana.type('/mcp auth search');
    const page = await (await scene.browser()).newPage();
    await page.goto(await linkFor(ana, undefined, 'Add key'));
    expect(await page.textContent('main')).toContain('Telegram · @ana asked for this.');
    await fillIn(page, 'key-that-is-not-the-one');
    await page.getByText('did not accept this key').waitFor();
    await fillIn(page, KEY);
    await page.getByText('search is connected').waitFor();
    await expect.poll(() => saidTo(ana)).toBe('✓ search connected · key …cdef · 1 tool');
    expect(lastOf(ana).buttons).toEqual([]);
    expect(await wayBack(page)).toBe(BOT_CHAT);
    expect(api.callsOf('sendMessage')).toHaveLength(2);
    expectNoKey();
    expect(JSON.stringify(api.updates)).not.toContain(KEY);
    expect(gateway.log.join('\n')).not.toContain(KEY);
  });

  it('asks for it in the private chat where there is no public URL, and takes the answer away', async () => {
    const { ana } = scene;
    const gateway = await scene.gateway(withoutPublicUrl());
    await ana.type('/mcp auth search');
    await expect.poll(() => saidTo(ana)).toContain('search — give its key');
    await ana.press('Add key');
    await expect.poll(() => lastOf(ana).forceReply).toBe(true);
    await ana.type(KEY, { replyTo: lastOf(ana) });
    await expect.poll(() => saidTo(ana)).toBe('✓ search connected · key …cdef · 1 tool');
    expect(ana.messages().map(({ text }) => text)).toEqual([
      '/mcp auth search',
      '✓ search connected · key …cdef · 1 tool',
    ]);
    expectNoKey();
    expect(search.shown.at(-1)).toBe(`Bearer ${KEY}`);
    expect(gateway.log.join('\n')).not.toContain(KEY);
  });

  it('asks for it in the private chat also where the button was in a group', async () => {
    const { ana, ben } = scene;
    await scene.gateway(withoutPublicUrl());
    const chat = scene.api.group('Team', [ana, ben], { kind: 'supergroup' });
    await ana.type('/mcp auth search', { chat });
    await expect.poll(() => saidTo(ana, chat)).toContain('search — give its key');
    await ana.press('Add key', chat);
    await expect.poll(() => lastOf(ana).forceReply).toBe(true);
    await ana.type(KEY);
    await expect.poll(() => saidTo(ana, chat)).toBe('✓ search connected · key …cdef · 1 tool');
    expect(ben.sees(chat)).toBe('');
    expectNoKey(chat);
  });

  it('says so where it could not take the key away, and to replace it; it works all the same', async () => {
    const { ana, api } = scene;
    await scene.gateway(withoutPublicUrl());
    await ana.type('/mcp auth search');
    await expect.poll(() => saidTo(ana)).toContain('search — give its key');
    await ana.press('Add key');
    await expect.poll(() => lastOf(ana).forceReply).toBe(true);
    const refusal = { errorCode: 400, description: "Bad Request: message can't be deleted" };
    api.fail('deleteMessage', refusal);
    await ana.type(KEY);
    await expect.poll(() => ana.sees()).toContain('✓ search connected · key …cdef · 1 tool');
    expect(ana.sees()).toContain('I could not delete your message with the key.');
  });

  it('keeps the old state after a refused key, and asks again by one tap', async () => {
    const { ana } = scene;
    await scene.gateway(withoutPublicUrl());
    await ana.type('/mcp auth search');
    await expect.poll(() => saidTo(ana)).toContain('search — give its key');
    await ana.press('Add key');
    await expect.poll(() => lastOf(ana).forceReply).toBe(true);
    await ana.type('key-that-is-not-the-one');
    await expect.poll(() => saidTo(ana)).toContain('the server did not accept this key');
    await ana.press('Try again');
    await expect.poll(() => lastOf(ana).forceReply).toBe(true);
    await ana.type(KEY);
    await expect.poll(() => saidTo(ana)).toBe('✓ search connected · key …cdef · 1 tool');
  });

  it.each([
    ['may not delete it', 'member', 'I may not delete it here: delete it yourself.'],
    ['deletes it', 'admin', 'I deleted it.'],
  ] as const)('never uses one that is sent in the group: it %s, and says so', async (_what, bot, said) => {
    const dee = scene.member('Dee', { client: 'old', started: false });
    await scene.gateway(withoutPublicUrl());
    const chat = scene.api.group('Team', [scene.ben, dee], { kind: 'supergroup', bot });
    await dee.type('/mcp auth search', { chat });
    await expect.poll(() => saidTo(dee, chat)).toBe('I answer this only in private.');
    await dee.press('Open our chat', chat);
    await expect.poll(() => saidTo(dee)).toContain('search — give its key');
    await dee.type(KEY, { chat, replyTo: lastOf(dee, chat) });
    await expect.poll(() => saidTo(dee)).toContain(`You sent a key where others may have read it. ${said}`);
    expect(scene.ben.sees(chat).includes(KEY)).toBe(bot === 'member');
    expect(search.shown).toEqual([]);
  });

  it.each(['with a public URL', 'without one'])(
    'never uses a key that stands in a command, takes it away and says what to do, %s',
    async (how) => {
      const { ana } = scene;
      await scene.gateway(how === 'without one' ? withoutPublicUrl() : words());
      await ana.type(`/mcp auth search ${KEY}`);
      await expect.poll(() => saidTo(ana)).not.toBe('');
      expect(saidTo(ana)).toMatch(/deleted/);
      expect(ana.messages()).toHaveLength(1);
      expectNoKey();
      expect(search.shown).toEqual([]);
    },
  );
});
