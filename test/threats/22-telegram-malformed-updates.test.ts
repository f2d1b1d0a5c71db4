import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FIXTURES, fixture } from '../adapters/telegram/fixtures.js';
import { fuzzing } from '../helpers/fuzzing.js';
import { spoilt } from '../helpers/spoilt.js';
import { answerTo, newest, telegramWords, useTelegram } from './telegram-scene.js';

const telegram = useTelegram();

describe('threat 22: updates that are not as they should be', () => {
  it('whatever comes with the right secret: each is answered with a status, none ends the process, the next command is answered', async () => {
    const api = await telegram.platform();
    const ana = api.person('Ana', { username: 'ana' });
    const gateway = await telegram.gateway(api, { platforms: telegramWords(api, { mode: 'webhook' }) });
    await expect.poll(() => api.callsOf('setWebhook').length).toBe(1);
    const { url, secret_token: secret } = api.callsOf('setWebhook')[0]?.payload ?? {};
    await answerTo(ana, '/mcp help');
    const headers = {
      'content-type': 'application/json',
      'x-telegram-bot-api-secret-token': String(secret),
    };
    const deliver = async (body: string): Promise<number> =>
      (await fetch(String(url), { method: 'POST', headers, body })).status;
    // Each delivery is another one: what was taken already would not be looked at.
    let update = 900_000_000;
    const fresh = (payload: unknown): unknown => {
      update += 1;
      return typeof payload === 'object' && payload !== null ? { ...payload, update_id: update } : payload;
    };
    const updates = FIXTURES.map(fixture);
    expect(updates.length).toBeGreaterThan(5);
    await fc.assert(
      fc.asyncProperty(spoilt(updates), fc.boolean(), async (payload, isNew) => {
        const body = JSON.stringify(isNew ? fresh(payload) : payload) ?? '';
        expect([200, 400]).toContain(await deliver(body));
      }),
      fuzzing('Telegram: updates', 150),
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), async (body) => {
        expect([200, 400]).toContain(await deliver(body));
      }),
      fuzzing('Telegram: bodies', 60),
    );
    await answerTo(ana, '/mcp help');
    expect(newest(ana).text).toContain('What you can do');
    const bad = gateway.log.filter((line) => /"level":(50|60)|uncaught/i.test(line));
    expect(bad).toEqual([]);
  });
});
