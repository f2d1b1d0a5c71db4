import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import { startHttpPeer } from '../helpers/http-peer.js';
import type { TelegramGroup } from '../helpers/telegram/face.js';
import { agree, goOn, openConnect, wayBack } from './telegram-browsing.js';
import { type GatewayProgram, usePrograms } from './telegram-program.js';
import { BOT_CHAT, CONNECTED, lastOf, linkFor, saidTo, useTelegramScene } from './telegram-scene.js';

const chromium = findChromium();

describe.skipIf(chromium === undefined)('Telegram and a gateway that ends in the middle of a sign-in', () => {
  const scene = useTelegramScene(chromium);
  const start = usePrograms(scene);

  /** Ana's browser at the provider's login, on the way from a link in the chat. */
  async function atTheProvider(chat?: TelegramGroup) {
    const { ana } = scene;
    await ana.type('/mcp auth everything', chat === undefined ? {} : { chat });
    const page = await openConnect(await scene.browser(), await linkFor(ana, chat));
    await goOn(page);
    return page;
  }

  /** Everything that Telegram ever delivered comes a second time. */
  async function everythingAgain(): Promise<void> {
    for (const { update_id: id } of scene.api.updates) scene.api.redeliver(Number(id));
    await expect.poll(() => scene.api.pendingUpdates).toBe(0);
  }

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'tells the outcome in the old message after %s, and does nothing twice that is delivered twice',
    async (signal) => {
      const { ana, api } = scene;
      const program = await start();
      const page = await atTheProvider();
      await expect.poll(() => program.remembers('taken')).toBe(true);
      await program.restart(signal);
      await everythingAgain();
      await agree(page);
      await page.getByText('everything is connected').waitFor();
      await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
      expect(lastOf(ana).buttons).toEqual([]);
      expect(await wayBack(page)).toBe(BOT_CHAT);
      await ana.type('/mcp help');
      await expect.poll(() => saidTo(ana)).toContain('What you can do');
      expect(api.callsOf('sendMessage')).toHaveLength(2);
      expect(scene.provider.counts).toMatchObject({ registration: 1, token: 1 });
    },
  );

  it('tells the outcome to Ana alone in her group’s message after a kill', async () => {
    const { ana, ben, api } = scene;
    const program = await start();
    const chat = api.group('Team', [ana, ben], { kind: 'supergroup' });
    const page = await atTheProvider(chat);
    await program.restart('SIGKILL');
    await agree(page);
    await expect.poll(() => saidTo(ana, chat)).toBe(CONNECTED);
    expect(ben.sees(chat)).toBe('');
    expect(ana.sees() + ben.sees()).toBe('');
  });

  it('tells what came of it though it was killed before it could, while Telegram was away', async () => {
    const { ana, api } = scene;
    const program = await start();
    const page = await atTheProvider();
    await api.goDown();
    await agree(page);
    await page.getByText('everything is connected').waitFor();
    await program.end('SIGKILL');
    await api.comeBack();
    expect(saidTo(ana)).toContain('The link works for 10 minutes.');
    await program.restart('SIGKILL');
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    expect(lastOf(ana).buttons).toEqual([]);
    expect(api.callsOf('sendMessage')).toHaveLength(1);
  });

  it('leaves no “Working…” behind that says so for ever', async () => {
    const { ana, ben, api } = scene;
    const silent = await startHttpPeer(() => new Promise(() => {}));
    const program = await start({ mcp_servers: { slow: { url: `${silent.origin}/mcp`, auth: 'oauth' } } });
    const chat = api.group('Team', [ana, ben], { kind: 'supergroup' });
    await ana.type('/mcp auth slow', { chat });
    await expect.poll(() => saidTo(ana, chat)).toBe('Working…');
    await expect.poll(() => program.remembers('working')).toBe(true);
    await program.restart('SIGKILL');
    const told = 'I was interrupted before I could answer. Type the command again.';
    await expect.poll(() => saidTo(ana, chat)).toBe(told);
    expect(ben.sees(chat)).toBe('');
    await silent.close();
  });

  it('answers what was typed while it was away', async () => {
    const { ana, api } = scene;
    const program: GatewayProgram = await start();
    await program.end('SIGTERM');
    await ana.type('/mcp');
    await ana.type('/mcp help');
    await program.restart('SIGTERM');
    await expect.poll(() => ana.sees()).toContain('● everything · sign-in needed');
    await expect.poll(() => ana.sees()).toContain('What you can do');
    expect(api.callsOf('sendMessage')).toHaveLength(2);
  });
});
