import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importCredential } from '../../src/auth/credentials/credential-import.js';
import { createCredentials } from '../../src/auth/credentials/credentials.js';
import { createTokenKeeper } from '../../src/auth/keeper/token-keeper.js';
import { createGuardedFetch, type GuardedFetch } from '../../src/auth/requests/guarded-fetch.js';
import type { OAuthCredential, Server } from '../../src/auth/types.js';
import { silentLog } from '../../src/observability/log.js';
import { openStore } from '../../src/storage/open.js';
import type { Store } from '../../src/storage/types.js';
import { httpServer, stdioServer } from '../helpers/configured-server.js';
import { type HttpPeer, json, startHttpPeer } from '../helpers/http-peer.js';
import { openFileStore, openMemoryStore } from './kept-store.js';
import { startTokenEndpoint } from './token-endpoint.js';

const KEY = { subject: 'telegram:1', server: 'linear' };
const NOW = Date.parse('2026-11-27T10:00:00Z');
let guard: GuardedFetch;
let store: Store;
let peer: HttpPeer;
/** What the peer knows of itself, as server and as authorization server. */
let metadata: object | undefined;
/** Where it knows nothing: it is not ill, nothing is there. */
let nowhere: boolean;
let server: Server;

const held: OAuthCredential = {
  kind: 'oauth',
  accessToken: 'a0',
  refreshToken: 'r0',
  scope: 'read',
  issuedAtMs: NOW - 50_000,
  grantedAtMs: NOW - 90_000,
  client: { kind: 'dynamic', clientId: 'c0', clientSecret: 's0' },
  issuer: 'https://idp.example',
  tokenEndpoint: 'https://idp.example/token',
  revocationEndpoint: 'https://idp.example/revoke',
  authMethodsSupported: ['client_secret_post'],
  refused: { sinceMs: NOW - 1000, code: 'invalid_grant' },
};

const holding = (): OAuthCredential => ({ ...held, resource: server.kind === 'http' ? server.url : '' });

beforeEach(async () => {
  guard = createGuardedFetch({ allowPrivateHosts: [] });
  store = await openMemoryStore();
  nowhere = false;
  peer = await startHttpPeer((request, response) => {
    if (metadata === undefined) return json(response, nowhere ? 404 : 503, {});
    if (request.path.startsWith('/.well-known/oauth-protected-resource'))
      return json(response, 200, { resource: `${peer.origin}/mcp`, authorization_servers: [peer.origin] });
    if (request.path.startsWith('/.well-known/')) return json(response, 200, metadata);
    response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
  });
  metadata = {
    issuer: peer.origin,
    authorization_endpoint: `${peer.origin}/authorize`,
    token_endpoint: `${peer.origin}/token`,
    revocation_endpoint: `${peer.origin}/revoke`,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none'],
  };
  server = httpServer(`${peer.origin}/mcp`);
});

afterEach(async () => {
  await peer.close();
  await guard.close();
  await store.close();
});

function keeperOf(at: Store, now: () => number) {
  return createTokenKeeper({
    store: at,
    credentials: createCredentials(at),
    fetchFor: () => guard.forServer(httpServer('http://127.0.0.1:1/mcp')),
    log: silentLog,
    now,
  });
}

const put = (fields: object, to: Server = server) =>
  importCredential(JSON.stringify(fields), KEY, to, {
    store,
    credentials: createCredentials(store),
    keeper: keeperOf(store, () => NOW),
    fetchFor: (one) => guard.forServer(one),
    now: () => NOW,
  });
const stored = () => createCredentials(store).get(KEY);

describe('what is missing is completed', () => {
  it('from the server’s own metadata, with the form’s client', async () => {
    const outcome = await put({ access_token: 'a1', refresh_token: 'r1', expires_in: 60, client_id: 'c1' });
    expect(outcome).toEqual({ kind: 'imported', refreshable: true, renewsFirst: true });
    expect(await stored()).toEqual({
      kind: 'oauth',
      accessToken: 'a1',
      refreshToken: 'r1',
      issuedAtMs: NOW,
      grantedAtMs: NOW,
      expiresAtMs: NOW,
      client: { kind: 'pre-registered', clientId: 'c1' },
      issuer: peer.origin,
      tokenEndpoint: `${peer.origin}/token`,
      revocationEndpoint: `${peer.origin}/revoke`,
      authMethodsSupported: ['none'],
      resource: `${peer.origin}/mcp`,
    });
  });

  it('from the config’s client, secret and all', async () => {
    const oauth = { clientId: 'ours', clientSecret: 'hush', authorizeParameters: {} };
    await put({ access_token: 'a1' }, httpServer(`${peer.origin}/mcp`, { oauth }));
    expect(await stored()).toMatchObject({
      client: { kind: 'pre-registered', clientId: 'ours', clientSecret: 'hush' },
    });
  });

  it('from what is held, without asking anybody; what its provider ended works again', async () => {
    await createCredentials(store).set(KEY, holding());
    await put({ access_token: 'a1', refresh_token: 'r1', expires_at: NOW / 1000 + 3600 });
    const { refused: _over, ...alive } = holding();
    expect(await stored()).toEqual({
      ...alive,
      accessToken: 'a1',
      refreshToken: 'r1',
      issuedAtMs: NOW,
      expiresAtMs: NOW + 3_600_000,
    });
    expect(peer.seen).toEqual([]);
  });

  it('a refresh token that is held is not taken over: it was spent by whoever got the new one', async () => {
    await createCredentials(store).set(KEY, holding());
    expect(await put({ access_token: 'a1', expires_in: 60 })).toMatchObject({
      refreshable: false,
      renewsFirst: false,
    });
    const now = await stored();
    expect(now).not.toHaveProperty('refreshToken');
    expect(now).not.toHaveProperty('expiresAtMs');
  });

  it('other scopes are another consent', async () => {
    await createCredentials(store).set(KEY, holding());
    await put({ access_token: 'a1', scope: 'read write' });
    expect(await stored()).toMatchObject({ scope: 'read write', grantedAtMs: NOW });
  });

  it('nothing of another issuer’s client goes along', async () => {
    await createCredentials(store).set(KEY, holding());
    const outcome = await put({ access_token: 'a1', issuer: peer.origin });
    expect(outcome).toEqual({ kind: 'incomplete', field: 'client_id' });
    expect(await stored()).toEqual(holding());
  });

  it('also where the server cannot be asked, if the form says it all', async () => {
    metadata = undefined;
    const places = { issuer: 'https://idp.example', token_endpoint: 'https://idp.example/token' };
    expect(await put({ access_token: 'a1', client_id: 'c1', ...places })).toMatchObject({ kind: 'imported' });
  });
});

it('from the metadata of a server that has moved, whose tokens were for its former address', async () => {
  await createCredentials(store).set(KEY, {
    ...held,
    issuer: peer.origin,
    resource: 'https://former.example/mcp',
  });
  await put({ access_token: 'a1', client_id: 'c1' });
  expect(await stored()).toMatchObject({ accessToken: 'a1', resource: `${peer.origin}/mcp` });
});

describe('nothing is changed', () => {
  it('where the tokens are another server’s: nothing would ever be shown them', async () => {
    const fields = { access_token: 'a1', client_id: 'c1', resource: 'https://former.example/mcp' };
    expect(await put(fields)).toMatchObject({ kind: 'malformed', field: 'resource' });
    expect(await stored()).toBeUndefined();
  });

  it.each([
    ['the issuer', { access_token: 'a1', client_id: 'c1' }, 'issuer'],
    [
      'the token endpoint',
      { access_token: 'a1', client_id: 'c1', issuer: 'https://idp.example' },
      'token_endpoint',
    ],
  ])('where nobody says %s', async (_what, fields, field) => {
    metadata = undefined;
    expect(await put(fields)).toMatchObject({
      kind: 'incomplete',
      field,
      failure: { detail: expect.any(String) },
    });
    expect(await stored()).toBeUndefined();
  });

  it('where nobody says the client', async () => {
    expect(await put({ access_token: 'a1' })).toEqual({ kind: 'incomplete', field: 'client_id' });
    expect(await stored()).toBeUndefined();
  });

  it('where the configured client is another issuer’s', async () => {
    const oauth = { clientId: 'ours', clientSecret: 'hush', authorizeParameters: {} };
    const configured = httpServer(`${peer.origin}/mcp`, { oauth });
    await put({ access_token: 'a1' }, configured);
    const places = { issuer: 'https://evil.example', token_endpoint: 'https://evil.example/token' };
    expect(await put({ access_token: 'a2', ...places }, configured)).toMatchObject({
      kind: 'incomplete',
      failure: { code: 'issuer-mismatch' },
    });
    expect(await stored()).toMatchObject({ accessToken: 'a1' });
  });

  it('where nothing says whose the configured client is', async () => {
    const oauth = { clientId: 'ours', clientSecret: 'hush', authorizeParameters: {} };
    const configured = httpServer(`${peer.origin}/mcp`, { oauth });
    metadata = undefined;
    nowhere = true;
    expect(await put({ access_token: 'a1' }, configured)).toMatchObject({
      kind: 'incomplete',
      field: 'issuer',
      failure: { code: 'bad-metadata' },
    });
    expect(await stored()).toBeUndefined();
    expect(await put({ access_token: 'a1', client_id: 'theirs' }, configured)).toMatchObject({
      kind: 'imported',
    });
    expect(await put({ access_token: 'a2', issuer: peer.origin }, configured)).toMatchObject({
      kind: 'imported',
    });
  });

  it('where nobody signs in', async () => {
    const keyed = httpServer('https://mcp.example/mcp', { keys: [{ name: 'KEY' }] });
    const service = httpServer('https://mcp.example/mcp', { auth: 'client_credentials' });
    const why = async (to: Server) => await put({ access_token: 'a1', client_id: 'c' }, to);
    expect(await why(stdioServer('node', []))).toEqual({ kind: 'no-sign-in', why: 'stdio' });
    expect(await why(keyed)).toEqual({ kind: 'no-sign-in', why: 'keys' });
    expect(await why(service)).toEqual({ kind: 'no-sign-in', why: 'service-account' });
    expect(await stored()).toBeUndefined();
  });
});

it('while calls run, another process renews and imports: every call answers, and nobody else renews', async () => {
  const kept = await openFileStore();
  const endpoint = await startTokenEndpoint();
  const outside = (await openStore({ kind: 'file', folder: kept.folder })).store;
  const places = { issuer: endpoint.origin, token_endpoint: `${endpoint.origin}/token`, client_id: 'c' };
  const linear = httpServer(`${endpoint.origin}/mcp`);
  /** Cron: renews at the provider and imports what it got. */
  const rotate = async (refreshToken: string) => {
    const response = await fetch(`${endpoint.origin}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
        client_id: 'c',
        resource: 'https://mcp.example/mcp',
      }),
    });
    const tokens = (await response.json()) as { refresh_token: string; access_token: string };
    const form = { ...tokens, obtained_at: Date.now() / 1000, ...places };
    const imported = await importCredential(JSON.stringify(form), KEY, linear, {
      store: outside,
      credentials: createCredentials(outside),
      keeper: keeperOf(outside, Date.now),
      fetchFor: (one) => guard.forServer(one),
      now: Date.now,
    });
    expect(imported).toMatchObject({ kind: 'imported' });
    return tokens;
  };
  try {
    let tokens = await rotate('r1');
    const keeper = keeperOf(kept.store, Date.now);
    let rotating = true;
    const outcomes: string[] = [];
    const calls = Array.from({ length: 5 }, async () => {
      while (rotating) {
        outcomes.push((await keeper.accessToken(KEY)).kind);
        // A keeper that answers from memory gives the loop no turn by itself.
        await nextTurn();
      }
    });
    for (let round = 0; round < 5; round += 1) {
      tokens = await rotate(tokens.refresh_token);
      // The very next call has it, without a restart and without asking the provider.
      expect(await keeper.accessToken(KEY)).toMatchObject({
        kind: 'token',
        accessToken: tokens.access_token,
      });
    }
    rotating = false;
    await Promise.all(calls);
    expect(outcomes.length).toBeGreaterThan(5);
    expect(new Set(outcomes)).toEqual(new Set(['token']));
    expect(endpoint.refreshes).toHaveLength(6);
  } finally {
    await outside.close();
    await kept.remove();
    await endpoint.close();
  }
});
