import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import type { GroupOptions, TelegramGroup, TelegramPerson } from '../helpers/telegram/face.js';
import { openConnect, signIn, wayBack } from './telegram-browsing.js';
import { BOT_CHAT, CONNECTED, lastOf, linkFor, saidTo, useTelegramScene } from './telegram-scene.js';

const chromium = findChromium();

describe.skipIf(chromium === undefined)('Telegram in a group', () => {
  const scene = useTelegramScene(chromium);

  /** A supergroup in which the gateway's bot is an ordinary member. */
  async function team(
    members: readonly TelegramPerson[] = [scene.ana, scene.ben],
    options: GroupOptions = {},
  ): Promise<TelegramGroup> {
    await scene.gateway();
    return scene.api.group('Team', members, { kind: 'supergroup', ...options });
  }

  it('keeps a sign-in to the one who asked, from the command to the outcome, and leads back to the group', async () => {
    const { ana, ben } = scene;
    const chat = await team();
    await ana.type('/mcp', { chat });
    await expect.poll(() => saidTo(ana, chat)).toContain('sign-in needed');
    await ana.type('/mcp auth', { chat });
    const page = await signIn(await scene.browser(), await linkFor(ana, chat));
    await page.getByText('everything is connected').waitFor();
    await expect.poll(() => saidTo(ana, chat)).toBe(CONNECTED);
    expect(lastOf(ana, chat).buttons).toEqual([]);
    expect(lastOf(ana, chat).ephemeralId).toBeDefined();
    expect(ben.sees(chat)).toBe('');
    expect(ana.sees() + ben.sees()).toBe('');
    expect(await wayBack(page)).toBe(`https://t.me/c/${String(chat.id).slice(4)}/999999999`);
  });

  it('takes two people of one group through their own sign-ins at the same time', async () => {
    const { ana, ben } = scene;
    const chat = await team();
    await Promise.all([ana, ben].map((person) => person.type('/mcp auth', { chat })));
    const [forAna, forBen] = await Promise.all([linkFor(ana, chat), linkFor(ben, chat)]);
    expect(forAna).not.toBe(forBen);
    expect(ben.sees(chat)).not.toContain(forAna);
    await signIn(await scene.browser(), forBen, 'ben');
    await expect.poll(() => saidTo(ben, chat)).toBe(CONNECTED);
    expect(lastOf(ana, chat).text).toContain('The link works for 10 minutes.');
    await signIn(await scene.browser(), forAna, 'ana');
    await expect.poll(() => saidTo(ana, chat)).toBe(CONNECTED);
    expect(new Set(scene.everything.callers)).toEqual(new Set(['ana', 'ben']));
  });

  it('answers an old client, which shows nothing ephemeral, in the private chat', async () => {
    const cem = scene.member('Cem', { client: 'old' });
    const chat = await team([scene.ana, cem]);
    await cem.type('/mcp auth', { chat });
    const page = await signIn(await scene.browser(), await linkFor(cem));
    await page.getByText('everything is connected').waitFor();
    await expect.poll(() => saidTo(cem)).toBe(CONNECTED);
    expect(lastOf(cem).buttons).toEqual([]);
    expect(scene.ana.sees(chat)).toBe('Cem: /mcp auth');
    expect(cem.sees(chat)).toBe('Cem: /mcp auth');
    expect(await wayBack(page)).toBe(BOT_CHAT);
  });

  it('invites whoever never started the bot to the private chat, and signs them in there', async () => {
    const dee = scene.member('Dee', { client: 'old', started: false });
    const chat = await team([scene.ana, dee]);
    await dee.type('/mcp auth everything', { chat });
    await expect.poll(() => saidTo(dee, chat)).toBe('I answer this only in private.');
    expect(scene.ana.sees(chat)).not.toMatch(/everything —|connect\/|sign-in/);
    await dee.press('Open our chat', chat);
    const page = await signIn(await scene.browser(), await linkFor(dee));
    await page.getByText('everything is connected').waitFor();
    await expect.poll(() => saidTo(dee)).toBe(CONNECTED);
    expect(await wayBack(page)).toBe(BOT_CHAT);
    expect(scene.ana.sees(chat)).not.toContain('connected');
  });

  it('stays in the topic in which it was asked', async () => {
    const { ana, ben } = scene;
    const chat = await team([ana, ben], { topics: ['Builds', 'Lunch'] });
    await ana.type('/mcp auth', { chat, topic: 'Builds' });
    const page = await signIn(await scene.browser(), await linkFor(ana, chat));
    await page.getByText('everything is connected').waitFor();
    await expect.poll(() => saidTo(ana, chat)).toBe(CONNECTED);
    expect(lastOf(ana, chat).topic).toBe('Builds');
    expect(ana.messages(chat).map(({ topic }) => topic)).toEqual(['Builds', 'Builds']);
    expect(ben.sees(chat)).toBe('');
    const address = `https://t.me/c/${String(chat.id).slice(4)}/${chat.thread('Builds')}/999999999`;
    expect(await wayBack(page)).toBe(address);
  });

  it('goes on in a group that became a supergroup in the middle of a sign-in', async () => {
    const { ana, ben } = scene;
    const small = await team([ana, ben], { kind: 'group' });
    await ana.type('/mcp auth', { chat: small });
    const link = await linkFor(ana, small);
    const big = scene.api.upgrade(small);
    await signIn(await scene.browser(), link);
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    expect(ben.sees(small) + ben.sees(big) + ben.sees()).toBe('');
  });

  it('tells the outcome in private where the bot was thrown out in the middle of a sign-in', async () => {
    const { ana, ben } = scene;
    const chat = await team();
    await ana.type('/mcp auth', { chat });
    const link = await linkFor(ana, chat);
    chat.setBot('kicked');
    await signIn(await scene.browser(), link);
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    expect(ben.sees(chat) + ben.sees()).toBe('');
  });

  it('says that a link has expired, and tries again by one tap, for Ana alone', async () => {
    const { ana, ben } = scene;
    const { clock } = await scene.gateway();
    const chat = scene.api.group('Team', [ana, ben], { kind: 'supergroup' });
    await ana.type('/mcp auth everything', { chat });
    const old = await linkFor(ana, chat);
    clock.advance(11 * 60_000);
    await expect.poll(() => saidTo(ana, chat)).toBe('✗ everything: the link expired after 10 minutes.');
    expect(await ana.press('Try again', chat)).toEqual({ answered: true });
    const link = await linkFor(ana, chat);
    expect(link).not.toBe(old);
    const page = await openConnect(await scene.browser(), old);
    await page.getByText('This link has expired').waitFor();
    await signIn(await scene.browser(), link);
    await expect.poll(() => saidTo(ana, chat)).toBe(CONNECTED);
    expect(ana.messages(chat)).toHaveLength(2);
    expect(ben.sees(chat)).toBe('');
  });
});
