import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import type { Where } from '../helpers/slack/face.js';
import { CONNECTED, pressLink, saidTo, useSlackScene } from './slack-scene.js';
import { agree, goOn, openConnect } from './telegram-browsing.js';

const chromium = findChromium();

describe.skipIf(chromium === undefined)('Slack that takes something away in the middle of a sign-in', () => {
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

  it('has archived the channel meanwhile: Ana hears the outcome, the channel nothing', async () => {
    const { ana, ben, team } = scene;
    const page = await atTheProvider(here());
    team.archive();
    await agree(page);
    await page.getByText('everything is connected').waitFor();
    await expect.poll(() => ana.seesAnywhere()).toContain(CONNECTED);
    expect(ben.seesAnywhere()).toBe('');
  });

  it('has thrown the bot out of the channel meanwhile: Ana hears the outcome, the channel nothing', async () => {
    const { ana, ben, team } = scene;
    const page = await atTheProvider(here());
    team.removeBot();
    await agree(page);
    await expect.poll(() => ana.seesAnywhere()).toContain(CONNECTED);
    expect(ben.seesAnywhere()).toBe('');
  });

  it('has closed her account, or refuses direct messages: the page says it, nothing breaks, Ben is answered', async () => {
    const { ana, ben, slack } = scene;
    const page = await atTheProvider();
    ana.deactivate();
    slack.fail('chat.update', { error: 'cant_update_message' }, 50);
    slack.fail('conversations.open', { error: 'user_disabled' }, 50);
    await agree(page);
    await page.getByText('everything is connected').waitFor();
    await expect.poll(() => slack.callsOf('conversations.open').length).toBeGreaterThan(0);
    await ben.types('/mcp help', here());
    await expect.poll(() => saidTo(ben, here())).toContain('What you can do');
    expect(saidTo(ana)).toContain('The link works for 10 minutes.');
  });

  it('has removed the app meanwhile: the page says it, the rest is silence, and red for operators', async () => {
    const gateway = await scene.gateway();
    const { ana, acme, slack } = scene;
    await ana.types('/mcp auth everything', here());
    const page = await openConnect(await scene.browser(), await pressLink(ana, here()));
    await goOn(page);
    await acme.uninstall();
    const ready = async () => (await fetch(`${gateway.localUrl}/readyz`)).text();
    await expect.poll(ready).toContain('Slack refuses the bot token of Acme');
    const before = slack.calls.filter(({ method }) => method.startsWith('chat.')).length;
    await agree(page);
    await page.getByText('everything is connected').waitFor();
    await gateway.app.gateway.settle();
    expect(slack.calls.filter(({ method }) => method.startsWith('chat.'))).toHaveLength(before);
    const errors = gateway.log.filter((line) => line.includes('"level":50'));
    expect(errors).toHaveLength(1);
  });
});
