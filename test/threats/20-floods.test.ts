import { describe, expect, it } from 'vitest';
import { exchange } from '../http/exchange.js';
import { shown } from './pages.js';
import { useScene } from './scene.js';
import { answerTo, idOf, telegramWords, useTelegram } from './telegram-scene.js';

const scene = useScene();
const telegram = useTelegram();

/** The gateway's own machine is the proxy, and says who called it. */
const BEHIND_A_PROXY = { trusted_proxies: ['127.0.0.1'] };
const by = (address: string) => ({ headers: { 'x-forwarded-for': address } });

/** So many requests, a few at a time; how many got which status. */
async function many(count: number, ask: () => Promise<{ readonly status: number }>) {
  const statuses = new Map<number, number>();
  for (let done = 0; done < count; done += 20) {
    const answers = await Promise.all(Array.from({ length: Math.min(20, count - done) }, ask));
    for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  return Object.fromEntries(statuses);
}

describe('threat 20: one person floods the gateway with commands', () => {
  it('and is told once that it is too much; others are answered, and so are they when the minute is over', async () => {
    const gateway = await scene.gateway();
    const mallory = await gateway.visitor('mallory');
    const vic = await gateway.visitor('vic');
    for (let each = 0; each < 60; each += 1) await mallory.say('/mcp help');
    expect((await mallory.say('/mcp help')).text).toMatch(/Too many commands; try again in \d+ seconds\./);
    for (let each = 0; each < 20; each += 1) {
      await expect(mallory.say('/mcp help')).rejects.toThrow('nobody answered');
    }
    expect((await vic.say('/mcp help')).text).toContain('/mcp auth');
    gateway.clock.advance(60_000);
    expect((await mallory.say('/mcp help')).text).toContain('/mcp auth');
    expect(gateway.log.filter((line) => line.includes('a limit was reached'))).toHaveLength(1);
  });

  it('and with sign-ins: what is more than the limit reaches no provider', async () => {
    const gateway = await scene.gateway({ limits: { sign_ins: '3/10m' } });
    const mallory = await gateway.visitor('mallory');
    for (let each = 0; each < 3; each += 1) {
      expect((await mallory.say('/mcp auth files')).link).toContain('/connect/');
    }
    scene.files.resetCounts();
    expect((await mallory.say('/mcp auth files')).text).toContain(
      'too much was asked of this gateway just now',
    );
    const vic = await gateway.visitor('vic');
    expect((await vic.say('/mcp auth files')).link).toContain('/connect/');
  });
});

describe('threat 20: one address floods the pages', () => {
  it('and gets 429 with the time to wait; others, and who watches over the gateway, are answered', async () => {
    const { url, clock } = await scene.gateway(BEHIND_A_PROXY);
    const page = `${url}/connect/${'A'.repeat(43)}`;
    expect(await many(1_240, () => exchange(page, by('203.0.113.9')))).toEqual({ 404: 1_200, 429: 40 });
    const refused = await exchange(`${url}/oauth/callback?state=x&code=y`, by('6.6.6.6, 203.0.113.9'));
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect(refused.headers['cache-control']).toBe('no-store');
    expect(refused.headers['content-security-policy']).toContain("default-src 'none'");
    expect(shown(refused.body)).toContain('Too many pages at once');
    expect((await exchange(page, by('203.0.113.10'))).status).toBe(404);
    expect((await exchange(`${url}/healthz`, by('203.0.113.9'))).status).toBe(200);
    clock.advance(60_000);
    expect((await exchange(page, by('203.0.113.9'))).status).toBe(404);
  });

  it('two hundred people behind one address, who sign in within one minute, are not meant', async () => {
    const { url } = await scene.gateway(BEHIND_A_PROXY);
    const page = `${url}/connect/${'A'.repeat(43)}`;
    expect(await many(5 * 200, () => exchange(page, by('203.0.113.9')))).toEqual({ 404: 1_000 });
  });

  it('made-up addresses are believed of nobody but the proxies that the config names', async () => {
    const { url, log } = await scene.gateway({ limits: { pages: '5/1m' } });
    const page = `${url}/connect/${'A'.repeat(43)}`;
    // From this very machine, without a proxy that is named: whom to blame is not known, so nobody is.
    expect(await many(40, () => exchange(page, by('203.0.113.9')))).toEqual({ 404: 40 });
    expect(log.filter((line) => line.includes('trusted_proxies'))).toHaveLength(1);
  });
});

describe('threat 20: one address floods a webhook', () => {
  it('with what the platform never signed: it is cut off soon, and the platform is not', async () => {
    const api = await telegram.platform();
    const ben = api.person('Ben', { username: 'ben' });
    await telegram.gateway(api, {
      ...BEHIND_A_PROXY,
      access: { users: [idOf(ben)] },
      platforms: telegramWords(api, { mode: 'webhook' }),
    });
    await expect.poll(() => api.callsOf('setWebhook').length).toBe(1);
    const hook = String(api.callsOf('setWebhook')[0]?.payload.url);
    const forge = (address: string) => () =>
      exchange(hook, {
        method: 'POST',
        body: '{}',
        headers: { ...by(address).headers, 'x-telegram-bot-api-secret-token': 'guess' },
      });
    const forged = await many(100, forge('203.0.113.9'));
    expect(forged[401]).toBeLessThanOrEqual(60 + 20);
    expect(forged[429]).toBeGreaterThanOrEqual(20);
    expect((await forge('203.0.113.10')()).status).toBe(401);
    for (let each = 0; each < 3; each += 1) await answerTo(ben, '/mcp help');
  });
});
