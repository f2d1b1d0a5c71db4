import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import type { ShownButton, Where } from '../helpers/slack/face.js';
import {
  answersTo,
  CONNECTED,
  idOf,
  lastOf,
  linkFor,
  pressLink,
  saidTo,
  useSlackScene,
} from './slack-scene.js';
import { signIn } from './telegram-browsing.js';

const chromium = findChromium();
const NOT_YOURS = 'This button is for somebody else. Type /mcp for your own.';

const asPressed = ({ actionId, blockId, value }: ShownButton) => ({
  action_id: actionId,
  block_id: blockId,
  ...(value === undefined ? {} : { value }),
});

describe.skipIf(chromium === undefined)('Slack among strangers', () => {
  const scene = useSlackScene(chromium);
  const here = (): Where => ({ channel: scene.team });

  it('refuses Ana’s button to whoever forges a press of it, tells them so alone, and leaves her sign-in alone', async () => {
    const { ana, ben } = scene;
    await scene.gateway();
    await ana.types('/mcp auth everything', here());
    await linkFor(ana, here());
    const before = ana.seesAnywhere();
    for (const button of lastOf(ana, here()).buttons) {
      const pressed = await ben.forgesPress(lastOf(ana, here()), asPressed(button));
      expect(pressed.acknowledged).toBe(true);
    }
    await expect.poll(() => saidTo(ben, here())).toBe(NOT_YOURS);
    expect(lastOf(ben, here())).toMatchObject({ ephemeral: true, buttons: [] });
    expect(ana.seesAnywhere()).toBe(before);
    await signIn(await scene.browser(), await pressLink(ana, here()));
    await expect.poll(() => saidTo(ana, here())).toBe(CONNECTED);
    expect(ben.seesAnywhere()).not.toContain('everything');
    expect(scene.everything.callers).not.toContain('ben');
  });

  it('cancels nothing of Ana’s when Ben cancels, and shows him where he stands, not her', async () => {
    const { ana, ben } = scene;
    await scene.gateway();
    await ana.types('/mcp auth everything', here());
    await linkFor(ana, here());
    const before = ana.seesAnywhere();
    await ben.types('/mcp cancel everything', here());
    await expect.poll(() => saidTo(ben, here())).not.toBe('');
    expect(ana.seesAnywhere()).toBe(before);
    await signIn(await scene.browser(), await pressLink(ana, here()));
    await expect.poll(() => saidTo(ana, here())).toBe(CONNECTED);
    await ben.types('/mcp', here());
    await expect.poll(() => saidTo(ben, here())).toContain('everything · sign-in needed');
  });

  it.each(['in the channel', 'in private'])(
    'tells an outsider their own id and nothing else, %s',
    async (place) => {
      const { ana, acme, team } = scene;
      const oto = acme.person('Oto');
      team.join(oto);
      await scene.gateway();
      const where = place === 'in private' ? undefined : here();
      const refusal = `You may not use this gateway yet. Whoever runs it can let you in: your id is ${idOf(oto)}.`;
      for (const command of ['/mcp', '/mcp auth everything', '/mcp users', '/mcp help']) {
        const count = answersTo(oto, where).length;
        await oto.types(command, where);
        await expect.poll(() => answersTo(oto, where).length).toBe(count + 1);
        expect(saidTo(oto, where)).toBe(refusal);
        expect(lastOf(oto, where).buttons).toEqual([]);
      }
      expect(oto.seesAnywhere()).not.toContain('everything');
      expect(ana.seesAnywhere()).toBe('');
      expect(scene.provider.counts.registration).toBe(0);
    },
  );

  it('shows an admin in a channel who is signed in, and the members neither that nor that it was asked', async () => {
    const { ana, ben } = scene;
    await scene.gateway();
    await ana.types('/mcp auth everything', here());
    await signIn(await scene.browser(), await pressLink(ana, here()));
    await expect.poll(() => saidTo(ana, here())).toBe(CONNECTED);
    await ana.types('/mcp users', here());
    await expect.poll(() => saidTo(ana, here())).toContain(`${idOf(ana)} · everything · connected`);
    expect(ben.seesAnywhere()).toBe('');
    await ben.types('/mcp users', here());
    await expect.poll(() => saidTo(ben, here())).toBe('✗ Only an admin of this gateway may do that.');
    expect(ben.seesAnywhere()).not.toContain(ana.id);
    expect(ana.seesAnywhere()).not.toContain('Only an admin');
  });
});
