import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import type { TelegramGroup } from '../helpers/telegram/face.js';
import { signIn } from './telegram-browsing.js';
import { CONNECTED, lastOf, linkFor, saidTo, useTelegramScene } from './telegram-scene.js';

const chromium = findChromium();

describe.skipIf(chromium === undefined)('Telegram among strangers', () => {
  const scene = useTelegramScene(chromium);

  async function team(): Promise<TelegramGroup> {
    await scene.gateway();
    return scene.api.group('Team', [scene.ana, scene.ben], { kind: 'supergroup' });
  }

  it('refuses Ana’s button to whoever forges a press of it, tells them so, and leaves her sign-in alone', async () => {
    const { ana, ben } = scene;
    const chat = await team();
    await ana.type('/mcp auth everything', { chat });
    const link = await linkFor(ana, chat);
    const before = ana.sees(chat);
    const cancel = lastOf(ana, chat)
      .buttons.flat()
      .find(({ label }) => label === 'Cancel');
    const pressed = await ben.forgePress(lastOf(ana, chat), cancel?.data ?? '');
    expect(pressed).toEqual({
      answered: true,
      alert: true,
      text: 'This button is for somebody else. Type /mcp for your own.',
    });
    expect(ana.sees(chat)).toBe(before);
    expect(ben.sees(chat) + ben.sees()).toBe('');
    await signIn(await scene.browser(), link);
    await expect.poll(() => saidTo(ana, chat)).toBe(CONNECTED);
    expect(scene.everything.callers).not.toContain('ben');
  });

  it('cancels nothing of Ana’s when Ben cancels, and shows him where he stands, not her', async () => {
    const { ana, ben } = scene;
    const chat = await team();
    await ana.type('/mcp auth everything', { chat });
    const link = await linkFor(ana, chat);
    const before = ana.sees(chat);
    await ben.type('/mcp cancel everything', { chat });
    await expect.poll(() => saidTo(ben, chat)).not.toBe('');
    expect(ana.sees(chat)).toBe(before);
    await signIn(await scene.browser(), link);
    await expect.poll(() => saidTo(ana, chat)).toBe(CONNECTED);
    await ben.type('/mcp', { chat });
    await expect.poll(() => saidTo(ben, chat)).toContain('everything · sign-in needed');
  });

  it.each(['in the group', 'in private'])(
    'tells an outsider their own id and nothing else, %s',
    async (where) => {
      const oto = scene.api.person('Oto');
      const team = scene.api.group('Team', [scene.ana, oto], { kind: 'supergroup' });
      await scene.gateway();
      const chat = where === 'in private' ? undefined : team;
      const refusal =
        'You may not use this gateway yet. Whoever runs it can let you in: ' +
        `your id is telegram:${oto.id}.`;
      for (const command of ['/mcp', '/mcp auth everything', '/mcp users', '/mcp help']) {
        const count = oto.messages(chat).length;
        await oto.type(command, chat === undefined ? {} : { chat });
        await expect.poll(() => oto.messages(chat).length).toBe(count + 2);
        await expect.poll(() => saidTo(oto, chat)).toBe(refusal);
        expect(lastOf(oto, chat).buttons).toEqual([]);
      }
      expect(oto.sees(chat).replaceAll('/mcp auth everything', '')).not.toContain('everything');
      expect(scene.ana.sees(team)).toBe('');
      expect(scene.provider.counts.registration).toBe(0);
    },
  );

  it('shows an admin in a group who is signed in, and the members neither that nor that it was asked', async () => {
    const { ana, ben } = scene;
    const chat = await team();
    await ana.type('/mcp auth everything', { chat });
    await signIn(await scene.browser(), await linkFor(ana, chat));
    await expect.poll(() => saidTo(ana, chat)).toBe(CONNECTED);
    await ana.type('/mcp users', { chat });
    await expect.poll(() => saidTo(ana, chat)).toContain(`telegram:${ana.id} · everything · connected`);
    expect(ben.sees(chat)).toBe('');
    await ben.type('/mcp users', { chat });
    await expect.poll(() => saidTo(ben, chat)).toBe('✗ Only an admin of this gateway may do that.');
    expect(ben.sees(chat) + ben.sees()).not.toContain(String(ana.id));
    expect(ana.sees(chat)).not.toContain('Only an admin');
  });
});
