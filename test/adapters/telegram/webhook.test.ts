import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { webhookSecretOf, webhookUrlOf } from '../../../src/adapters/telegram/connection/webhook.js';
import { type GatewayOptions, type RunningGateway, useGateways } from '../../helpers/running-gateway.js';
import { callApi } from '../../helpers/telegram/api-call.js';
import { type BotApi, startBotApi, type TelegramPerson } from '../../helpers/telegram/bot-api.js';

/** The address that Telegram knows, and where it leads: a load balancer's view. */
const PUBLIC_URL = 'https://gateway.example';
const SECRET_HEADER = 'x-telegram-bot-api-secret-token';

let api: BotApi;
let ana: TelegramPerson;
let routes: Record<string, string>;
beforeEach(async () => {
  routes = {};
  api = await startBotApi({ webhookRoutes: routes, webhookRetryMs: 20 });
  ana = api.person('Ana', { username: 'ana' });
});
afterEach(() => api.close());
// After the hook above: gateways stop before their platform does.
const start = useGateways();

async function gateway(
  mode: 'polling' | 'webhook' = 'webhook',
  rest: Omit<GatewayOptions, 'words'> = {},
): Promise<RunningGateway> {
  const started = await start({
    words: {
      platforms: { telegram: { token: api.token, api_root: api.root, mode } },
      access: { users: [`telegram:${ana.id}`] },
      mcp_servers: {},
    },
    publicUrl: PUBLIC_URL,
    ...rest,
  });
  if (mode === 'webhook') routes[PUBLIC_URL] = started.url;
  return started;
}

const registrations = () => api.callsOf('setWebhook');
const answers = () => api.callsOf('sendMessage').length;
const info = async () => (await callApi(api, 'getWebhookInfo')).result;
const levels = ({ log }: RunningGateway, level: number) =>
  log.filter((line) => (JSON.parse(line) as { level: number }).level === level);
const ready = async ({ localUrl }: RunningGateway) => (await fetch(`${localUrl}/readyz`)).json();

/** Ana's command comes through, and its answer back. */
async function isAnswered(): Promise<void> {
  const before = answers();
  await ana.type('/mcp help');
  await expect.poll(answers).toBe(before + 1);
}

describe('the webhook', () => {
  it('is set with a secret, for messages and pressed buttons alone; no updates are fetched', async () => {
    await gateway();
    await isAnswered();
    expect(registrations().map(({ payload }) => payload)).toEqual([
      {
        url: expect.stringMatching(/^https:\/\/gateway\.example\/webhooks\/telegram\/[\w-]{43}$/),
        secret_token: expect.stringMatching(/^[\w-]{43}$/),
        allowed_updates: ['message', 'callback_query'],
      },
    ]);
    expect(api.callsOf('getUpdates')).toEqual([]);
  });

  it('has a path and a secret that come from the token, tell nothing of it, and differ', () => {
    const path = (token: string) => webhookUrlOf(token, PUBLIC_URL).split('/').at(-1) ?? '';
    const other = api.token.replace(/.$/, 'x');
    const made = [path(api.token), webhookSecretOf(api.token), path(other), webhookSecretOf(other)];
    expect(new Set(made).size).toBe(4);
    expect(path(api.token)).toBe(path(api.token));
    const pieces = Array.from({ length: api.token.length - 5 }, (_, at) => api.token.slice(at, at + 6));
    expect(pieces.filter((piece) => made.some((one) => one.includes(piece)))).toEqual([]);
  });

  it('does not stand in the log, nor does its secret', async () => {
    const { log, url } = await gateway();
    await isAnswered();
    await fetch(url, { method: 'POST', body: 'x' });
    const [set] = registrations();
    const path = String(set?.payload.url).split('/').at(-1) ?? '';
    for (const secret of [path, String(set?.payload.secret_token), api.token.split(':')[1] ?? ''])
      expect(log.join('\n')).not.toContain(secret);
  });

  it('does not wait for what a command does', async () => {
    const running = await gateway();
    await isAnswered();
    api.fail('sendMessage', { delayMs: 5_000 });
    await ana.type('/mcp help');
    const before = api.callsOf('sendMessage').length;
    await ana.type('/mcp help');
    await expect.poll(() => api.pendingUpdates, { timeout: 4_500, interval: 10 }).toBe(0);
    expect(api.callsOf('sendMessage').length).toBeLessThanOrEqual(before + 1);
    await expect.poll(answers).toBe(before + 2);
    expect(levels(running, 50)).toEqual([]);
  });
});

describe('what is not from Telegram', () => {
  let running: RunningGateway;
  let hook: string;
  let secret: string;
  beforeEach(async () => {
    running = await gateway();
    await isAnswered();
    hook = `${running.url}${new URL(String(registrations()[0]?.payload.url)).pathname}`;
    secret = String(registrations()[0]?.payload.secret_token);
  });

  /** A command of Ana's, with an update id of its own. */
  const forged = () => JSON.stringify({ ...api.updates[0], update_id: 987_654_321 });
  const post = (url: string, body: string, headers: Record<string, string> = {}) =>
    fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
  const signed = () => ({ [SECRET_HEADER]: secret });

  /** Nothing ran: the next command of Ana's is the next thing that is answered. */
  async function nothingRan(): Promise<void> {
    const before = api.calls.length;
    await isAnswered();
    const methods = api.calls.slice(before).map(({ method }) => method);
    // The command list is registered meanwhile.
    expect(methods.filter((method) => !method.endsWith('MyCommands'))).toEqual(['sendMessage']);
  }

  it('but would be, runs', async () => {
    const before = answers();
    expect((await post(hook, forged(), signed())).status).toBe(200);
    await expect.poll(answers).toBe(before + 1);
  });

  it.each([
    ['another path', () => hook.replace(/.$/, (last) => (last === 'x' ? 'y' : 'x'))],
    ['no path', () => `${running.url}/webhooks/telegram`],
    ['an empty path', () => `${running.url}/webhooks/telegram/`],
    ['more than the path', () => `${hook}/`],
    ['a path of another case', () => hook.toUpperCase().replace(/^HTTP/, 'http')],
    ['a path below it', () => `${hook}/mcp`],
    ['an encoded path', () => hook.replace(/.$/, (last) => `%${last.charCodeAt(0).toString(16)}x`)],
    ['the token for a path', () => `${running.url}/webhooks/telegram/${api.token}`],
    ['an endless path', () => `${running.url}/webhooks/telegram/${'a'.repeat(8_000)}`],
  ])('finds nothing at %s', async (_, url) => {
    const answered = await post(url(), forged(), signed());
    expect(answered.status).toBe(404);
    expect(await answered.text()).not.toMatch(/telegram|secret/i);
    await nothingRan();
  });

  it.each([
    ['no secret', () => ({})],
    ['an empty secret', () => ({ [SECRET_HEADER]: '' })],
    ['another secret', () => ({ [SECRET_HEADER]: secret.replace(/^./, (c) => (c === 'x' ? 'y' : 'x')) })],
    ['half of the secret', () => ({ [SECRET_HEADER]: secret.slice(0, 20) })],
    ['more than the secret', () => ({ [SECRET_HEADER]: `${secret}x` })],
    ['an endless secret', () => ({ [SECRET_HEADER]: 'x'.repeat(8_000) })],
    ['the secret twice', () => ({ [SECRET_HEADER]: `${secret}, ${secret}` })],
    ['the path for a secret', () => ({ [SECRET_HEADER]: hook.split('/').at(-1) ?? '' })],
    ['the token for a secret', () => ({ [SECRET_HEADER]: api.token })],
    ['bytes beyond ASCII', () => ({ [SECRET_HEADER]: '\u00e4'.repeat(43) })],
    ['the secret in another header', () => ({ authorization: `Bearer ${secret}` })],
  ])('is refused with %s', async (_, headers) => {
    const answered = await post(hook, forged(), headers());
    expect(answered.status).toBe(401);
    expect(await answered.text()).toBe('');
    await nothingRan();
  });

  it('is refused with another method', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const answered = await fetch(hook, { method, headers: signed() });
      expect([method, answered.status, answered.headers.get('allow')]).toEqual([method, 405, 'POST']);
    }
    await nothingRan();
  });

  it.each([
    ['nothing', ''],
    ['no JSON', '{"update_id": 987654321, "message"'],
    ['bytes that are no text', '\ufffd\u0000'],
  ])('is refused with %s in it', async (_, body) => {
    expect((await post(hook, body, signed())).status).toBe(400);
    await nothingRan();
  });

  it.each([
    ['null', 'null'],
    ['a list', '[[[]]]'],
    ['a number', '7'],
    ['an update of nothing', '{}'],
    ['a command without an id', '{"message":{"text":"/mcp help"}}'],
    ['a prototype', '{"__proto__":{"message":{"text":"/mcp help"}},"update_id":1}'],
    ['a deep nest', `${'{"message":'.repeat(5_000)}1${'}'.repeat(5_000)}`],
  ])('is taken and means nothing with %s in it', async (_, body) => {
    expect((await post(hook, body, signed())).status).toBe(200);
    await nothingRan();
  });

  it('is refused above a mebibyte, whatever it says of its length', async () => {
    const huge = JSON.stringify({ update_id: 1, message: { text: 'x'.repeat(1024 * 1024) } });
    expect((await post(hook, huge, signed())).status).toBe(413);
    const pieces = new ReadableStream({
      start(controller) {
        for (let piece = 0; piece < 20; piece += 1) controller.enqueue(new Uint8Array(64 * 1024).fill(32));
        controller.close();
      },
    });
    const chunked = { method: 'POST', body: pieces, headers: signed(), duplex: 'half' } as const;
    const status = await fetch(hook, chunked).then(
      (answered) => answered.status,
      () => 'cut',
    );
    expect([413, 'cut']).toContain(status);
    await nothingRan();
  });

  it('may come in any number at once without anything running', async () => {
    const flood = Array.from({ length: 100 }, (_, at) =>
      post(hook, forged(), { [SECRET_HEADER]: `guess-${at}` }),
    );
    const statuses = new Set((await Promise.all(flood)).map(({ status }) => status));
    expect([...statuses]).toEqual([401]);
    await nothingRan();
  });
});

describe('a webhook whose bot is not known yet', () => {
  it('lets Telegram wait, and then acts once on what it delivers again', async () => {
    const first = await gateway();
    await isAnswered();
    await first.stop();
    api.fail('getMe', { errorCode: 500, description: 'Internal Server Error' }, 2);
    await ana.type('/mcp help');
    const second = await gateway('webhook', { stateFolder: first.stateFolder, clock: first.clock });
    expect(await ready(second)).toMatchObject({ ready: false, checks: { telegram: expect.any(String) } });
    await expect.poll(info).toMatchObject({ last_error_message: expect.stringMatching(/503/) });
    await expect.poll(() => api.pendingUpdates).toBe(0);
    await expect.poll(answers).toBe(2);
    await isAnswered();
    expect(answers()).toBe(3);
    await expect.poll(() => ready(second)).toMatchObject({ ready: true });
  });

  it('says when to come again', async () => {
    api.fail('getMe', { errorCode: 502, description: 'Bad Gateway' }, 2);
    const { url } = await gateway();
    const { pathname } = new URL(webhookUrlOf(api.token, PUBLIC_URL));
    const headers = { [SECRET_HEADER]: webhookSecretOf(api.token) };
    const answered = await fetch(`${url}${pathname}`, { method: 'POST', body: '{}', headers });
    expect([answered.status, answered.headers.get('retry-after')]).toEqual([503, '5']);
    expect((await fetch(`${url}${pathname}`, { method: 'POST', body: '{}' })).status).toBe(401);
  });
});

describe('while Telegram cannot be told of it, the webhook', () => {
  it.each([
    ['Telegram is down', 'drop-before'],
    ['Telegram answers 5xx', { errorCode: 502, description: 'Bad Gateway' }],
    [
      'Telegram wants fewer requests',
      { errorCode: 429, description: 'Too Many Requests: retry after 1', parameters: { retry_after: 1 } },
    ],
    ['its answer gets lost', 'drop-after'],
  ] as const)('is tried again because %s, and says so', async (_, how) => {
    api.fail('setWebhook', how, 1);
    const running = await gateway();
    await expect
      .poll(() => ready(running))
      .toMatchObject({ checks: { telegram: 'the webhook could not be set' } });
    await expect.poll(() => ready(running)).toMatchObject({ checks: { telegram: 'ok' } });
    expect(levels(running, 40).map((line) => JSON.parse(line).msg)).toEqual([
      'Telegram: the webhook could not be set; trying again in 2 s',
    ]);
    await isAnswered();
  });

  it('is given up with one error line where the token is refused', async () => {
    api.revokeToken();
    const running = await gateway();
    await expect
      .poll(() => ready(running))
      .toMatchObject({ checks: { telegram: expect.stringMatching(/refuses the bot token/) } });
    const asked = api.calls.length;
    await sleep(300);
    expect(api.calls).toHaveLength(asked);
    expect(levels(running, 50)).toHaveLength(1);
  });

  it('stays ready for days in which nobody writes', async () => {
    const running = await gateway();
    await isAnswered();
    running.clock.advance(3 * 86_400_000);
    expect(await ready(running)).toMatchObject({ ready: true });
  });
});

describe('switching', () => {
  it('from polling to the webhook and back leaves nothing behind, and no command is lost or run twice', async () => {
    const first = await gateway('polling');
    const { stateFolder, clock } = first;
    await isAnswered();
    expect(await info()).toMatchObject({ url: '' });
    await first.stop();
    await ana.type('/mcp help');

    const second = await gateway('webhook', { stateFolder, clock });
    await expect.poll(answers).toBe(2);
    expect(await info()).toMatchObject({ url: webhookUrlOf(api.token, PUBLIC_URL) });
    const polled = api.callsOf('getUpdates').length;
    await isAnswered();
    expect(api.callsOf('getUpdates')).toHaveLength(polled);
    await second.stop();
    expect(await info()).toMatchObject({ url: webhookUrlOf(api.token, PUBLIC_URL) });
    await ana.type('/mcp help');

    await gateway('polling', { stateFolder, clock });
    await expect.poll(answers).toBe(4);
    expect(await info()).toMatchObject({ url: '', allowed_updates: ['message', 'callback_query'] });
    await isAnswered();
    await expect.poll(() => api.pendingUpdates).toBe(0);
    expect(answers()).toBe(5);
  });

  it('from polling to the webhook may be done while the poller still runs, which does not take it away again', async () => {
    const poller = await gateway('polling');
    const { stateFolder, clock } = poller;
    await isAnswered();
    await gateway('webhook', { stateFolder, clock });
    const ours = { url: webhookUrlOf(api.token, PUBLIC_URL) };
    await expect.poll(info).toMatchObject(ours);
    await isAnswered();
    const refused = () => api.callsOf('getUpdates').filter(({ status }) => status === 409).length;
    await expect.poll(refused).toBeGreaterThanOrEqual(2);
    expect(await ready(poller)).toMatchObject({
      checks: { telegram: expect.stringMatching(/by a webhook: stop it/) },
    });
    await poller.stop();
    expect(await info()).toMatchObject(ours);
    await isAnswered();
    expect(answers()).toBe(3);
  });
});

describe('two replicas on one store, behind one address', () => {
  let replicas: readonly RunningGateway[];
  beforeEach(async () => {
    const first = await gateway();
    const { stateFolder, clock } = first;
    replicas = [first, await gateway('webhook', { stateFolder, clock })];
    await expect.poll(() => registrations().length).toBe(2);
  });

  const leadTo = (at: number): void => {
    routes[PUBLIC_URL] = replicas[at]?.url ?? '';
  };

  it('set the same webhook', () => {
    const [first, second] = registrations();
    expect(second?.payload).toEqual(first?.payload);
  });

  it('act once on each update, whichever of them it reaches', async () => {
    for (let turn = 0; turn < 6; turn += 1) {
      leadTo(turn % 2);
      await isAnswered();
    }
    expect(answers()).toBe(6);
  });

  it('act once on an update that is delivered again, to the other one', async () => {
    leadTo(0);
    await isAnswered();
    leadTo(1);
    for (let round = 0; round < 2; round += 1) {
      api.redeliver(Number(api.updates[0]?.update_id));
      await expect.poll(() => api.pendingUpdates).toBe(0);
    }
    await isAnswered();
    expect(answers()).toBe(2);
  });

  it('go on when one of them stops', async () => {
    leadTo(0);
    await isAnswered();
    await replicas[0]?.stop();
    await ana.type('/mcp help');
    leadTo(1);
    await expect.poll(answers).toBe(2);
    expect(await info()).toMatchObject({ url: webhookUrlOf(api.token, PUBLIC_URL) });
  });
});
