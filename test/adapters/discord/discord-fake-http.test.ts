import { createPublicKey, verify } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import {
  type Discord,
  type DiscordPerson,
  type Fields,
  startDiscord,
} from '../../helpers/discord/discord.js';
import { connectRaw } from '../../helpers/discord/raw-gateway.js';
import { callRest } from '../../helpers/discord/rest-call.js';
import { StillClock } from '../../helpers/discord/still-clock.js';

interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly type?: string;
}

/** An app that checks signatures, or a careless one. */
class App {
  readonly heard: Fields[] = [];
  readonly #server: Server;
  checks = true;
  answer: (interaction: Fields) => Reply | Promise<Reply> = ({ type }) =>
    type === 1
      ? { status: 200, body: { type: 1 } }
      : { status: 200, body: { type: 4, data: { content: 'hi' } } };

  constructor(publicKey: () => string) {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = Buffer.concat(chunks).toString();
      const signed = signatureHolds(publicKey(), request.headers, body);
      if (this.checks && !signed) {
        response.writeHead(401).end('invalid request signature');
        return;
      }
      const interaction: Fields = JSON.parse(body);
      this.heard.push(interaction);
      const { status, body: json, type = 'application/json' } = await this.answer(interaction);
      response
        .writeHead(status, { 'content-type': type })
        .end(json === undefined ? '' : JSON.stringify(json));
    });
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

function signatureHolds(publicKey: string, headers: NodeJS.Dict<string | string[]>, body: string): boolean {
  const x = Buffer.from(publicKey, 'hex').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const text = `${headers['x-signature-timestamp']}${body}`;
  const signature = Buffer.from(String(headers['x-signature-ed25519'] ?? ''), 'hex');
  return verify(null, Buffer.from(text), key, signature);
}

let discord: Discord;
let clock: StillClock;
let app: App;
let second: App;
let ana: DiscordPerson;
const URL_SAVED = 'https://gateway.example/discord/interactions';

beforeEach(async () => {
  clock = new StillClock();
  app = new App(() => discord.application.publicKey);
  second = new App(() => discord.application.publicKey);
  const replicas = [await app.open(), await second.open()];
  discord = await startDiscord({ now: clock.now, routes: { 'https://gateway.example': replicas } });
  ana = discord.person('Ana');
  discord.guild('Acme', [ana]);
  discord.register([{ name: 'mcp', description: 'x' }]);
});
afterEach(async () => {
  for (const one of [app, second]) await one.close();
  await discord.close();
});

const both = (change: (one: App) => void) => [app, second].forEach(change);

describe('an interactions URL', () => {
  it('is saved when PINGs are answered and bad signatures refused', async () => {
    expect(await discord.interactions.setUrl(URL_SAVED)).toEqual({ saved: true });
    expect([...app.heard, ...second.heard]).toMatchObject([
      { type: 1, application_id: discord.application.id },
    ]);
    expect((await callRest(discord, 'GET /applications/@me')).json).toMatchObject({
      interactions_endpoint_url: URL_SAVED,
    });
  });

  it.each<[string, (one: App) => void, string]>([
    [
      'signatures are not checked',
      (one) => {
        one.checks = false;
      },
      'bad signature got 200',
    ],
    [
      'PINGs get 404',
      (one) => {
        one.answer = () => ({ status: 404 });
      },
      'PING got 404',
    ],
    [
      'PINGs get something else',
      (one) => {
        one.answer = () => ({ status: 200, body: { type: 4 } });
      },
      'no PONG',
    ],
    [
      'PONGs are no JSON',
      (one) => {
        one.answer = () => ({ status: 200, body: { type: 1 }, type: 'text/plain' });
      },
      'must be JSON',
    ],
  ])('is refused when %s', async (_, change, why) => {
    both(change);
    expect(await discord.interactions.setUrl(URL_SAVED)).toEqual({
      saved: false,
      why: expect.stringContaining(why),
    });
    expect(discord.interactions.url).toBeUndefined();
    const patched = await callRest(discord, 'PATCH /applications/@me', {
      interactions_endpoint_url: URL_SAVED,
    });
    expect(patched).toMatchObject({
      code: 50035,
      json: {
        errors: {
          interactions_endpoint_url: { _errors: [{ code: 'APPLICATION_INTERACTIONS_ENDPOINT_URL_INVALID' }] },
        },
      },
    });
  });

  it('is refused when nobody is there', async () => {
    await both((one) => void one.close());
    expect(await discord.interactions.setUrl(URL_SAVED)).toMatchObject({ saved: false });
  });

  it('is set and taken away by the API too', async () => {
    const set = (url: string | null) =>
      callRest(discord, 'PATCH /applications/@me', { interactions_endpoint_url: url });
    expect(await set(URL_SAVED)).toMatchObject({
      status: 200,
      json: { interactions_endpoint_url: URL_SAVED },
    });
    expect(await set(null)).toMatchObject({ status: 200, json: { interactions_endpoint_url: null } });
  });
});

describe('interactions over HTTP', () => {
  beforeEach(async () => {
    await discord.interactions.setUrl(URL_SAVED);
    both((one) => one.heard.splice(0));
  });

  it('go to the replicas in turn, and not to the Gateway', async () => {
    const socket = connectRaw(discord);
    await socket.open;
    socket.identify(discord.token, 1 << 12);
    await expect.poll(() => socket.names).toEqual(['READY']);
    for (const _ of [1, 2, 3, 4]) expect(await ana.types('/mcp')).toMatchObject({ kind: 'message' });
    expect([app.heard.length, second.heard.length]).toEqual([2, 2]);
    expect(socket.names).not.toContain('INTERACTION_CREATE');
    socket.breakOff();
  });

  it('are answered in the response', async () => {
    both((one) => {
      one.answer = () => ({ status: 200, body: { type: 5, data: { flags: 64 } } });
    });
    expect(await ana.types('/mcp')).toEqual({ kind: 'thinking' });
    const { token } = discord.sent.at(-1) ?? {};
    const hook = `PATCH /webhooks/${discord.application.id}/${token}/messages/@original`;
    await callRest(discord, hook, { content: 'done' }, '');
    expect(ana.sees()).toBe('Acme MCP: done');
    expect(discord.interactions.answers.at(-1)).toMatchObject({
      status: 200,
      interactionId: discord.sent[0]?.id,
    });
  });

  it('are answered by the callback, with 202 for the request', async () => {
    both((one) => {
      one.answer = async ({ id, token }) => {
        const callback = `POST /interactions/${id}/${token}/callback`;
        await callRest(discord, callback, { type: 4, data: { content: 'called back' } }, '');
        return { status: 202 };
      };
    });
    expect(await ana.types('/mcp')).toMatchObject({ kind: 'message', message: { text: 'called back' } });
    both((one) => {
      one.answer = ({ id, token }) => {
        const callback = `POST /interactions/${id}/${token}/callback`;
        setTimeout(() => void callRest(discord, callback, { type: 4, data: { content: 'later' } }, ''), 20);
        return { status: 202 };
      };
    });
    expect(await ana.types('/mcp')).toMatchObject({ kind: 'message', message: { text: 'later' } });
  });

  it.each<[string, Reply]>([
    ['an error', { status: 500 }],
    ['a 401', { status: 401 }],
    ['an empty 200', { status: 200 }],
    [
      'an answer that Discord refuses',
      { status: 200, body: { type: 4, data: { content: 'x'.repeat(2001) } } },
    ],
    ['an answer of a type that does not fit', { status: 200, body: { type: 7, data: { content: 'x' } } }],
    ['an answer that is not JSON', { status: 200, body: { type: 5 }, type: 'text/html' }],
  ])('have failed with %s', async (_, reply) => {
    both((one) => {
      one.answer = () => reply;
    });
    expect(await ana.types('/mcp')).toEqual({ kind: 'failed', says: 'The application did not respond' });
    expect(ana.sees()).toBe('The application did not respond');
  });

  it('have failed when the response is late', async () => {
    both((one) => {
      one.answer = async () => {
        clock.advance(3000);
        return { status: 200, body: { type: 4, data: { content: 'late' } } };
      };
    });
    expect(await ana.types('/mcp')).toMatchObject({ kind: 'failed' });
  });

  it('can come twice, signed anew', async () => {
    await ana.types('/mcp');
    await discord.redeliver(String(discord.sent[0]?.id));
    const heard = [...app.heard, ...second.heard];
    expect(heard).toHaveLength(2);
    expect(heard[1]).toEqual(heard[0]);
    expect(ana.messages()).toHaveLength(1);
  });

  it('can be forged in every way', async () => {
    const payload = { type: 1 };
    const post = (how: object = {}) => discord.interactions.post(payload, how);
    expect(await post()).toMatchObject({ status: 200, body: '{"type":1}' });
    for (const how of [
      { signature: 'stranger' },
      { signature: 'none' },
      { signature: 'zz' },
      { timestamp: 1000, timestampHeader: '1001' },
    ])
      expect(await post(how)).toMatchObject({ status: 401 });
    for (const timestamp of [1000, 99_999_999_999, 'soon'])
      expect(await post({ timestamp })).toMatchObject({ status: 200 });
    expect(await post({ body: '{"type":1,"more":true}' })).toMatchObject({ status: 200 });
    expect([...app.heard, ...second.heard].at(-1)).toBeDefined();
    await discord.deliver({ type: 99 });
    expect(discord.interactions.answers.at(-1)).toMatchObject({ status: 200 });
  });
});
