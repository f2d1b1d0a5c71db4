import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import type { DiscordChannel } from '../helpers/discord/face.js';
import { startHttpPeer } from '../helpers/http-peer.js';
import { usePrograms } from './discord-program.js';
import {
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
import { agree, goOn, openConnect } from './telegram-browsing.js';

const chromium = findChromium();

describe.skipIf(chromium === undefined)('Discord and a gateway that ends in the middle of a sign-in', () => {
  const scene = useDiscordScene(chromium);
  const start = usePrograms(scene);

  /** Ana's browser at the provider's login, on the way from a link in the chat. */
  async function atTheProvider(where?: DiscordChannel) {
    const { ana } = scene;
    await command(ana, 'auth everything', where);
    const page = await openConnect(await scene.browser(), await linkFor(ana, where));
    await goOn(page);
    return page;
  }

  /** Everything that Discord ever delivered comes a second time. */
  async function everythingAgain(): Promise<void> {
    for (const { id } of scene.discord.sent) await scene.discord.redeliver(String(id));
  }

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'tells the outcome to Ana alone in the old message after %s, and does nothing twice that is delivered twice',
    async (signal) => {
      const { ana, ben, general, guild, discord } = scene;
      const program = await start();
      const page = await atTheProvider(general);
      for (const key of ['taken', 'tokens']) await expect.poll(() => program.remembers(key)).toBe(true);
      await program.restart(signal);
      await everythingAgain();
      await agree(page);
      await page.getByText('everything is connected').waitFor();
      await expect.poll(() => saidTo(ana, general)).toBe(CONNECTED);
      expect(lastOf(ana, general).buttons).toEqual([]);
      expect(await wayBack(page)).toBe(`https://discord.com/channels/${guild.id}/${general.id}`);
      await command(ana, 'help', general);
      await expect.poll(() => saidTo(ana, general)).toContain('What you can do');
      expect(ana.messages(general)).toHaveLength(2);
      expect(scene.provider.counts).toMatchObject({ registration: 1, token: 1 });
      expect(posts(discord)).toEqual([]);
      expect(ben.sees(general)).toBe('');
    },
  );

  it('tells what came of it though it was killed before it could, while Discord was away', async () => {
    const { ana, discord } = scene;
    const program = await start();
    const page = await atTheProvider();
    await discord.goDown();
    await agree(page);
    await page.getByText('everything is connected').waitFor();
    await program.end('SIGKILL');
    await discord.comeBack();
    expect(saidTo(ana)).toContain('The link works for 10 minutes.');
    await program.restart('SIGKILL');
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    expect(lastOf(ana).buttons).toEqual([]);
    expect(posts(discord)).toEqual([]);
  });

  it('leaves no “is thinking…” behind that says so for ever', async () => {
    const { ana, ben, general } = scene;
    const silent = await startHttpPeer(() => new Promise(() => {}));
    const program = await start({ mcp_servers: { slow: { url: `${silent.origin}/mcp`, auth: 'oauth' } } });
    const outcome = await ana.types('/mcp', { command: 'auth slow' }, general);
    expect(outcome.kind).toBe('thinking');
    await expect.poll(() => program.remembers('working')).toBe(true);
    await program.restart('SIGKILL');
    const told = 'I was interrupted before I could answer. Type the command again.';
    await expect.poll(() => saidTo(ana, general)).toBe(told);
    expect(ben.sees(general)).toBe('');
    await silent.close();
  });

  it('answers what is asked right after the start, and a sign-in from before with it', async () => {
    const { ana, general } = scene;
    const program = await start();
    await command(ana, 'auth everything', general);
    const link = await linkFor(ana, general);
    await expect.poll(() => program.remembers('tokens')).toBe(true);
    await program.restart('SIGTERM');
    await command(ana, '', general);
    await expect.poll(() => saidTo(ana, general)).toContain('everything · sign-in pending');
    await signIn(await scene.browser(), link);
    await expect.poll(() => ana.messages(general).map(({ text }) => text)).toContain(CONNECTED);
  });
});
