import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import type { ApiCall, Where } from '../helpers/slack/face.js';
import { answersTo, CONNECTED, lastOf, pressLink, saidTo, useSlackScene } from './slack-scene.js';
import { agree, goOn, openConnect } from './telegram-browsing.js';

const chromium = findChromium();

describe.skipIf(chromium === undefined)('Slack that fails in the middle of a sign-in', () => {
  const scene = useSlackScene(chromium);
  const here = (): Where => ({ channel: scene.team });

  /** Ana's browser at the provider's login, on the way from a link in the chat that she pressed. */
  async function atTheProvider(where?: Where): Promise<Page> {
    const gateway = await scene.gateway();
    await scene.ana.types('/mcp auth everything', where);
    const page = await openConnect(await scene.browser(), await pressLink(scene.ana, where));
    await goOn(page);
    expect(gateway.log.join('')).not.toMatch(/"level":(50|60)/);
    return page;
  }

  const edits = (): readonly ApiCall[] => scene.slack.callsOf('chat.update');
  const posts = (): readonly ApiCall[] =>
    scene.slack.callsOf('chat.postMessage').filter(({ outcome }) => outcome === 'ok');

  async function untilTold(where?: Where): Promise<void> {
    const { ana, ben } = scene;
    await expect.poll(() => saidTo(ana, where)).toBe(CONNECTED);
    expect(lastOf(ana, where).buttons).toEqual([]);
    expect(posts()).toHaveLength(where === undefined ? 1 : 0);
    expect(ben.seesAnywhere()).toBe('');
  }

  it('away when the browser comes back: the page says it at once, the chat when Slack is there again', async () => {
    const { ana, slack } = scene;
    const page = await atTheProvider();
    await slack.goDown();
    await agree(page);
    await page.getByText('everything is connected').waitFor();
    expect(saidTo(ana)).toContain('The link works for 10 minutes.');
    await slack.comeBack();
    scene.clock.advance(60_000);
    await untilTold();
    await slack.sockets.untilOpen();
    await ana.types('/mcp help');
    await expect.poll(() => saidTo(ana)).toContain('What you can do');
  });

  it.each(['refresh_requested', 'warning', 'drop'] as const)(
    'a connection that ends (%s) is replaced by another one, over which the rest comes',
    async (how) => {
      const { ana, slack } = scene;
      const page = await atTheProvider(here());
      if (how === 'drop') slack.sockets.drop();
      else slack.sockets.disconnect(how);
      await expect.poll(() => slack.sockets.opened).toBe(2);
      await slack.sockets.untilOpen();
      await agree(page);
      await untilTold(here());
      await ana.types('/mcp help', here());
      await expect.poll(() => saidTo(ana, here())).toContain('What you can do');
      expect(answersTo(ana, here())).toHaveLength(2);
    },
  );

  it('asks for two seconds of silence: it gets them, and Ana the outcome', async () => {
    const page = await atTheProvider();
    scene.slack.fail('chat.update', { status: 429, retryAfterSeconds: 2 });
    await agree(page);
    const refused = () => edits().findIndex(({ status }) => status === 429);
    await expect.poll(() => edits()[refused() + 1]?.atMs).toBeDefined();
    const waitedMs = (edits()[refused() + 1]?.atMs ?? 0) - (edits()[refused()]?.atMs ?? 0);
    expect(waitedMs).toBeGreaterThanOrEqual(2000);
    await untilTold();
  });

  it.each([
    ['an error of its own', { status: 503 }],
    ['an error of its own, said politely', { error: 'internal_error' }],
    ['a broken connection', 'drop-before'],
    ['a lost answer', 'drop-after'],
  ] as const)('answers the edit with %s: it is told once more, and once only', async (_what, how) => {
    const page = await atTheProvider();
    scene.slack.fail('chat.update', how, 2);
    await agree(page);
    await untilTold();
  });

  it('answers the edit through the response_url with too much to do: it is told once more', async () => {
    const page = await atTheProvider(here());
    scene.slack.fail('response_url', { status: 429, retryAfterSeconds: 1 });
    await agree(page);
    await untilTold(here());
  });
});
