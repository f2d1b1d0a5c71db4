import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import { isFields } from '../helpers/discord/form.js';
import { usePrograms } from './discord-program.js';
import {
  buttonsOf,
  CONNECTED,
  callbacks,
  command,
  edits,
  lastOf,
  linkFor,
  posts,
  saidTo,
  signIn,
  useDiscordScene,
  wayBack,
} from './discord-scene.js';

const chromium = findChromium();

/** The program as it ships, over the Gateway, at its own pace. */
describe.skipIf(chromium === undefined)('Discord in the private chat', () => {
  const scene = useDiscordScene(chromium);
  const start = usePrograms(scene);

  it('leads from /mcp over a link, consent and an edited message back to the chat', async () => {
    const { ana, discord } = scene;
    await start();
    await command(ana);
    await expect.poll(() => saidTo(ana)).toContain('● everything · sign-in needed');
    await ana.types('/mcp', { command: 'auth', server: 'everything' });
    const page = await signIn(await scene.browser(), await linkFor(ana));
    await page.getByText('everything is connected').waitFor();
    expect(await page.textContent('main')).toContain('13 tools');
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    expect(lastOf(ana).buttons).toEqual([]);
    expect(await wayBack(page)).toBe(`https://discord.com/channels/@me/${discord.dm(ana).id}`);
    await ana.presses('Refresh');
    await expect.poll(() => ana.sees()).toContain('✓ everything · 13 tools · connected');
    expect(scene.provider.counts.token).toBe(1);
    expect(posts(discord)).toEqual([]);
    expect(ana.messages()).toHaveLength(2);
  });

  it('makes one first answer to /mcp and at most one edit; what is known needs no edit', async () => {
    const { ana, general, discord } = scene;
    /** A machine that is busy for more than a second says "thinking…" first; the answer is an edit then. */
    const deferred = () => callbacks(discord).filter(({ body }) => isFields(body) && body.type === 5).length;
    await start();
    await command(ana, 'auth everything', general);
    await signIn(await scene.browser(), await linkFor(ana, general));
    await expect.poll(() => saidTo(ana, general)).toBe(CONNECTED);
    expect(callbacks(discord)).toHaveLength(1);
    // "finishing…" and the outcome.
    expect(edits(discord).length - deferred()).toBeLessThanOrEqual(2);
    for (const [words, most] of [
      ['', 1],
      ['status everything', 1],
      ['tools everything', 1],
      ['test everything', 1],
      ['help', 0],
    ] as const) {
      const [before, edited] = [callbacks(discord).length, edits(discord).length - deferred()];
      await command(ana, words, general);
      await expect.poll(() => saidTo(ana, general)).toMatch(/everything|What you can do/);
      await expect.poll(() => lastOf(ana, general).state).toBe('sent');
      expect(callbacks(discord)).toHaveLength(before + 1);
      expect(edits(discord).length - deferred() - edited).toBeLessThanOrEqual(most);
    }
    expect(posts(discord)).toEqual([]);
    expect(discord.callsOf('POST /webhooks')).toEqual([]);
  });

  it('offers commands and servers while they are typed, and answers what is typed as text', async () => {
    const { ana } = scene;
    await start();
    const names = async (option: string, partial: string, filled = {}) =>
      (await ana.completes(option, partial, undefined, { options: filled })).map(({ value }) => value);
    expect(await names('command', 'a')).toContain('auth');
    expect(await names('server', 'e', { command: 'auth' })).toContain('everything');
    await ana.says('/mcp auth everything');
    await signIn(await scene.browser(), await linkFor(ana));
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    await ana.says('hello?');
    await expect.poll(() => saidTo(ana)).toBe('I understand /mcp and what follows it.');
  });

  it('signs out by a question and its button, at the provider too', async () => {
    const { ana } = scene;
    await start();
    await command(ana, 'auth everything');
    await signIn(await scene.browser(), await linkFor(ana));
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    await command(ana, 'logout everything');
    await expect.poll(() => saidTo(ana)).toContain('Sign out of everything?');
    expect(buttonsOf(ana)).toContain('Sign out');
    await ana.presses('Sign out');
    await expect
      .poll(() => saidTo(ana))
      .toBe('✓ Signed out of everything: its provider has withdrawn the access.');
    expect(scene.provider.counts.revocation).toBeGreaterThan(0);
    await command(ana);
    await expect.poll(() => saidTo(ana)).toContain('everything · sign-in needed');
  });
});
