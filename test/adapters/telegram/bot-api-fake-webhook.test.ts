import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HttpPeer, json, startHttpPeer } from '../../helpers/http-peer.js';
import { callApi } from '../../helpers/telegram/api-call.js';
import { type BotApi, startBotApi, type TelegramPerson } from '../../helpers/telegram/bot-api.js';

let api: BotApi;
let ana: TelegramPerson;
let hook: HttpPeer;
let respond: (body: { message?: { text?: string } }) => { status: number; body: object };
const waitMs = { before: 0 };
beforeEach(async () => {
  respond = () => ({ status: 200, body: {} });
  waitMs.before = 0;
  hook = await startHttpPeer(async (request, response) => {
    await new Promise((resolve) => setTimeout(resolve, waitMs.before));
    const { status, body } = respond(JSON.parse(request.body));
    json(response, status, body);
  });
  api = await startBotApi({
    webhookRoutes: { 'https://gateway.example': hook.origin },
    webhookRetryMs: 10,
  });
  ana = api.person('Ana');
});
afterEach(async () => {
  await api.close();
  await hook.close();
});

const call = (method: string, payload: object = {}) => callApi(api, method, payload);
const set = (payload: object = {}) => call('setWebhook', { url: `${hook.origin}/hook`, ...payload });
const info = async () => (await call('getWebhookInfo')).result;
const delivered = () =>
  hook.seen.map(({ body }) => (JSON.parse(body) as { message?: { text?: string } }).message?.text);

describe('setting a webhook', () => {
  it.each([
    [
      'plain http beyond this machine',
      { url: 'http://gateway.example/' },
      'bad webhook: An HTTPS URL must be provided for webhook',
    ],
    ['no address', { url: 'gateway' }, 'bad webhook: invalid URL specified'],
    [
      'a strange port',
      { url: 'https://gateway.example:8080/' },
      'bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443',
    ],
    [
      'an address of this machine over https',
      { url: 'https://127.0.0.1/' },
      'bad webhook: IP address 127.0.0.1 is reserved',
    ],
    [
      'a name without a dot',
      { url: 'https://localhost/' },
      'bad webhook: failed to resolve host: Name or service not known',
    ],
    ['a secret with spaces', { secret_token: 'a b' }, 'secret token contains unallowed characters'],
    ['a secret of 257 characters', { secret_token: 'x'.repeat(257) }, 'secret token is too long'],
    ['types that are none', { allowed_updates: [1] }, "can't parse allowed updates"],
  ])('is refused with %s', async (_, payload, reason) => {
    expect(await set(payload)).toMatchObject({ status: 400, description: `Bad Request: ${reason}` });
    expect(await info()).toMatchObject({ url: '' });
  });

  it('ends long polling until it is deleted', async () => {
    const waiting = call('getUpdates', { timeout: 30, allowed_updates: ['message'] });
    await expect.poll(info).toMatchObject({ allowed_updates: ['message'] });
    expect(await set()).toMatchObject({ description: 'Webhook was set' });
    expect(await set()).toMatchObject({ description: 'Webhook is already set' });
    expect(await waiting).toMatchObject({
      status: 409,
      description: 'Conflict: terminated by setWebhook request',
    });
    expect(await call('getUpdates')).toMatchObject({
      status: 409,
      description:
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    });
    expect(await call('deleteWebhook')).toMatchObject({ description: 'Webhook was deleted' });
    expect(await set({ url: '' })).toMatchObject({ description: 'Webhook is already deleted' });
    expect(await call('getUpdates')).toMatchObject({ ok: true });
  });

  it('drops what is pending when told', async () => {
    await ana.type('old');
    await set({ drop_pending_updates: true });
    await ana.type('new');
    await expect.poll(delivered).toEqual(['new']);
  });

  it('remembers the types that it wants', async () => {
    await set({ allowed_updates: ['message'] });
    ana.block();
    ana.unblock();
    await ana.type('hi');
    await expect.poll(delivered).toEqual(['hi']);
    expect(await info()).toMatchObject({ allowed_updates: ['message'], max_connections: 40 });
  });
});

describe('delivering to a webhook', () => {
  it('posts each update as JSON with the secret, in the order of the chat', async () => {
    await set({ secret_token: 'S3cret_-' });
    for (const text of ['one', 'two', 'three']) await ana.type(text);
    await expect.poll(delivered).toEqual(['one', 'two', 'three']);
    expect(hook.seen[0]).toMatchObject({
      method: 'POST',
      path: '/hook',
      headers: { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': 'S3cret_-' },
    });
    await expect.poll(() => api.pendingUpdates).toBe(0);
  });

  it('keeps chats side by side, up to the connections asked for', async () => {
    const most = async (max_connections: number) => {
      let [now, max] = [0, 0];
      const peer = await startHttpPeer(async (_, response) => {
        now += 1;
        max = Math.max(max, now);
        await new Promise((resolve) => setTimeout(resolve, 30));
        now -= 1;
        json(response, 200, {});
      });
      const people = [1, 2, 3, 4].map((n) => api.person(`Person ${n}`));
      for (const person of people) await person.type('hi');
      await set({ url: peer.origin, max_connections });
      await expect.poll(() => peer.seen.length).toBe(4);
      await expect.poll(() => api.pendingUpdates).toBe(0);
      await peer.close();
      return max;
    };
    expect(await most(1)).toBe(1);
    expect(await most(40)).toBeGreaterThan(1);
  });

  it('tries again after a failure, and says what it was', async () => {
    let failures = 2;
    respond = () => {
      failures -= 1;
      return { status: failures >= 0 ? 500 : 200, body: {} };
    };
    await set();
    await ana.type('hi');
    await expect.poll(delivered).toEqual(['hi', 'hi', 'hi']);
    await expect.poll(() => api.pendingUpdates).toBe(0);
    expect(await info()).toMatchObject({
      pending_update_count: 0,
      last_error_date: expect.any(Number),
      last_error_message: 'Wrong response from the webhook: 500 Internal Server Error',
    });
  });

  it('tries again where nobody answers in time', async () => {
    const hasty = await startBotApi({ webhookRetryMs: 10, webhookTimeoutMs: 100 });
    const lastError = async () => (await callApi(hasty, 'getWebhookInfo')).result;
    waitMs.before = 300;
    await callApi(hasty, 'setWebhook', { url: hook.origin });
    await hasty.person('Ben').type('hi');
    await expect.poll(lastError).toMatchObject({ last_error_message: 'Read timeout expired' });
    waitMs.before = 0;
    await expect.poll(() => hasty.pendingUpdates).toBe(0);
    await hasty.close();
  });

  it('tries again where nobody listens', async () => {
    await hook.close();
    await set();
    await ana.type('hi');
    await expect.poll(info).toMatchObject({
      pending_update_count: 1,
      last_error_message: 'Connection refused',
    });
  });

  it('goes nowhere but to this machine', async () => {
    await set({ url: 'https://gateway.example/routed' });
    await ana.type('hi');
    await expect.poll(() => hook.seen[0]?.path).toBe('/routed');
    await set({ url: 'https://unrouted.example/' });
    await ana.type('hi');
    await expect.poll(info).toMatchObject({
      last_error_message: 'Failed to resolve host: Name or service not known',
    });
  });

  it('runs the method that an answer holds', async () => {
    respond = () => ({ status: 200, body: { method: 'sendMessage', chat_id: ana.id, text: 'in answer' } });
    await set();
    await ana.type('hi');
    await expect.poll(() => ana.sees()).toBe('Ana: hi\n\nacme_mcp_bot: in answer');
    expect(api.callsOf('sendMessage')).toMatchObject([{ payload: { text: 'in answer' }, status: 200 }]);
  });

  it('stops while the platform is down, and delivers again what it is told to', async () => {
    await set();
    await ana.type('one');
    await expect.poll(delivered).toEqual(['one']);
    await expect.poll(() => api.pendingUpdates).toBe(0);
    await api.goDown();
    await ana.type('two');
    expect(delivered()).toEqual(['one']);
    await api.comeBack();
    await expect.poll(delivered).toEqual(['one', 'two']);
    api.redeliver(api.updates[0]?.update_id as number);
    await expect.poll(delivered).toEqual(['one', 'two', 'one']);
  });
});
