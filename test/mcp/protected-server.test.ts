import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createChallenges } from '../../src/auth/challenges.js';
import { type CredentialRecords, createCredentials } from '../../src/auth/credentials/credentials.js';
import { createTokenKeeper } from '../../src/auth/keeper/token-keeper.js';
import { createGuardedFetch, type GuardedFetch } from '../../src/auth/requests/guarded-fetch.js';
import type { ApiKeys, OAuthCredential, TokenKeeper } from '../../src/auth/types.js';
import { createMcpConnections } from '../../src/mcp/connections.js';
import type { McpConnections } from '../../src/mcp/types.js';
import { silentLog } from '../../src/observability/log.js';
import type { Store } from '../../src/storage/types.js';
import { openMemoryStore } from '../auth/kept-store.js';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { httpServer } from '../helpers/configured-server.js';
import { consent } from '../helpers/consent.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';

const KEY = { subject: 'telegram:1', server: 'linear' };
const CALLBACK = 'http://127.0.0.1:1/oauth/callback';
const unused = async () => ({ kind: 'nothing' }) as const;
const noKeys: ApiKeys = {
  values: async () => ({}),
  submit: async () => ({ kind: 'refused' }),
  signOut: unused,
  refused: async () => {},
};

let provider: AuthorizationServer;
let mcp: ProtectedServer;
let guard: GuardedFetch;
let store: Store;
let credentials: CredentialRecords;
let keeper: TokenKeeper;
/** Answers 401 to whoever comes. */
let refusesAll = false;
let tried = 0;
const told: string[] = [];
let connections: McpConnections;

/** Registers, goes through login and consent, redeems the code: what a sign-in gets, by hand. */
async function signIn(): Promise<OAuthCredential> {
  const post = async (path: string, body: URLSearchParams | string, type: string) => {
    const response = await fetch(`${provider.issuer}${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': type },
    });
    return (await response.json()) as Record<string, string>;
  };
  const registration = {
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
    application_type: 'native',
  };
  const { client_id: clientId = '' } = await post('/reg', JSON.stringify(registration), 'application/json');
  const verifier = randomBytes(32).toString('base64url');
  const asked = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: CALLBACK,
    scope: 'tools',
    state: 'x',
    resource: mcp.url,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const back = await consent(`${provider.issuer}/auth?${asked}`);
  const exchange = new URLSearchParams({
    grant_type: 'authorization_code',
    client_id: clientId,
    code: back.searchParams.get('code') ?? '',
    redirect_uri: CALLBACK,
    code_verifier: verifier,
    resource: mcp.url,
  });
  const tokens = await post('/token', exchange, 'application/x-www-form-urlencoded');
  return {
    kind: 'oauth',
    accessToken: tokens.access_token ?? '',
    refreshToken: tokens.refresh_token ?? '',
    issuedAtMs: Date.now(),
    expiresAtMs: Date.now() + 3_600_000,
    client: { clientId, kind: 'dynamic' },
    issuer: provider.issuer,
    tokenEndpoint: `${provider.issuer}/token`,
    revocationEndpoint: `${provider.issuer}/token/revocation`,
    resource: mcp.url,
  };
}

beforeAll(async () => {
  provider = await startAuthorizationServer();
  mcp = await startProtectedServer(provider, {
    before: (_request, response) => {
      if (refusesAll) response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
    },
  });
  guard = createGuardedFetch({ allowPrivateHosts: [] });
  store = await openMemoryStore();
  credentials = createCredentials(store);
  const server = httpServer(mcp.url);
  keeper = createTokenKeeper({
    store,
    credentials,
    fetchFor: () => guard.forServer(server),
    tryToken: async ({ subject }, accessToken) => {
      tried += 1;
      return await connections.verify(server, subject, { kind: 'token', accessToken });
    },
    pause: async () => {},
    onRefused: (_key, { code }) => void told.push(code),
    log: silentLog,
  });
  connections = createMcpConnections({
    keeper,
    apiKeys: noKeys,
    challenges: createChallenges({ store, credentials, now: Date.now }),
    fetchFor: (configured) => guard.transportFor(configured),
    log: silentLog,
    clientInfo: { name: 'mcp-chat-gateway', version: '0.0.0' },
  });
});

afterAll(async () => {
  await connections.close();
  await guard.close();
  await store.close();
  await mcp.close();
  await provider.close();
});

const look = async () => (await connections.probe(httpServer(mcp.url), KEY.subject)).result;

it('a real provider whose refresh tokens rotate, in front of a real server: from never signed in to signed out', async () => {
  expect(await look()).toEqual({ kind: 'needs-sign-in', reason: 'never' });
  const first = await signIn();
  await keeper.keep(KEY, first);
  expect(await look()).toMatchObject({ kind: 'ready', authenticated: true });

  // 200 callers meet an expired token: one refresh, or the provider would end the grant for reuse.
  provider.resetCounts();
  await credentials.set(KEY, { ...first, issuedAtMs: 0, expiresAtMs: 1 });
  const outcomes = await Promise.all(Array.from({ length: 200 }, () => keeper.accessToken(KEY)));
  expect(new Set(outcomes.map((outcome) => outcome.kind === 'token' && outcome.accessToken)).size).toBe(1);
  expect(provider.counts.token).toBe(1);
  expect(await look()).toMatchObject({ kind: 'ready' });

  // The server refuses a token that was good: one more refresh, and the look goes on.
  const current = await keeper.accessToken(KEY);
  if (current.kind === 'token') mcp.refusedTokens.add(current.accessToken);
  expect(await look()).toMatchObject({ kind: 'ready' });
  expect(provider.counts.token).toBe(2);

  const last = await credentials.get(KEY);
  expect(await keeper.signOut(KEY)).toEqual({ kind: 'revoked' });
  expect(await look()).toEqual({ kind: 'needs-sign-in', reason: 'never' });

  // What was revoked is over: the provider says so, and so does the next look.
  if (last?.kind === 'oauth') await credentials.set(KEY, { ...last, issuedAtMs: 0, expiresAtMs: 1 });
  expect(await look()).toMatchObject({ kind: 'needs-sign-in', reason: 'refused' });
  expect(await credentials.get(KEY)).toMatchObject({ refused: { code: 'invalid_grant' } });
});

it('a server that refuses every fresh token signs the person out: one refresh, one message, no loop', async () => {
  await keeper.keep(KEY, await signIn());
  expect(await look()).toMatchObject({ kind: 'ready' });
  provider.resetCounts();
  told.length = 0;
  refusesAll = true;
  const looks = await Promise.all([look(), look(), ...Array.from({ length: 3 }, look)]);
  expect(looks).toEqual(
    looks.map(() => expect.objectContaining({ kind: 'needs-sign-in', reason: 'refused' })),
  );
  expect(told).toEqual(['invalid_token']);
  expect(await look()).toMatchObject({ kind: 'needs-sign-in', reason: 'refused' });
  expect(provider.counts.token).toBe(1);
  expect(tried).toBe(2);
  expect(told).toEqual(['invalid_token']);
  expect(await credentials.get(KEY)).toMatchObject({ refused: { code: 'invalid_token' } });
});
