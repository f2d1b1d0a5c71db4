import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import {
  buttonsOf,
  CONNECTED,
  command,
  lastOf,
  linkFor,
  posts,
  saidTo,
  signIn,
  useDiscordScene,
  wayBack,
} from './discord-scene.js';
import { goOn, openConnect } from './telegram-browsing.js';

const chromium = findChromium();

describe.skipIf(chromium === undefined)('Discord in a guild', () => {
  const scene = useDiscordScene(chromium);

  it('keeps a sign-in to the one who asked, from the command to the outcome, and leads back to the channel', async () => {
    const { ana, ben, general, guild, discord } = scene;
    await scene.gateway();
    await command(ana, '', general);
    await expect.poll(() => saidTo(ana, general)).toContain('● everything · sign-in needed');
    expect(ben.sees(general)).toBe('');
    await command(ana, 'auth', general);
    expect(ben.sees(general)).toBe('');
    const page = await openConnect(await scene.browser(), await linkFor(ana, general));
    expect(await page.textContent('main')).toContain('Discord · @ana asked for this.');
    await page.close();
    const last = await signIn(await scene.browser(), await linkFor(ana, general));
    await last.getByText('everything is connected').waitFor();
    await expect.poll(() => saidTo(ana, general)).toBe(CONNECTED);
    expect(lastOf(ana, general).buttons).toEqual([]);
    expect(lastOf(ana, general).ephemeral).toBe(true);
    expect(ben.sees(general)).toBe('');
    expect(ana.sees() + ben.sees()).toBe('');
    expect(posts(discord)).toEqual([]);
    expect(await wayBack(last)).toBe(`https://discord.com/channels/${guild.id}/${general.id}`);
  });

  it('takes two people of one channel through their own sign-ins at the same time', async () => {
    const { ana, ben, general } = scene;
    await scene.gateway();
    await Promise.all([ana, ben].map((person) => command(person, 'auth', general)));
    const [forAna, forBen] = await Promise.all([linkFor(ana, general), linkFor(ben, general)]);
    expect(forAna).not.toBe(forBen);
    expect(ben.sees(general)).not.toContain(forAna);
    await signIn(await scene.browser(), forBen, 'ben');
    await expect.poll(() => saidTo(ben, general)).toBe(CONNECTED);
    expect(saidTo(ana, general)).toContain('The link works for 10 minutes.');
    await signIn(await scene.browser(), forAna, 'ana');
    await expect.poll(() => saidTo(ana, general)).toBe(CONNECTED);
    expect(new Set(scene.everything.callers)).toEqual(new Set(['ana', 'ben']));
  });

  it('starts a sign-in by a button of the status message, and that message becomes the sign-in', async () => {
    const { ana, ben, general } = scene;
    await scene.gateway();
    await command(ana, '', general);
    await expect.poll(() => buttonsOf(ana, general)).toContain('Sign in');
    expect((await ana.presses('Sign in', general)).kind).toMatch(/^(updated|acknowledged)$/);
    await signIn(await scene.browser(), await linkFor(ana, general));
    await expect.poll(() => saidTo(ana, general)).toBe(CONNECTED);
    expect(ana.messages(general)).toHaveLength(1);
    expect(ben.sees(general)).toBe('');
  });

  it('stays in the thread in which it was asked, and leads back to it', async () => {
    const { ana, ben, general, guild } = scene;
    await scene.gateway();
    const thread = general.thread('Builds');
    await command(ana, 'auth everything', thread);
    const page = await signIn(await scene.browser(), await linkFor(ana, thread));
    await page.getByText('everything is connected').waitFor();
    await expect.poll(() => saidTo(ana, thread)).toBe(CONNECTED);
    expect(ben.sees(thread) + ben.sees(general) + ana.sees(general)).toBe('');
    expect(await wayBack(page)).toBe(`https://discord.com/channels/${guild.id}/${thread.id}`);
  });

  it('says that Ana declined, takes the link away, and tries again by one press', async () => {
    const { ana, general } = scene;
    await scene.gateway();
    await command(ana, 'auth everything', general);
    const page = await openConnect(await scene.browser(), await linkFor(ana, general));
    await goOn(page);
    await page.getByRole('link', { name: /cancel/i }).click();
    await expect.poll(() => saidTo(ana, general)).toBe('✗ everything: you declined the request.');
    expect(buttonsOf(ana, general)).toEqual(['Try again']);
    await ana.presses('Try again', general);
    await signIn(await scene.browser(), await linkFor(ana, general));
    await expect.poll(() => saidTo(ana, general)).toBe(CONNECTED);
    expect(ana.messages(general)).toHaveLength(1);
  });

  it('says that a link has expired, and tries again by one press, for Ana alone', async () => {
    const { ana, ben, general, clock } = scene;
    await scene.gateway();
    await command(ana, 'auth everything', general);
    const old = await linkFor(ana, general);
    clock.advance(11 * 60_000);
    await expect.poll(() => saidTo(ana, general)).toBe('✗ everything: the link expired after 10 minutes.');
    expect((await ana.presses('Try again', general)).kind).toMatch(/^(updated|acknowledged)$/);
    const link = await linkFor(ana, general);
    expect(link).not.toBe(old);
    const page = await openConnect(await scene.browser(), old);
    await page.getByText('This link has expired').waitFor();
    await signIn(await scene.browser(), link);
    await expect.poll(() => saidTo(ana, general)).toBe(CONNECTED);
    expect(ana.messages(general)).toHaveLength(1);
    expect(ben.sees(general)).toBe('');
  });

  it('ends a sign-in by a button, and the link with it', async () => {
    const { ana, general } = scene;
    await scene.gateway();
    await command(ana, 'auth everything', general);
    const link = await linkFor(ana, general);
    await ana.presses('Cancel', general);
    await expect.poll(() => saidTo(ana, general)).toBe('– everything: cancelled');
    expect(lastOf(ana, general).buttons).toEqual([]);
    const page = await openConnect(await scene.browser(), link);
    await page.getByText('This sign-in was cancelled').waitFor();
    expect(scene.provider.counts.token).toBe(0);
  });

  it('answers a mention in the private chat, in a thread too, and says nothing where others read it', async () => {
    const { ana, ben, general, discord } = scene;
    await scene.gateway();
    const thread = general.thread('Builds');
    for (const where of [general, thread]) {
      await ana.says('@bot mcp auth everything', where);
      const page = await signIn(await scene.browser(), await linkFor(ana));
      await page.getByText('everything is connected').waitFor();
      await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
      expect(ben.messages(where).filter(({ from }) => from === 'bot')).toEqual([]);
    }
    expect(posts(discord)).toHaveLength(2);
  });

  it('points to /mcp, and says nothing else, where a mention cannot be answered in private', async () => {
    const { general } = scene;
    const dee = scene.member('Dee', { dms: 'closed' });
    await scene.gateway();
    await dee.says('@bot mcp auth everything', general);
    await expect.poll(() => saidTo(dee, general)).toBe('I answer this only in private: type /mcp here.');
    expect(lastOf(dee, general).buttons).toEqual([]);
    expect(scene.ben.sees(general)).not.toMatch(/connect\/|sign-in|everything —/);
    await command(dee, 'auth everything', general);
    await signIn(await scene.browser(), await linkFor(dee, general));
    await expect.poll(() => saidTo(dee, general)).toBe(CONNECTED);
  });
});
