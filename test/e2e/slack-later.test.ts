import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import { signIn } from '../helpers/sign-in-browser.js';
import type { Where } from '../helpers/slack/face.js';
import { answersTo, CONNECTED, lastOf, pressLink, saidTo, useSlackScene } from './slack-scene.js';
import { agree, goOn, openConnect } from './telegram-browsing.js';

const chromium = findChromium();

describe.skipIf(chromium === undefined)('Slack, later', () => {
  const scene = useSlackScene(chromium);
  const here = (): Where => ({ channel: scene.team });

  describe('once its message can no longer be edited', () => {
    const patient = { security: { sign_in_lifetime: '60m' } };

    /** At the provider, on the way from the link that was pressed, in the time that the response_url has. */
    async function atTheProvider(): Promise<Page> {
      await scene.gateway(patient);
      await scene.ana.types('/mcp auth everything', here());
      const page = await openConnect(await scene.browser(), await pressLink(scene.ana, here()));
      await goOn(page);
      return page;
    }

    async function expectOnePrivateMessage(): Promise<void> {
      const { ana, ben, slack } = scene;
      await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
      expect(lastOf(ana)).toMatchObject({ buttons: [], ephemeral: false });
      await ana.types('/mcp help', here());
      await expect.poll(() => saidTo(ana, here())).toContain('What you can do');
      expect(answersTo(ana)).toHaveLength(1);
      expect(slack.callsOf('chat.postMessage')).toHaveLength(1);
      expect(ben.seesAnywhere()).toBe('');
    }

    it('because half an hour went by, a private one says what came of it, once', async () => {
      const page = await atTheProvider();
      scene.clock.advance(31 * 60_000);
      await agree(page);
      await page.getByText('everything is connected').waitFor();
      await expectOnePrivateMessage();
    });

    it('because Slack refuses the response_url, a private one says what came of it, once', async () => {
      const page = await atTheProvider();
      scene.slack.fail('response_url', { status: 404, body: '{"ok":false,"error":"used_url"}' }, 100);
      await agree(page);
      await page.getByText('everything is connected').waitFor();
      await expectOnePrivateMessage();
    });

    it('and its button is pressed once more, that gives it another half an hour', async () => {
      const { ana, clock, slack } = scene;
      const page = await atTheProvider();
      clock.advance(31 * 60_000);
      await pressLink(ana, here());
      await agree(page);
      await expect.poll(() => saidTo(ana, here())).toBe(CONNECTED);
      expect(slack.callsOf('chat.postMessage')).toEqual([]);
    });
  });

  it('keeps one of the five uses of a response_url for the outcome', async () => {
    const { ana, slack, team } = scene;
    const names = ['one', 'two', 'three', 'four', 'five', 'six'];
    const servers = Object.fromEntries(
      names.map((name) => [name, { url: scene.everything.url, auth: 'oauth' }]),
    );
    await scene.gateway({ mcp_servers: servers });
    await ana.types('/mcp auth', here());
    const links = await (async () => {
      await expect
        .poll(() => lastOf(ana, here()).buttons.filter(({ url }) => url !== undefined))
        .toHaveLength(6);
      return lastOf(ana, here()).buttons.flatMap(({ url }) => url ?? []);
    })();
    await ana.presses('Sign in', here());
    for (const link of links) await signIn(link);
    await expect.poll(() => ana.sees({ channel: team })).toContain('6 of 6 connected');
    expect(ana.sees()).toBe('');
    expect(slack.callsOf('chat.postMessage')).toEqual([]);
    expect(slack.calls.filter(({ outcome }) => outcome === 'used_url')).toEqual([]);
  });
});
