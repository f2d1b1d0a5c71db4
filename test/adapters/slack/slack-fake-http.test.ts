import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Clock } from '../../helpers/clock.js';
import { freePort } from '../../helpers/servers/free-port.js';
import {
  type Slack,
  type SlackOptions,
  type SlackPerson,
  type SlackWorkspace,
  startSlack,
} from '../../helpers/slack/slack.js';

interface Taken {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Answer {
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

let slack: Slack;
let acme: SlackWorkspace;
let ana: SlackPerson;
const closers: (() => void)[] = [];

async function start(options: SlackOptions = {}): Promise<void> {
  slack = await startSlack({ eventRetryMs: [1, 1], ...options });
  acme = slack.workspace('Acme');
  ana = acme.person('Ana');
}
beforeEach(() => start());
afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await slack.close();
});

/** A replica of an app, which answers as it is told; `never`: not at all. */
async function replica(answer: (taken: Taken) => Answer | 'never' = () => ({})) {
  const taken: Taken[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const one = { headers: request.headers, body: Buffer.concat(chunks).toString() };
    taken.push(one);
    const told = answer(one);
    if (told !== 'never') response.writeHead(told.status ?? 200, told.headers).end(told.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { taken, url: `http://127.0.0.1:${port}/webhooks/slack` };
}

function isSigned({ headers, body }: Taken): boolean {
  const base = `v0:${headers['x-slack-request-timestamp']}:${body}`;
  const digest = createHmac('sha256', slack.signingSecret).update(base).digest('hex');
  return headers['x-slack-signature'] === `v0=${digest}`;
}

describe('delivery by HTTP', () => {
  it('is signed, over the raw body: forms for commands and presses, JSON for events', async () => {
    const { taken, url } = await replica();
    slack.deliverTo([url]);
    await ana.types('/mcp auth ünï & co');
    await ana.types('hi');
    expect(taken.map(isSigned)).toEqual([true, true]);
    expect(taken.map(({ headers }) => headers['content-type'])).toEqual([
      'application/x-www-form-urlencoded',
      'application/json',
    ]);
    expect(new URLSearchParams(taken[0]?.body).get('text')).toBe('auth ünï &amp; co');
    expect(JSON.parse(taken[1]?.body ?? '')).toMatchObject({ type: 'event_callback', event: { text: 'hi' } });
  });

  it('goes to the replicas in turn', async () => {
    const two = [await replica(), await replica()];
    slack.deliverTo(two.map(({ url }) => url));
    for (const _ of [1, 2, 3]) await ana.types('/mcp');
    expect(two.map(({ taken }) => taken.length)).toEqual([2, 1]);
  });

  it('goes back to sockets without URLs', async () => {
    const { taken, url } = await replica();
    slack.deliverTo([url]);
    slack.deliverTo([]);
    expect(await ana.types('/mcp')).toMatchObject({ error: 'dispatch_failed' });
    expect(taken).toEqual([]);
  });

  it('shows what the answer says, as JSON or as text', async () => {
    const bodies = ['{"text":"in JSON"}', 'as text', ''];
    const { url } = await replica(() => ({ body: bodies.shift() ?? '' }));
    slack.deliverTo([url]);
    for (const _ of bodies.slice()) await ana.types('/mcp');
    expect(ana.messages().map(({ text }) => text)).toEqual(['in JSON', 'as text']);
  });

  it('tells the person what went wrong with a command, and does not try it again', async () => {
    await slack.close();
    await start({ ackWithinMs: 300 });
    const answers: (Answer | 'never')[] = [
      { status: 500 },
      { status: 401 },
      { status: 302, headers: { location: '/' } },
      'never',
    ];
    const { taken, url } = await replica(() => answers.shift() ?? {});
    slack.deliverTo([url]);
    const errors: unknown[] = [];
    for (const _ of answers.slice()) errors.push(await ana.types('/mcp'));
    slack.deliverTo([`http://127.0.0.1:${await freePort()}/`]);
    errors.push(await ana.types('/mcp'));
    expect(errors.map((typed) => (typed as { readonly error?: string }).error)).toEqual([
      'http_service_error',
      'http_client_error',
      'http_client_error',
      'operation_timeout',
      'dispatch_failed',
    ]);
    expect(taken).toHaveLength(4);
  });

  it('tries events again, and says why', async () => {
    await slack.close();
    await start({ ackWithinMs: 300 });
    const answers: (Answer | 'never')[] = [{ status: 503 }, 'never', {}];
    const { taken, url } = await replica(() => answers.shift() ?? {});
    slack.deliverTo([url]);
    await ana.types('hi');
    await expect.poll(() => slack.deliveries.length).toBe(3);
    const marks = taken.map(({ headers }) => [headers['x-slack-retry-num'], headers['x-slack-retry-reason']]);
    expect(marks).toEqual([
      [undefined, undefined],
      ['1', 'http_error'],
      ['2', 'http_timeout'],
    ]);
    expect(new Set(taken.map(({ body }) => body)).size).toBe(1);
    expect(taken.every(isSigned)).toBe(true);
  });

  it('does not try again where it is asked not to', async () => {
    const { taken, url } = await replica(() => ({ status: 500, headers: { 'x-slack-no-retry': '1' } }));
    slack.deliverTo([url]);
    await ana.types('hi');
    await ana.types('/mcp');
    expect(taken.filter(({ headers }) => headers['x-slack-retry-num'] !== undefined)).toEqual([]);
  });

  it('asks each URL for its challenge', async () => {
    const good = await replica(({ body }) => ({ body: JSON.parse(body).challenge }));
    const bad = await replica(() => ({ status: 404 }));
    slack.deliverTo([good.url, bad.url]);
    expect(await slack.verifyUrls()).toEqual([true, false]);
    expect(good.taken.map(isSigned)).toEqual([true]);
  });

  it('stamps by its own clock, and signs anything for any time', async () => {
    const clock = new Clock();
    await slack.close();
    await start({ now: clock.now });
    clock.advance(3_600_000);
    const { taken, url } = await replica();
    slack.deliverTo([url]);
    await ana.types('/mcp');
    const stamp = Number(taken[0]?.headers['x-slack-request-timestamp']);
    expect(Math.abs(stamp - clock.now() / 1000)).toBeLessThan(60);
    const body = '{"type":"forged"}';
    expect(await slack.post(url, body, slack.sign(body, 1_000_000))).toEqual({ status: 200, body: '' });
    expect(taken[1]?.headers['x-slack-request-timestamp']).toBe('1000');
    expect(taken.map(isSigned)).toEqual([true, true]);
    await slack.post(url, body, { ...slack.sign(body), 'x-slack-signature': 'v0=00' });
    expect(taken.map(isSigned)).toEqual([true, true, false]);
  });

  it('repeats a delivery, freshly signed', async () => {
    const { taken, url } = await replica();
    slack.deliverTo([url]);
    await ana.types('/mcp');
    const [first] = slack.deliveries;
    if (first === undefined) throw new Error('nothing delivered');
    await slack.redeliver(first);
    expect(taken[1]?.body).toBe(taken[0]?.body);
    expect(taken.map(isSigned)).toEqual([true, true]);
  });
});
