import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import { type Balancer, useBalancers } from './telegram-balancer.js';
import { agree, goOn, openConnect, signIn, wayBack } from './telegram-browsing.js';
import { BOT_CHAT, CONNECTED, lastOf, linkFor, saidTo, useTelegramScene } from './telegram-scene.js';

const chromium = findChromium();

describe.skipIf(chromium === undefined)('Telegram by webhook', () => {
  const scene = useTelegramScene(chromium);
  const startBalancer = useBalancers();

  const byWebhook = () => ({
    platforms: { telegram: { token: scene.api.token, api_root: scene.api.root, mode: 'webhook' } },
  });

  /** Two replicas on one store behind one public address. */
  async function replicas(): Promise<{
    readonly balancer: Balancer;
    readonly first: RunningGateway;
    readonly second: RunningGateway;
  }> {
    const balancer = await startBalancer();
    const publicUrl = balancer.url;
    const first = await scene.gateway(byWebhook(), { publicUrl });
    const { stateFolder, clock } = first;
    const second = await scene.gateway(byWebhook(), { publicUrl, stateFolder, clock });
    balancer.leadTo(first.url);
    return { balancer, first, second };
  }

  /** Where the webhook is, and what Telegram says to be known by. */
  function webhook(): { readonly url: string; readonly secret: string } {
    const [set] = scene.api.callsOf('setWebhook');
    return { url: String(set?.payload.url), secret: String(set?.payload.secret_token) };
  }

  it('takes a person through the same sign-in, and asks for no updates', async () => {
    const { ana, api } = scene;
    await scene.gateway(byWebhook());
    await ana.type('/mcp');
    await expect.poll(() => saidTo(ana)).toContain('● everything · sign-in needed');
    await ana.type('/mcp auth');
    const page = await signIn(await scene.browser(), await linkFor(ana));
    await page.getByText('everything is connected').waitFor();
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    expect(lastOf(ana).buttons).toEqual([]);
    expect(await wayBack(page)).toBe(BOT_CHAT);
    expect(api.callsOf('getUpdates')).toEqual([]);
    expect(api.callsOf('sendMessage')).toHaveLength(2);
  });

  it('tells the outcome once where the browser comes back to another replica than the one that was asked', async () => {
    const { ana, api } = scene;
    const { balancer, second } = await replicas();
    await ana.type('/mcp auth everything');
    const page = await openConnect(await scene.browser(), await linkFor(ana));
    await goOn(page);
    balancer.leadTo(second.url);
    await agree(page);
    await page.getByText('everything is connected').waitFor();
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    expect(lastOf(ana).buttons).toEqual([]);
    expect(scene.provider.counts).toMatchObject({ registration: 1, token: 1 });
    expect(api.callsOf('sendMessage')).toHaveLength(1);
    const tellings = api
      .callsOf('editMessageText')
      .filter(({ payload }) => /connected/.test(`${payload.text}`));
    expect(tellings).toHaveLength(1);
  });

  it('does not mind which replica gets which request, from the first update to the last edit', async () => {
    const { ana, api } = scene;
    const { balancer, first, second } = await replicas();
    balancer.leadTo(first.url, second.url);
    await ana.type('/mcp');
    await expect.poll(() => saidTo(ana)).toContain('sign-in needed');
    await ana.press('Sign in');
    const page = await signIn(await scene.browser(), await linkFor(ana));
    await page.getByText('everything is connected').waitFor();
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    expect(api.callsOf('sendMessage')).toHaveLength(1);
  });

  it('acts once on an update that Telegram delivers again, to the other replica', async () => {
    const { ana, api } = scene;
    const { balancer, second } = await replicas();
    await ana.type('/mcp auth everything');
    const link = await linkFor(ana);
    balancer.leadTo(second.url);
    for (const { update_id: id } of api.updates) api.redeliver(Number(id));
    await expect.poll(() => api.pendingUpdates).toBe(0);
    await ana.type('/mcp help');
    await expect.poll(() => saidTo(ana)).toContain('/mcp auth');
    expect(await linkFor(ana)).toBe(link);
    expect(api.callsOf('sendMessage')).toHaveLength(2);
    await signIn(await scene.browser(), link);
    await expect.poll(() => ana.sees()).toContain(CONNECTED);
  });

  it('believes nobody who does not know the secret that only Telegram was told', async () => {
    const { ana, api } = scene;
    const gateway = await scene.gateway(byWebhook());
    await ana.type('/mcp help');
    await expect.poll(() => saidTo(ana)).toContain('/mcp auth');
    const sent = api.calls.length;
    const { url, secret } = webhook();
    const forged = JSON.stringify({ ...api.updates[0], update_id: 987_654_321 });
    const post = (to: string, header: Record<string, string>) =>
      fetch(to, { method: 'POST', body: forged, headers: { 'content-type': 'application/json', ...header } });
    const known = 'x-telegram-bot-api-secret-token';
    const answers = [
      await post(url, {}),
      await post(url, { [known]: `${secret}x` }),
      await post(url, { [known]: '' }),
      await post(`${gateway.url}/webhooks/telegram`, { [known]: secret }),
      await post(`${gateway.url}/webhooks/telegram/${api.token}`, { [known]: secret }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 404, 404]);
    expect((await post(url, { [known]: secret })).status).toBe(200);
    await expect.poll(() => api.calls.length).toBe(sent + 1);
    expect(gateway.log.join('\n')).not.toContain(secret);
  });

  it('is left for long polling without a trace, and what came in between is answered', async () => {
    const { ana, api } = scene;
    const { stop, stateFolder, clock } = await scene.gateway(byWebhook());
    await stop();
    await ana.type('/mcp');
    await scene.gateway({}, { stateFolder, clock });
    await expect.poll(() => saidTo(ana)).toContain('sign-in needed');
    expect(api.callsOf('deleteWebhook').length).toBeGreaterThan(0);
  });
});
