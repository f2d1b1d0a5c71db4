import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CredentialRecords, createCredentials } from '../../src/auth/credentials.js';
import { createGuardedFetch, type GuardedFetch } from '../../src/auth/guarded-fetch.js';
import { createTokenKeeper } from '../../src/auth/token-keeper.js';
import type { CredentialKey, OAuthCredential, TokenKeeper } from '../../src/auth/types.js';
import { silentLog } from '../../src/observability/log.js';
import { type Store, StoreError } from '../../src/storage/types.js';
import { httpServer } from '../helpers/configured-server.js';
import { json } from '../helpers/http-peer.js';
import { openMemoryStore } from './kept-store.js';
import { startTokenEndpoint, type TokenEndpoint } from './token-endpoint.js';

const KEY: CredentialKey = { subject: 'telegram:1', server: 'linear' };
const START = 1_800_000_000_000;
const HOUR = 3_600_000;

let endpoint: TokenEndpoint;
let guard: GuardedFetch;
let store: Store;
let credentials: CredentialRecords;
let keeper: TokenKeeper;
let nowMs: number;

const keeperOver = (over: Store, records = createCredentials(over)): TokenKeeper =>
  createTokenKeeper({
    store: over,
    credentials: records,
    fetchFor: (server) =>
      server === 'linear' ? guard.forServer(httpServer(`${endpoint.origin}/mcp`)) : undefined,
    log: silentLog,
    now: () => nowMs,
  });

function credential(rest: Partial<OAuthCredential> = {}): OAuthCredential {
  return {
    kind: 'oauth',
    accessToken: 'a1',
    refreshToken: 'r1',
    scope: 'read write',
    issuedAtMs: START - 2 * HOUR,
    expiresAtMs: START - HOUR,
    client: { clientId: 'the client', clientSecret: 's:e c+r&t', kind: 'pre-registered' },
    issuer: endpoint.origin,
    tokenEndpoint: `${endpoint.origin}/token`,
    revocationEndpoint: `${endpoint.origin}/revoke`,
    resource: 'https://mcp.example/mcp',
    ...rest,
  };
}

beforeEach(async () => {
  endpoint = await startTokenEndpoint();
  guard = createGuardedFetch({ allowPrivateHosts: [], totalTimeoutMs: 20_000 });
  store = await openMemoryStore();
  credentials = createCredentials(store);
  nowMs = START;
  keeper = keeperOver(store, credentials);
});

afterEach(async () => {
  await store.close();
  await guard.close();
  await endpoint.close();
});

const token = (accessToken: string, expiresAtMs?: number) => ({
  kind: 'token',
  accessToken,
  ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
});

describe('an access token that is good', () => {
  it('is given out without a request', async () => {
    await keeper.keep(KEY, credential({ expiresAtMs: START + HOUR }));
    expect(await keeper.accessToken(KEY)).toEqual(token('a1', START + HOUR));
    expect(endpoint.refreshes).toEqual([]);
  });

  it('is renewed 120 seconds before its end, and not earlier', async () => {
    await keeper.keep(KEY, credential({ issuedAtMs: START - HOUR, expiresAtMs: START + 121_000 }));
    expect(await keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a1' });
    nowMs += 2000;
    expect(await keeper.accessToken(KEY)).toEqual(token('a2', nowMs + HOUR));
    expect(endpoint.refreshes).toHaveLength(1);
  });

  it('is never renewed at every call, however short its life', async () => {
    endpoint.expiresIn = 30;
    await keeper.keep(KEY, credential());
    for (let i = 0; i < 20; i += 1) {
      await keeper.accessToken(KEY);
      nowMs += 1000;
    }
    expect(endpoint.refreshes).toHaveLength(1);
    nowMs += 3000;
    expect(await keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a3' });
  });

  it('without a known end is used until the server refuses it', async () => {
    endpoint.expiresIn = undefined;
    await keeper.keep(KEY, credential());
    expect(await keeper.accessToken(KEY)).toEqual(token('a2'));
    nowMs += 1000 * HOUR;
    expect(await keeper.accessToken(KEY)).toEqual(token('a2'));
    expect(await keeper.accessToken(KEY, 'a2')).toEqual(token('a3'));
  });
});

describe('a refresh', () => {
  it('happens once for 200 callers at the same time', async () => {
    endpoint.delayMs = 30;
    await keeper.keep(KEY, credential());
    const outcomes = await Promise.all(Array.from({ length: 200 }, () => keeper.accessToken(KEY)));
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome)))).toEqual(
      new Set([JSON.stringify(token('a2', START + HOUR))]),
    );
    expect(endpoint.refreshes).toHaveLength(1);
  });

  it('happens once for two keepers over one store', async () => {
    endpoint.delayMs = 30;
    await keeper.keep(KEY, credential());
    const other = keeperOver(store);
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? keeper : other).accessToken(KEY)),
    );
    expect(outcomes.every((outcome) => outcome.kind === 'token' && outcome.accessToken === 'a2')).toBe(true);
    expect(endpoint.refreshes).toHaveLength(1);
  });

  it('of one person does not wait for that of another', async () => {
    const other = { subject: 'slack:T/U', server: 'linear' };
    await keeper.keep(KEY, credential());
    await keeper.keep(other, credential({ accessToken: 'b1', refreshToken: 'foreign' }));
    expect(await keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a2' });
    expect(await keeper.accessToken(other)).toMatchObject({ kind: 'needs-sign-in', reason: 'refused' });
    expect(await keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a2' });
  });

  it('asks as the credential was issued: client, resource, form-encoded Basic (RFC 6749 §2.3.1)', async () => {
    await keeper.keep(KEY, credential());
    await keeper.accessToken(KEY);
    expect(Object.fromEntries(endpoint.refreshes[0] ?? [])).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'r1',
      resource: 'https://mcp.example/mcp',
    });
    const sent = endpoint.peer.seen[0]?.headers.authorization ?? '';
    expect(Buffer.from(sent.replace('Basic ', ''), 'base64').toString()).toBe('the+client:s%3Ae+c%2Br%26t');
  });

  it.each([
    ['a public client', { clientId: 'c', kind: 'dynamic' as const }, undefined, { client_id: 'c' }],
    [
      'client_secret_post where it was registered',
      {
        clientId: 'c',
        clientSecret: 's',
        tokenEndpointAuthMethod: 'client_secret_post',
        kind: 'dynamic' as const,
      },
      ['client_secret_basic', 'client_secret_post'],
      { client_id: 'c', client_secret: 's' },
    ],
    [
      'client_secret_post where nothing else is supported',
      { clientId: 'c', clientSecret: 's', kind: 'dynamic' as const },
      ['client_secret_post'],
      { client_id: 'c', client_secret: 's' },
    ],
  ])('identifies %s', async (_what, client, authMethodsSupported, parameters) => {
    await keeper.keep(KEY, credential({ client, ...(authMethodsSupported && { authMethodsSupported }) }));
    expect(await keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a2' });
    expect(Object.fromEntries(endpoint.refreshes[0] ?? [])).toMatchObject(parameters);
    expect(endpoint.peer.seen[0]?.headers.authorization).toBeUndefined();
  });

  it('keeps the refresh token and the scope that the answer leaves out', async () => {
    endpoint.next((response) =>
      json(response, 200, { access_token: 'x', token_type: 'bearer', expires_in: 60 }),
    );
    await keeper.keep(KEY, credential());
    await keeper.accessToken(KEY);
    expect(await credentials.get(KEY)).toEqual(
      credential({ accessToken: 'x', issuedAtMs: START, expiresAtMs: START + 60_000 }),
    );
  });

  it('is written with what the answer changes', async () => {
    endpoint.extra = { scope: 'read', id_token: 'not.a.jwt', token_type: 'user', expires_in: '60' };
    await keeper.keep(KEY, credential());
    await keeper.accessToken(KEY);
    expect(await credentials.get(KEY)).toMatchObject({
      accessToken: 'a2',
      refreshToken: 'r2',
      scope: 'read',
      expiresAtMs: START + 60_000,
    });
  });

  it('is not lost when the store cannot take it: it serves, and is written when the store can', async () => {
    await keeper.keep(KEY, credential());
    let full = true;
    const failing: CredentialRecords = {
      ...credentials,
      set: async (key, value) => {
        if (full) throw new StoreError('store_unavailable', 'no space left');
        await credentials.set(key, value);
      },
    };
    const onFullDisk = keeperOver(store, failing);
    expect(await onFullDisk.accessToken(KEY)).toMatchObject({ accessToken: 'a2' });
    expect(await onFullDisk.accessToken(KEY)).toMatchObject({ accessToken: 'a2' });
    full = false;
    expect(await onFullDisk.accessToken(KEY)).toMatchObject({ accessToken: 'a2' });
    expect(await credentials.get(KEY)).toMatchObject({ accessToken: 'a2', refreshToken: 'r2' });
    expect(endpoint.refreshes).toHaveLength(1);
  });

  it('sends nothing when the lock is lost before, and writes the answer when it is lost after', async () => {
    await keeper.keep(KEY, credential());
    const lease = new AbortController();
    const losing: Store = { ...store, lock: (_name, work) => work(lease.signal) };
    const unlucky = keeperOver(losing, credentials);
    endpoint.next((response) => {
      lease.abort();
      json(response, 200, { access_token: 'late', token_type: 'bearer', refresh_token: 'later' });
    });
    expect(await unlucky.accessToken(KEY)).toEqual(token('late'));
    expect(await credentials.get(KEY)).toMatchObject({ accessToken: 'late', refreshToken: 'later' });
    await credentials.set(KEY, credential());
    expect(await unlucky.accessToken(KEY)).toMatchObject({ kind: 'try-later' });
    expect(endpoint.refreshes).toHaveLength(1);
    expect(await credentials.get(KEY)).toEqual(credential());
  });
});

describe('a refresh that fails', () => {
  const failures: [string, Parameters<TokenEndpoint['next']>[0]][] = [
    ['503', (response) => json(response, 503, { error: 'invalid_grant' })],
    ['429', (response) => response.writeHead(429, { 'retry-after': '20' }).end()],
    ['a dropped connection', (response) => response.destroy()],
    [
      'a page in HTML',
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Hello'),
    ],
    [
      'a refusal in HTML',
      (response) => response.writeHead(400, { 'content-type': 'text/html' }).end('<p>No'),
    ],
    ['an answer without a token', (response) => json(response, 200, { token_type: 'bearer' })],
    [
      '50 MB',
      (response) => response.writeHead(200, { 'content-length': String(50 * 1024 * 1024) }).write('{'),
    ],
    [
      'a server error in OAuth words',
      (response) => json(response, 400, { error: 'temporarily_unavailable' }),
    ],
    [
      'a redirect',
      (response) => response.writeHead(307, { location: 'https://elsewhere.example/token' }).end(),
    ],
  ];

  it.each(failures)('by %s keeps everything, and does not ask the person', async (_what, answer) => {
    endpoint.next(answer);
    await keeper.keep(KEY, credential());
    expect(await keeper.accessToken(KEY)).toMatchObject({ kind: 'try-later' });
    expect(await credentials.get(KEY)).toEqual(credential());
    nowMs += 30_000;
    expect(await keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a2' });
  });

  it('serves the token that still lives', async () => {
    await keeper.keep(KEY, credential({ issuedAtMs: START - HOUR, expiresAtMs: START + 60_000 }));
    endpoint.next((response) => json(response, 503, {}));
    expect(await keeper.accessToken(KEY)).toEqual(token('a1', START + 60_000));
    expect(await keeper.accessToken(KEY, 'a1')).toMatchObject({ kind: 'try-later' });
  });

  it('is not tried again by every caller', async () => {
    await keeper.keep(KEY, credential());
    for (let i = 0; i < 3; i += 1) endpoint.next((response) => json(response, 503, {}));
    const outcomes = [];
    for (let i = 0; i < 50; i += 1) outcomes.push(await keeper.accessToken(KEY));
    expect(endpoint.refreshes).toHaveLength(1);
    expect(outcomes.at(-1)).toEqual({ kind: 'try-later', retryAtMs: START + 1000 });
    nowMs += 1000;
    expect(await keeper.accessToken(KEY)).toEqual({ kind: 'try-later', retryAtMs: nowMs + 2000 });
    expect(endpoint.refreshes).toHaveLength(2);
  });

  it('waits as long as the provider asks', async () => {
    endpoint.next((response) => response.writeHead(429, { 'retry-after': '20' }).end());
    await keeper.keep(KEY, credential());
    expect(await keeper.accessToken(KEY)).toEqual({ kind: 'try-later', retryAtMs: START + 20_000 });
  });

  it.each([
    ['400', 400, { error: 'invalid_grant' }, 'invalid_grant'],
    ['401 with a challenge', 401, { error: 'invalid_client' }, 'invalid_client'],
    ['200, as GitHub does', 200, { error: 'bad_refresh_token' }, 'bad_refresh_token'],
  ])(
    'for good (%s) is remembered with its time and reason, and nothing is sent again',
    async (_what, status, body, code) => {
      endpoint.next((response) => {
        response.writeHead(status, {
          'content-type': 'application/json',
          'www-authenticate': 'Basic realm="x"',
        });
        response.end(JSON.stringify(body));
      });
      await keeper.keep(KEY, credential());
      const refused = { kind: 'needs-sign-in', reason: 'refused', sinceMs: START };
      expect(await keeper.accessToken(KEY)).toEqual(refused);
      nowMs += HOUR;
      expect(await keeper.accessToken(KEY)).toEqual(refused);
      expect(endpoint.refreshes).toHaveLength(1);
      expect(await credentials.get(KEY)).toEqual(credential({ refused: { sinceMs: START, code } }));
    },
  );

  it('never reaches a token endpoint with plain http beyond loopback', async () => {
    await keeper.keep(KEY, credential({ tokenEndpoint: 'http://auth.example/token' }));
    expect(await keeper.accessToken(KEY)).toMatchObject({ kind: 'try-later' });
  });
});

describe('a token that the server refused', () => {
  it('is renewed once, however many calls were refused with it', async () => {
    await keeper.keep(KEY, credential({ expiresAtMs: START + HOUR }));
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => keeper.accessToken(KEY, 'a1')));
    outcomes.push(await keeper.accessToken(KEY, 'a1'));
    expect(outcomes.every((outcome) => outcome.kind === 'token' && outcome.accessToken === 'a2')).toBe(true);
    expect(endpoint.refreshes).toHaveLength(1);
  });

  it('is renewed though a refresh that brought it was still on its way to others', async () => {
    endpoint.delayMs = 30;
    await keeper.keep(KEY, credential());
    const arrived = endpoint.arrival();
    const early = keeper.accessToken(KEY);
    await arrived;
    expect(await keeper.accessToken(KEY, 'a2')).toMatchObject({ accessToken: 'a3' });
    expect(await early).toMatchObject({ accessToken: 'a2' });
  });

  it('needs a sign-in where there is nothing to renew it with', async () => {
    const { refreshToken: _none, ...bare } = credential({ expiresAtMs: START + HOUR });
    await keeper.keep(KEY, bare);
    const refused = { kind: 'needs-sign-in', reason: 'refused', sinceMs: START };
    expect(await keeper.accessToken(KEY, 'a0')).toMatchObject({ accessToken: 'a1' });
    expect(await keeper.accessToken(KEY, 'a1')).toEqual(refused);
    expect(await keeper.accessToken(KEY)).toEqual(refused);
    await keeper.keep(KEY, { ...bare, accessToken: 'new' });
    expect(await keeper.accessToken(KEY)).toMatchObject({ accessToken: 'new' });
  });

  it('that ended without a refresh token needs a sign-in since then', async () => {
    const { refreshToken: _none, ...bare } = credential();
    await keeper.keep(KEY, bare);
    expect(await keeper.accessToken(KEY)).toEqual({
      kind: 'needs-sign-in',
      reason: 'refused',
      sinceMs: START - HOUR,
    });
  });
});

describe('what is not there', () => {
  it('needs a sign-in: no credential, or a key', async () => {
    const never = { kind: 'needs-sign-in', reason: 'never' };
    expect(await keeper.accessToken(KEY)).toEqual(never);
    await credentials.set(KEY, { kind: 'keys', values: { TOKEN: 'k' }, issuedAtMs: START });
    expect(await keeper.accessToken(KEY)).toEqual(never);
  });

  it('is an error where the store cannot tell: never "needs sign-in"', async () => {
    const broken = new StoreError('record_unreadable', 'cannot read the credential');
    const unreadable: CredentialRecords = { ...credentials, get: () => Promise.reject(broken) };
    await expect(keeperOver(store, unreadable).accessToken(KEY)).rejects.toBe(broken);
  });
});

describe('signing out', () => {
  it('revokes the refresh token, then the access token, and deletes', async () => {
    await keeper.keep(KEY, credential());
    expect(await keeper.signOut(KEY)).toEqual({ kind: 'revoked' });
    expect(endpoint.revocations.map((form) => Object.fromEntries(form))).toEqual([
      { token: 'r1', token_type_hint: 'refresh_token' },
      { token: 'a1', token_type_hint: 'access_token' },
    ]);
    expect(await credentials.get(KEY)).toBeUndefined();
    expect(await keeper.signOut(KEY)).toEqual({ kind: 'nothing' });
  });

  it('deletes where the provider has no revocation, refuses it, or is gone', async () => {
    const { revocationEndpoint: _none, ...bare } = credential();
    await keeper.keep(KEY, bare);
    expect(await keeper.signOut(KEY)).toEqual({ kind: 'deleted-only', why: 'unsupported' });
    await keeper.keep(KEY, credential());
    endpoint.next((response) => json(response, 503, {}));
    expect(await keeper.signOut(KEY)).toEqual({ kind: 'deleted-only', why: 'failed' });
    const removed = { ...KEY, server: 'no longer configured' };
    await keeper.keep(removed, credential());
    expect(await keeper.signOut(removed)).toEqual({ kind: 'deleted-only', why: 'failed' });
    expect(await credentials.list()).toEqual([]);
  });

  it('is not undone by a refresh that is under way', async () => {
    endpoint.delayMs = 30;
    await keeper.keep(KEY, credential());
    const arrived = endpoint.arrival();
    const refreshing = keeper.accessToken(KEY);
    await arrived;
    expect(await keeper.signOut(KEY)).toEqual({ kind: 'revoked' });
    await refreshing;
    expect(await credentials.get(KEY)).toBeUndefined();
    expect(endpoint.revocations[0]?.get('token')).toBe('r2');
  });
});
