import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import {
  CONNECTED,
  command,
  edits,
  idOf,
  lastOf,
  linkFor,
  posts,
  saidTo,
  signIn,
  useDiscordScene,
  wayBack,
} from './discord-scene.js';

const chromium = findChromium();
const NOT_YOURS = 'This button is for somebody else. Type /mcp for your own.';
const NOT_HERE = 'I do not answer in this channel.';

describe.skipIf(chromium === undefined)('Discord among strangers, and in several guilds', () => {
  const scene = useDiscordScene(chromium);

  it('refuses Ana’s buttons to whoever forges a press of them, tells them so, and leaves her sign-in alone', async () => {
    const { ana, ben, general } = scene;
    await scene.gateway();
    await command(ana, 'auth everything', general);
    const link = await linkFor(ana, general);
    const before = ana.sees(general);
    for (const customId of ['mcp:cancel everything', 'mcp:auth everything', 'mcp:status']) {
      const pressed = await ben.forges(lastOf(ana, general), customId);
      expect(pressed.kind === 'message' && pressed.message).toMatchObject({
        text: NOT_YOURS,
        ephemeral: true,
      });
    }
    expect(ana.sees(general)).toBe(before);
    await signIn(await scene.browser(), link);
    await expect.poll(() => saidTo(ana, general)).toBe(CONNECTED);
    expect(scene.everything.callers).not.toContain('ben');
    expect(ben.sees(general)).not.toContain('everything');
  });

  it('cancels nothing of Ana’s when Ben cancels, and shows him where he stands, not her', async () => {
    const { ana, ben, general } = scene;
    await scene.gateway();
    await command(ana, 'auth everything', general);
    const link = await linkFor(ana, general);
    const before = ana.sees(general);
    await command(ben, 'cancel everything', general);
    await expect.poll(() => saidTo(ben, general)).not.toBe('');
    expect(ana.sees(general)).toBe(before);
    await signIn(await scene.browser(), link);
    await expect.poll(() => saidTo(ana, general)).toBe(CONNECTED);
    await command(ben, '', general);
    await expect.poll(() => saidTo(ben, general)).toContain('everything · sign-in needed');
    await command(ana, 'users', general);
    await expect.poll(() => saidTo(ana, general)).toContain(`discord:${ana.id} · everything · connected`);
    await command(ben, 'users', general);
    await expect.poll(() => saidTo(ben, general)).toBe('✗ Only an admin of this gateway may do that.');
    expect(ben.sees(general)).not.toContain(ana.id);
  });

  it('tells an outsider their own id and nothing else, in the guild and in private, and offers them nothing', async () => {
    const { ana, guild, general, discord } = scene;
    const oto = discord.person('Oto');
    guild.join(oto);
    await scene.gateway();
    const refusal = `You may not use this gateway yet. Whoever runs it can let you in: your id is discord:${oto.id}.`;
    for (const where of [general, undefined])
      for (const words of ['', 'auth everything', 'users', 'help']) {
        await command(oto, words, where);
        await expect.poll(() => saidTo(oto, where)).toBe(refusal);
        expect(lastOf(oto, where).buttons).toEqual([]);
      }
    expect(await oto.completes('command', '', general)).toEqual([]);
    expect(await oto.completes('server', 'e', general)).toEqual([]);
    expect(oto.sees(general) + oto.sees()).not.toContain('everything');
    expect(ana.sees(general)).toBe('');
    expect(scene.provider.counts.registration).toBe(0);
  });

  it('serves several guilds by one bot: signed in in one is signed in in the other, and each is told where it asked', async () => {
    const { ana, ben, general, discord } = scene;
    const other = discord.guild('Other', [ana, ben]);
    const lobby = other.channel('lobby');
    await scene.gateway();
    await command(ana, 'auth everything', general);
    await command(ben, 'auth everything', lobby);
    await signIn(await scene.browser(), await linkFor(ana, general), 'ana');
    await expect.poll(() => saidTo(ana, general)).toBe(CONNECTED);
    expect(saidTo(ben, lobby)).toContain('The link works for 10 minutes.');
    const page = await signIn(await scene.browser(), await linkFor(ben, lobby), 'ben');
    expect(await wayBack(page)).toBe(`https://discord.com/channels/${other.id}/${lobby.id}`);
    await expect.poll(() => saidTo(ben, lobby)).toBe(CONNECTED);
    for (const where of [lobby, undefined]) {
      await command(ana, '', where);
      await expect.poll(() => saidTo(ana, where)).toContain('✓ everything · 13 tools · connected');
    }
    expect(ben.sees(general) + ben.sees()).toBe('');
    expect(posts(discord)).toEqual([]);
  });

  it('answers only in the guilds and channels that the config names, threads of theirs, and in private', async () => {
    const { ana, guild, general, discord } = scene;
    const other = discord.guild('Other', [ana]);
    const lobby = other.channel('lobby');
    const random = guild.channel('random');
    const thread = general.thread('Builds');
    const stray = random.thread('Stray');
    await scene.gateway({
      access: { users: '*', admins: [idOf(ana)] },
      ...scene.platforms({ guilds: [guild.id], channels: [general.id] }),
    });
    expect(discord.commands(guild)).toHaveLength(1);
    expect(discord.commands(other)).toHaveLength(0);
    // What another tool had registered there.
    discord.register([{ name: 'mcp', type: 1, description: 'Stale' }], other);
    for (const where of [random, stray, lobby]) {
      const told = await ana.types('/mcp', {}, where);
      expect(told.kind === 'message' && told.message).toMatchObject({ text: NOT_HERE, ephemeral: true });
    }
    for (const where of [general, thread, undefined]) {
      await command(ana, '', where);
      await expect.poll(() => saidTo(ana, where)).toContain('everything · sign-in needed');
    }
    for (const where of [lobby, random, stray]) await ana.says('@bot mcp auth everything', where);
    await expect.poll(() => ana.sees()).toContain(NOT_HERE);
    await ana.says('@bot mcp help', thread);
    await expect.poll(() => saidTo(ana)).toContain('What you can do');
    expect(ana.sees() + ana.sees(lobby) + ana.sees(random)).not.toMatch(/connect\//);
    expect(scene.provider.counts.registration).toBe(0);
    expect(edits(discord).length).toBeLessThanOrEqual(3);
  });
});
