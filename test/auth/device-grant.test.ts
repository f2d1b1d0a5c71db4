import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureOf } from '../../src/auth/errors.js';
import { createGuardedFetch, type GuardedFetch } from '../../src/auth/requests/guarded-fetch.js';
import { type DeviceRequest, pollDevice, requestDeviceCode } from '../../src/auth/sign-in/device-grant.js';
import type { DeviceFlow } from '../../src/auth/sign-in/records.js';
import type { ClientRegistration } from '../../src/auth/types.js';
import { httpServer } from '../helpers/configured-server.js';
import { type Answer, type HttpPeer, json, startHttpPeer } from '../helpers/http-peer.js';

let peer: HttpPeer;
let guard: GuardedFetch;
let answer: Answer;

const CODE = {
  device_code: 'device-secret-1',
  user_code: 'WDJB-MJHT',
  expires_in: 900,
  verification_uri: 'https://provider.example/device',
};
const NOW = 1_000_000;
const INTERVAL_MS = 5_000;

beforeEach(async () => {
  answer = (_request, response) => json(response, 200, CODE);
  peer = await startHttpPeer((...asked) => answer(...asked));
  guard = createGuardedFetch({ allowPrivateHosts: [], totalTimeoutMs: 2_000 });
});
afterEach(async () => {
  await guard.close();
  await peer.close();
});

const requestOf = (client: ClientRegistration = { kind: 'dynamic', clientId: 'c' }): DeviceRequest => ({
  serverUrl: `${peer.origin}/mcp`,
  discovery: {
    serverUrl: `${peer.origin}/mcp`,
    authorizationServerUrl: peer.origin,
    atMs: 0,
    metadata: {
      issuer: peer.origin,
      authorization_endpoint: `${peer.origin}/authorize`,
      token_endpoint: `${peer.origin}/token`,
      response_types_supported: ['code'],
      device_authorization_endpoint: `${peer.origin}/device`,
    },
  },
  client,
  scope: 'read',
  resource: 'https://mcp.example/mcp',
});

const flowOf = (client?: ClientRegistration): DeviceFlow => ({
  ...requestOf(client),
  deviceCode: CODE.device_code,
  userCode: CODE.user_code,
  page: CODE.verification_uri,
  intervalMs: INTERVAL_MS,
});

const fetchOf = () => guard.forServer(httpServer(`${peer.origin}/mcp`));
const asked = () =>
  requestDeviceCode(requestOf(), { audience: 'api', scope: 'none of ours' }, { fetch: fetchOf() });
const polled = (client?: ClientRegistration, intervalMs = INTERVAL_MS) =>
  pollDevice(flowOf(client), { fetch: fetchOf(), now: () => NOW, intervalMs });

describe('asking for a code (RFC 8628 §3.1)', () => {
  it('names the client, the scope and the resource, and takes the code', async () => {
    expect(await asked()).toEqual({
      deviceCode: 'device-secret-1',
      userCode: 'WDJB-MJHT',
      page: 'https://provider.example/device',
      intervalMs: 5_000,
      lifeMs: 900_000,
    });
    expect(Object.fromEntries(new URLSearchParams(peer.seen[0]?.body))).toEqual({
      client_id: 'c',
      scope: 'read',
      resource: 'https://mcp.example/mcp',
      audience: 'api',
    });
  });

  it('takes the interval that the provider wants', async () => {
    answer = (_request, response) => json(response, 200, { ...CODE, interval: 7 });
    expect((await asked()).intervalMs).toBe(7_000);
    answer = (_request, response) => json(response, 200, { ...CODE, interval: 120 });
    expect((await asked()).intervalMs).toBe(120_000);
  });

  it.each([
    ['no interval but 0', { interval: 0 }, 5_000],
    ['an interval without an end', { interval: 1e306 }, 24 * 3_600_000],
    ['an interval that is none', { interval: 'soon' }, 5_000],
    ['numbers as texts', { interval: '7', expires_in: '900' }, 7_000],
    [
      'the address under its older name (Google)',
      { verification_uri: undefined, verification_url: CODE.verification_uri },
      5_000,
    ],
  ])('understands %s', async (_what, more, intervalMs) => {
    answer = (_request, response) => json(response, 200, { ...CODE, ...more });
    expect(await asked()).toMatchObject({ page: CODE.verification_uri, intervalMs, lifeMs: 900_000 });
  });

  it.each([
    ['a link that holds the code', 'https://provider.example/device?user_code=WDJB-MJHT'],
    ['a link that holds it in another spelling', 'https://provider.example/device?c=wdjb%2Dmjht'],
    ['a link that holds it in its fragment', 'https://provider.example/device#WDJBMJHT'],
  ])('%s is cut: whoever only taps has not seen whose code it is (§5.4)', async (_what, verification_uri) => {
    answer = (_request, response) =>
      json(response, 200, {
        ...CODE,
        verification_uri,
        verification_uri_complete: `${verification_uri}&all`,
      });
    expect((await asked()).page).toBe('https://provider.example/device');
  });

  it.each([
    ['plain http', { verification_uri: 'http://provider.example/device' }, 'insecure-endpoint'],
    ['a script', { verification_uri: 'javascript:alert(1)' }, 'insecure-endpoint'],
    [
      'a page with the code in its path',
      { verification_uri: 'https://p.example/d/WDJB-MJHT' },
      'bad-metadata',
    ],
    ['a page behind a user name', { verification_uri: 'https://a.example@p.example/' }, 'bad-metadata'],
    ['a code that turns the line', { user_code: 'AB\u202eCD-EFGH' }, 'bad-metadata'],
    ['a code that nobody types', { user_code: 'A'.repeat(400) }, 'bad-metadata'],
    ['a code of nothing', { user_code: '----' }, 'bad-metadata'],
    ['no code', { user_code: undefined }, 'bad-metadata'],
    ['no life', { expires_in: -1 }, 'bad-metadata'],
  ])('%s is refused', async (_what, more, code) => {
    answer = (_request, response) => json(response, 200, { ...CODE, ...more });
    const error = await asked().catch((thrown: unknown) => thrown);
    expect(failureOf(error).code).toBe(code);
    expect(failureOf(error).detail).not.toContain('device-secret-1');
  });

  it('a client that may not is told apart from a provider that is down', async () => {
    answer = (_request, response) => json(response, 400, { error: 'unauthorized_client' });
    expect(failureOf(await asked().catch((thrown: unknown) => thrown)).code).toBe('provider-refused');
    answer = (_request, response) => json(response, 503, {});
    expect(failureOf(await asked().catch((thrown: unknown) => thrown)).code).toBe('http-error');
  });
});

describe('asking whether it was typed (RFC 8628 §3.4)', () => {
  it('names the client, the code and the resource; what comes is a credential with all that a refresh needs', async () => {
    answer = (_request, response) =>
      json(response, 200, { access_token: 'a1', token_type: 'Bearer', refresh_token: 'r1', expires_in: 60 });
    expect(await polled()).toMatchObject({
      kind: 'tokens',
      credential: {
        accessToken: 'a1',
        refreshToken: 'r1',
        scope: 'read',
        issuedAtMs: NOW,
        expiresAtMs: NOW + 60_000,
        tokenEndpoint: `${peer.origin}/token`,
        resource: 'https://mcp.example/mcp',
      },
    });
    expect(Object.fromEntries(new URLSearchParams(peer.seen[0]?.body))).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: 'device-secret-1',
      client_id: 'c',
      resource: 'https://mcp.example/mcp',
    });
  });

  it('is a client with its secret, where it has one', async () => {
    answer = (_request, response) => json(response, 400, { error: 'authorization_pending' });
    await polled({ kind: 'pre-registered', clientId: 'c', clientSecret: 's:1' });
    expect(peer.seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from('c:s%3A1').toString('base64')}`);
  });

  const answers: readonly (readonly [string, number, unknown, object])[] = [
    ['pending', 400, { error: 'authorization_pending' }, { kind: 'wait', intervalMs: 5_000 }],
    ['slow_down', 400, { error: 'slow_down' }, { kind: 'wait', intervalMs: 10_000 }],
    ['slow_down as a 200 (GitHub)', 200, { error: 'slow_down' }, { kind: 'wait', intervalMs: 10_000 }],
    [
      'declined',
      400,
      { error: 'access_denied' },
      { kind: 'declined', failure: { error: 'access_denied', rfc: 'RFC 8628 §3.5' } },
    ],
    [
      'expired',
      400,
      { error: 'expired_token' },
      { kind: 'expired', failure: { error: 'expired_token', rfc: 'RFC 8628 §3.5' } },
    ],
    [
      'used before',
      400,
      { error: 'invalid_grant' },
      { kind: 'failed', failure: { code: 'provider-refused', error: 'invalid_grant', rfc: 'RFC 6749 §5.2' } },
    ],
    [
      'an unknown client',
      401,
      { error: 'invalid_client' },
      { kind: 'failed', failure: { code: 'provider-refused' } },
    ],
    ['down', 503, {}, { kind: 'wait', intervalMs: 10_000 }],
    [
      'down, with an OAuth error',
      503,
      { error: 'temporarily_unavailable' },
      { kind: 'wait', intervalMs: 10_000 },
    ],
    ['too many requests', 429, {}, { kind: 'wait', intervalMs: 10_000 }],
  ];
  it.each(answers)('%s', async (_what, status, body, outcome) => {
    answer = (_request, response) => json(response, status, body);
    expect(await polled()).toMatchObject(outcome);
  });

  it('waits as long as a busy provider asks, up to a minute, and never less than before', async () => {
    const busy =
      (after: string): Answer =>
      (_request, response) =>
        void response.writeHead(429, { 'retry-after': after }).end();
    answer = busy('30');
    expect(await polled()).toEqual({ kind: 'wait', intervalMs: 30_000 });
    answer = busy('86400');
    expect(await polled()).toEqual({ kind: 'wait', intervalMs: 60_000 });
    expect(await polled(undefined, 70_000)).toEqual({ kind: 'wait', intervalMs: 70_000 });
  });

  it('what ends it names the provider: the answer of a token endpoint does not', async () => {
    const { host } = new URL(peer.origin);
    for (const error of ['access_denied', 'expired_token', 'invalid_grant', 'x_of_its_own']) {
      answer = (_request, response) => json(response, 400, { error });
      expect(await polled()).toMatchObject({ failure: { error, host } });
    }
  });

  it('a dropped connection is no answer', async () => {
    answer = (_request, response) => void response.destroy();
    expect(await polled()).toEqual({ kind: 'wait', intervalMs: 10_000 });
  });

  it('an answer that is none ends it, without a word of it', async () => {
    answer = (_request, response) =>
      void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>device-secret-1</p>');
    const outcome = await polled();
    expect(outcome).toMatchObject({ kind: 'failed' });
    expect(JSON.stringify(outcome)).not.toContain('device-secret-1');
  });
});
