import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import { backToSlack } from './slack-browsing.js';
import { useSlackPrograms } from './slack-program.js';
import { answersTo, CONNECTED, lastOf, linkFor, pressLink, saidTo, useSlackScene } from './slack-scene.js';
import { agree, goOn, openConnect, signIn } from './telegram-browsing.js';

const chromium = findChromium();

/** The program as it ships, by Socket Mode, at its own pace. */
describe.skipIf(chromium === undefined)('Slack in the direct messages', () => {
  const scene = useSlackScene(chromium);
  const start = useSlackPrograms(scene);

  it('leads from /mcp over a link, consent and an edited message back to the chat', async () => {
    const { ana, ben, slack, acme } = scene;
    await start();
    await ana.types('/mcp');
    await expect.poll(() => saidTo(ana)).toContain('● everything · sign-in needed');
    await ana.types('/mcp auth');
    const page = await openConnect(await scene.browser(), await pressLink(ana));
    expect(await page.textContent('main')).toContain('Slack · @ana asked for this.');
    await goOn(page);
    await agree(page);
    await page.getByText('everything is connected').waitFor();
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    expect(lastOf(ana)).toMatchObject({ buttons: [], edited: true, ephemeral: false });
    expect(await backToSlack(page)).toBe(
      `https://slack.com/app_redirect?team=${acme.id}&channel=${lastOf(ana).channel}`,
    );
    await ana.presses('Refresh');
    await expect.poll(() => ana.sees()).toContain('✓ everything · 13 tools · connected');
    expect(scene.provider.counts.token).toBe(1);
    expect(slack.callsOf('chat.postMessage')).toHaveLength(2);
    expect(ben.seesAnywhere()).toBe('');
  });

  it('posts one message for a command, and edits it four times at most', async () => {
    const { ana, slack } = scene;
    await start();
    await ana.types('/mcp auth everything');
    await signIn(await scene.browser(), await linkFor(ana));
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    expect(slack.callsOf('chat.postMessage')).toHaveLength(1);
    expect(slack.callsOf('chat.update').length).toBeLessThanOrEqual(4);
    for (const command of ['/mcp', 'mcp status everything', '/mcp tools everything', 'mcp test everything']) {
      const count = answersTo(ana).length;
      await ana.types(command);
      await expect.poll(() => answersTo(ana).length).toBe(count + 1);
    }
    expect(slack.callsOf('chat.postMessage')).toHaveLength(5);
    expect(slack.callsOf('response_url')).toEqual([]);
  });

  it('signs out by a question and its button, at the provider too', async () => {
    const { ana, slack } = scene;
    await start();
    await ana.types('mcp auth everything');
    await signIn(await scene.browser(), await linkFor(ana));
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    await ana.types('/mcp logout everything');
    await expect.poll(() => saidTo(ana)).toContain('Sign out of everything?');
    await ana.presses('Sign out');
    const signedOut = '✓ Signed out of everything: its provider has withdrawn the access.';
    await expect.poll(() => saidTo(ana)).toBe(signedOut);
    expect(scene.provider.counts.revocation).toBeGreaterThan(0);
    expect(slack.callsOf('chat.postMessage')).toHaveLength(2);
    await ana.types('/mcp');
    await expect.poll(() => saidTo(ana)).toContain('everything · sign-in needed');
  });

  it('is another chat than the one between two people, in which a command is answered to one of them alone', async () => {
    const { ana } = scene;
    await start();
    await ana.types('Hello?');
    await expect.poll(() => saidTo(ana)).toContain('I understand /mcp and what follows it.');
    await ana.presses('Status');
    await expect.poll(() => saidTo(ana)).toContain('everything · sign-in needed');
    await ana.types('Hello again?');
    await ana.types('mcp help');
    await expect.poll(() => saidTo(ana)).toContain('What you can do');
    expect(answersTo(ana)).toHaveLength(2);
  });
});
