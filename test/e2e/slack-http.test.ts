import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import type { Where } from '../helpers/slack/face.js';
import { backToSlack } from './slack-browsing.js';
import { answersTo, CONNECTED, lastOf, linkFor, pressLink, saidTo, useSlackScene } from './slack-scene.js';
import { type Balancer, useBalancers } from './telegram-balancer.js';
import { agree, goOn, openConnect, signIn } from './telegram-browsing.js';

const chromium = findChromium();
const WEBHOOK = '/webhooks/slack';

describe.skipIf(chromium === undefined)('Slack by signed HTTP', () => {
  const scene = useSlackScene(chromium);
  const startBalancer = useBalancers();
  const here = (): Where => ({ channel: scene.team });

  const byHttp = () =>
    scene.words({
      platforms: scene.platform({
        mode: 'http',
        app_token: undefined,
        signing_secret: scene.slack.signingSecret,
      }),
    });

  async function one(): Promise<RunningGateway> {
    const gateway = await scene.start({ words: byHttp(), clock: scene.clock });
    scene.slack.deliverTo([`${gateway.url}${WEBHOOK}`]);
    return gateway;
  }

  /** Two replicas on one store behind one public address, each getting every other request of Slack's and of browsers. */
  async function replicas(): Promise<{
    readonly balancer: Balancer;
    readonly first: RunningGateway;
    readonly second: RunningGateway;
  }> {
    const { clock, slack } = scene;
    const balancer = await startBalancer();
    const words = byHttp();
    const first = await scene.start({ words, publicUrl: balancer.url, clock });
    const { stateFolder } = first;
    const second = await scene.start({ words, publicUrl: balancer.url, clock, stateFolder });
    balancer.leadTo(first.url, second.url);
    slack.deliverTo([`${balancer.url}${WEBHOOK}`]);
    return { balancer, first, second };
  }

  it('proves its address, and takes a person through the same sign-in without a socket', async () => {
    const { ana, ben, slack } = scene;
    await one();
    expect(await slack.verifyUrls()).toEqual([true]);
    await ana.types('/mcp', here());
    await expect.poll(() => saidTo(ana, here())).toContain('● everything · sign-in needed');
    await ana.types('/mcp auth', here());
    const page = await signIn(await scene.browser(), await pressLink(ana, here()));
    await page.getByText('everything is connected').waitFor();
    await expect.poll(() => saidTo(ana, here())).toBe(CONNECTED);
    expect(lastOf(ana, here()).buttons).toEqual([]);
    expect(await backToSlack(page)).toContain(scene.team.id);
    expect(ben.seesAnywhere()).toBe('');
    expect(slack.callsOf('apps.connections.open')).toEqual([]);
  });

  it('says to a plain /mcp: one acknowledgement and one post', async () => {
    const { ana, slack } = scene;
    await one();
    await ana.types('/mcp help', here());
    const before = slack.calls.length;
    await ana.types('/mcp', here());
    await expect.poll(() => saidTo(ana, here())).toContain('sign-in needed');
    expect(slack.calls.slice(before).map(({ method }) => method)).toEqual(['response_url']);
    expect(slack.deliveries.map(({ kind }) => kind)).toEqual(['slash_commands', 'slash_commands']);
  });

  it('does not mind which replica gets which request, from the first command to the last edit', async () => {
    const { ana, ben, slack } = scene;
    await replicas();
    await ana.types('/mcp', here());
    await expect.poll(() => saidTo(ana, here())).toContain('sign-in needed');
    await ana.presses('Sign in', here());
    const page = await signIn(await scene.browser(), await pressLink(ana, here()));
    await page.getByText('everything is connected').waitFor();
    await expect.poll(() => saidTo(ana, here())).toBe(CONNECTED);
    expect(answersTo(ana, here())).toHaveLength(1);
    expect(scene.provider.counts).toMatchObject({ registration: 1, token: 1 });
    expect(slack.callsOf('chat.postMessage')).toEqual([]);
    expect(ben.seesAnywhere()).toBe('');
  });

  it('tells the outcome once where the browser comes back to another replica than the one that was asked', async () => {
    const { ana, slack } = scene;
    const { balancer, first, second } = await replicas();
    balancer.leadTo(first.url);
    await ana.types('mcp auth everything');
    const page = await openConnect(await scene.browser(), await linkFor(ana));
    await goOn(page);
    balancer.leadTo(second.url);
    await agree(page);
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    expect(slack.callsOf('chat.postMessage')).toHaveLength(1);
    const tellings = slack
      .callsOf('chat.update')
      .filter(({ params }) => /everything connected/.test(`${params.text}`));
    expect(tellings).toHaveLength(1);
  });

  it('takes a key and a code by forms that open on one replica and are submitted to the other', async () => {
    const { ana } = scene;
    const words = { ...byHttp(), security: { confirm: 'always' } };
    const { clock, slack } = scene;
    const first = await scene.start({ words, clock });
    const second = await scene.start({ words, clock, stateFolder: first.stateFolder, publicUrl: first.url });
    slack.deliverTo([first.url, second.url].map((url) => `${url}${WEBHOOK}`));
    await ana.types('/mcp auth everything', here());
    const page = await signIn(await scene.browser(), await pressLink(ana, here()));
    await expect.poll(() => saidTo(ana, here())).toContain('one step left');
    const digits = (await page.textContent('.digits'))?.replaceAll(/\D/g, '') ?? '';
    expect(await ana.fills('Enter code', { 'Six digits': digits }, here())).toEqual({ kind: 'closed' });
    await expect.poll(() => saidTo(ana, here())).toBe(CONNECTED);
  });

  it('acts once on what Slack delivers again, to the other replica', async () => {
    const { ana, slack } = scene;
    const { balancer, first, second } = await replicas();
    balancer.leadTo(first.url);
    await ana.types('/mcp auth everything', here());
    await ana.types('mcp auth everything');
    await linkFor(ana, here());
    const link = await linkFor(ana);
    balancer.leadTo(second.url, first.url);
    for (const delivery of [...slack.deliveries]) {
      await slack.redeliver(delivery);
      await slack.redeliver(delivery);
    }
    await ana.types('/mcp help', here());
    await expect.poll(() => saidTo(ana, here())).toContain('What you can do');
    expect(answersTo(ana, here())).toHaveLength(2);
    expect(answersTo(ana)).toHaveLength(1);
    expect(await linkFor(ana)).toBe(link);
    expect(scene.provider.counts.registration).toBe(1);
  });

  it('is asked again by Slack where a replica did not answer, and answers then', async () => {
    const { ana, slack } = scene;
    const { second } = await replicas();
    slack.deliverTo(['http://127.0.0.1:9/gone', `${second.url}${WEBHOOK}`]);
    await ana.types('mcp');
    await expect.poll(() => saidTo(ana)).toContain('sign-in needed');
    expect(slack.deliveries.slice(0, 2).map(({ retry }) => retry)).toEqual([0, 1]);
    expect(answersTo(ana)).toHaveLength(1);
  });

  it('ends one replica in the middle of a sign-in: the other tells the outcome', async () => {
    const { ana } = scene;
    const { balancer, first, second } = await replicas();
    await ana.types('/mcp auth everything', here());
    const page = await openConnect(await scene.browser(), await pressLink(ana, here()));
    await goOn(page);
    await first.stop();
    balancer.leadTo(second.url);
    await agree(page);
    await expect.poll(() => saidTo(ana, here())).toBe(CONNECTED);
    expect(answersTo(ana, here())).toHaveLength(1);
  });
});
