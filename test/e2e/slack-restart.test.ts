import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import { startHttpPeer } from '../helpers/http-peer.js';
import type { Where } from '../helpers/slack/face.js';
import { useSlackPrograms } from './slack-program.js';
import { answersTo, CONNECTED, lastOf, ONE_MOMENT, pressLink, saidTo, useSlackScene } from './slack-scene.js';
import { agree, goOn, openConnect } from './telegram-browsing.js';

const chromium = findChromium();

describe.skipIf(chromium === undefined)('Slack and a gateway that ends in the middle of a sign-in', () => {
  const scene = useSlackScene(chromium);
  const start = useSlackPrograms(scene);
  const here = (): Where => ({ channel: scene.team });

  /** Ana's browser at the provider's login, on the way from a link in the chat that she pressed. */
  async function atTheProvider(where?: Where) {
    const { ana } = scene;
    await ana.types('/mcp auth everything', where);
    const page = await openConnect(await scene.browser(), await pressLink(ana, where));
    await goOn(page);
    return page;
  }

  /** Everything that Slack ever delivered comes a second time. */
  async function everythingAgain(): Promise<void> {
    for (const delivery of [...scene.slack.deliveries]) await scene.slack.redeliver(delivery);
  }

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'tells the outcome in the old message after %s, and does nothing twice that is delivered twice',
    async (signal) => {
      const { ana, slack } = scene;
      const program = await start();
      const page = await atTheProvider();
      await expect.poll(() => program.hasWrittenDownMessages()).toBe(true);
      await expect.poll(() => program.remembers('taken')).toBe(true);
      await program.restart(signal);
      await everythingAgain();
      await agree(page);
      await page.getByText('everything is connected').waitFor();
      await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
      expect(lastOf(ana).buttons).toEqual([]);
      await ana.types('/mcp help');
      await expect.poll(() => saidTo(ana)).toContain('What you can do');
      expect(slack.callsOf('chat.postMessage')).toHaveLength(2);
      expect(scene.provider.counts).toMatchObject({ registration: 1, token: 1 });
    },
  );

  it('tells the outcome to Ana alone in her channel’s message after a kill: what can edit it was kept', async () => {
    const { ana, ben, slack } = scene;
    const program = await start();
    const page = await atTheProvider(here());
    await expect.poll(() => program.hasWrittenDownMessages()).toBe(true);
    await expect.poll(() => program.remembersWhatEdits()).toBe(true);
    await program.restart('SIGKILL');
    await agree(page);
    await expect.poll(() => saidTo(ana, here())).toBe(CONNECTED);
    expect(answersTo(ana, here())).toHaveLength(1);
    expect(slack.callsOf('chat.postMessage')).toEqual([]);
    expect(ben.seesAnywhere()).toBe('');
  });

  it('tells what came of it though it was killed before it could, while Slack was away', async () => {
    const { ana, slack } = scene;
    const program = await start();
    const page = await atTheProvider();
    await expect.poll(() => program.hasWrittenDownMessages()).toBe(true);
    await slack.goDown();
    await agree(page);
    await page.getByText('everything is connected').waitFor();
    await program.end('SIGKILL');
    await slack.comeBack();
    expect(saidTo(ana)).toContain('The link works for 10 minutes.');
    await program.restart('SIGKILL');
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    expect(lastOf(ana).buttons).toEqual([]);
    expect(slack.callsOf('chat.postMessage')).toHaveLength(1);
  });

  it('leaves no “Working…” behind that says so for ever', async () => {
    const { ana, ben } = scene;
    const silent = await startHttpPeer(() => new Promise(() => {}));
    const program = await start({ mcp_servers: { slow: { url: `${silent.origin}/mcp`, auth: 'oauth' } } });
    await ana.types('mcp auth slow');
    await expect.poll(() => saidTo(ana)).toBe('Working…');
    await expect.poll(() => program.remembers('working')).toBe(true);
    await program.restart('SIGKILL');
    const told = 'I was interrupted before I could answer. Type the command again.';
    await expect.poll(() => saidTo(ana)).toBe(told);
    expect(ben.seesAnywhere()).toBe('');
    await silent.close();
  });

  it.each(['/mcp auth slow', '@acmemcp mcp auth slow'])(
    'leaves no “One moment” behind in a channel that nothing comes of (%s)',
    async (text) => {
      const { ana, ben } = scene;
      const silent = await startHttpPeer(() => new Promise(() => {}));
      const program = await start({ mcp_servers: { slow: { url: `${silent.origin}/mcp`, auth: 'oauth' } } });
      await ana.types(text, here());
      await expect.poll(() => ana.sees(here())).toContain(ONE_MOMENT);
      await expect.poll(() => program.remembers('working')).toBe(true);
      await program.restart('SIGKILL');
      const told = 'I was interrupted before I could answer. Type the command again.';
      await expect.poll(() => saidTo(ana, here())).toBe(told);
      expect(answersTo(ben, here())).toEqual([]);
      await expect.poll(() => program.remembers('working')).toBe(false);
      await silent.close();
    },
  );

  it('answers what was typed while it was away, where Slack keeps it', async () => {
    const { ana } = scene;
    const program = await start();
    await program.end('SIGTERM');
    expect(await ana.types('/mcp')).toMatchObject({ kind: 'command', error: 'dispatch_failed' });
    await program.restart('SIGTERM');
    await ana.types('mcp');
    await expect.poll(() => saidTo(ana)).toContain('● everything · sign-in needed');
  });
});
