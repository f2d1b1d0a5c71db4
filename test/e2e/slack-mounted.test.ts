import { App } from '@slack/bolt';
import { afterEach, describe, expect, it } from 'vitest';
import { createGateway } from '../../src/module.js';
import { createLog } from '../../src/observability/log.js';
import { findChromium } from '../helpers/browser.js';
import { gatewayFolder } from '../helpers/gateway-folder.js';
import { startKeyServer } from '../helpers/key-server.js';
import type { Where } from '../helpers/slack/face.js';
import { answersTo, CONNECTED, lastOf, pressLink, saidTo, useSlackScene } from './slack-scene.js';
import { signIn } from './telegram-browsing.js';

const chromium = findChromium();
const KEY = 'key-0123456789abcdef';

describe.skipIf(chromium === undefined)('Slack where the gateway is mounted into a Bolt app', () => {
  const scene = useSlackScene(chromium, { commands: ['/mcp', '/hello'] });
  const here = (): Where => ({ channel: scene.team });
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  /** A host with a life of its own, which writes down all that it gets. */
  async function host(words: Readonly<Record<string, unknown>> = {}) {
    const { slack, acme } = scene;
    const folder = await gatewayFolder({});
    ends.push(() => folder.remove());
    const log: string[] = [];
    const saw: string[] = [];
    const gateway = await createGateway(
      {
        ...scene.words({ platforms: {}, ...words }),
        public_url: folder.publicUrl,
        listen: new URL(folder.publicUrl).host,
        local_listen: new URL(folder.localUrl).host,
        storage: `file:${folder.folder}/state`,
      },
      { log: createLog('trace', { write: (line: string) => void log.push(line) }), environment: {} },
    );
    const app = new App({
      token: acme.botToken,
      appToken: slack.appToken,
      socketMode: true,
      clientOptions: { slackApiUrl: slack.apiUrl },
    });
    gateway.slack(app);
    app.use(async ({ body, next }) => {
      saw.push(JSON.stringify(body));
      await next();
    });
    app.command('/hello', async ({ ack, respond }) => {
      await ack();
      await respond('Hello from the host.');
    });
    await gateway.start();
    ends.push(() => gateway.stop());
    await app.start();
    ends.push(() => app.stop());
    await slack.sockets.untilOpen();
    return { saw, log };
  }

  it('takes a person through the same sign-in, and the host sees nothing of it', async () => {
    const { ana, ben, slack } = scene;
    const { saw } = await host();
    await ana.types('/hello', here());
    await expect.poll(() => saidTo(ana, here())).toBe('Hello from the host.');
    const before = slack.calls.length;
    await ana.types('/mcp', here());
    await expect.poll(() => saidTo(ana, here())).toContain('● everything · sign-in needed');
    expect(slack.calls.slice(before).map(({ method }) => method)).toEqual(['response_url']);
    await ana.presses('Sign in', here());
    const page = await signIn(await scene.browser(), await pressLink(ana, here()));
    await page.getByText('everything is connected').waitFor();
    await expect.poll(() => saidTo(ana, here())).toBe(CONNECTED);
    expect(lastOf(ana, here()).buttons).toEqual([]);
    expect(answersTo(ana, here())).toHaveLength(2);
    expect(ben.seesAnywhere()).toBe('');
    expect(saw).toHaveLength(1);
    expect(saw[0]).toContain('/hello');
  });

  it('takes a key by a form, which neither the host nor anybody else gets to see', async () => {
    const { ana, ben, slack } = scene;
    const search = await startKeyServer(KEY);
    ends.push(() => search.close());
    const headers = { Authorization: `Bearer \${SEARCH_KEY}` };
    const { saw, log } = await host({ mcp_servers: { search: { url: search.url, headers } } });
    await ana.types('/mcp auth search', here());
    await expect.poll(() => saidTo(ana, here())).toContain('give its key');
    await ana.fills('Add key', { SEARCH_KEY: 'key-that-is-not-the-one' }, here());
    await expect.poll(() => saidTo(ana, here())).toContain('did not accept this key');
    await ana.fills('Try again', { SEARCH_KEY: KEY }, here());
    await expect.poll(() => saidTo(ana, here())).toBe('✓ search connected · key …cdef · 1 tool');
    await ana.types('@acmemcp mcp auth search key-in-a-mention', here());
    await expect.poll(() => answersTo(ana, here()).length).toBe(2);
    expect(saw).toEqual([]);
    expect(JSON.stringify(slack.calls) + log.join('')).not.toContain(KEY);
    expect(ben.messages(here()).filter(({ from }) => from === 'bot')).toEqual([]);
  });
});
