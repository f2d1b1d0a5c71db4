import { afterEach, beforeEach, expect, it } from 'vitest';
import { revoke } from '../../src/auth/credentials/revocation.js';
import { createGuardedFetch, type GuardedFetch } from '../../src/auth/requests/guarded-fetch.js';
import type { OAuthCredential } from '../../src/auth/types.js';
import { httpServer } from '../helpers/configured-server.js';
import { json } from '../helpers/http-peer.js';
import { startTokenEndpoint, type TokenEndpoint } from './token-endpoint.js';

let endpoint: TokenEndpoint;
let guard: GuardedFetch;

beforeEach(async () => {
  endpoint = await startTokenEndpoint();
  guard = createGuardedFetch({ allowPrivateHosts: [], totalTimeoutMs: 20_000 });
});

afterEach(async () => {
  await guard.close();
  await endpoint.close();
});

const credential = (rest: Partial<OAuthCredential> = {}): OAuthCredential => ({
  kind: 'oauth',
  accessToken: 'a1',
  refreshToken: 'r1',
  issuedAtMs: 0,
  client: { clientId: 'c', kind: 'dynamic' },
  issuer: endpoint.origin,
  tokenEndpoint: `${endpoint.origin}/token`,
  revocationEndpoint: `${endpoint.origin}/revoke`,
  ...rest,
});

const revoked = (tokens: OAuthCredential) =>
  revoke(tokens, { fetch: guard.forServer(httpServer(`${endpoint.origin}/mcp`)) });

it('the refresh token goes first, as the same client', async () => {
  expect(await revoked(credential())).toEqual({ kind: 'revoked' });
  expect(endpoint.revocations.map((form) => Object.fromEntries(form))).toEqual([
    { token: 'r1', token_type_hint: 'refresh_token', client_id: 'c' },
    { token: 'a1', token_type_hint: 'access_token', client_id: 'c' },
  ]);
});

it('an access token alone is revoked as such', async () => {
  const { refreshToken: _none, ...bare } = credential();
  expect(await revoked(bare)).toEqual({ kind: 'revoked' });
  expect(endpoint.revocations.map((form) => form.get('token'))).toEqual(['a1']);
});

it('a provider that revokes no access tokens (RFC 7009 §2.2.1) has still ended the grant', async () => {
  endpoint.next((response) => response.writeHead(200).end());
  endpoint.next((response) => json(response, 400, { error: 'unsupported_token_type' }));
  expect(await revoked(credential())).toEqual({ kind: 'revoked' });
});

it('a provider that revokes no refresh tokens (RFC 7009 §2.2.1) has ended the access in use, and not the grant', async () => {
  endpoint.next((response) => json(response, 400, { error: 'unsupported_token_type' }));
  const failure = {
    error: 'unsupported_token_type',
    rfc: 'RFC 7009 §2.2.1',
    host: new URL(endpoint.origin).host,
  };
  expect(await revoked(credential())).toMatchObject({ kind: 'partly', failure });
  expect(endpoint.revocations.map((form) => form.get('token'))).toEqual(['r1', 'a1']);
});

it('a provider that revokes neither cannot', async () => {
  endpoint.next((response) => json(response, 400, { error: 'unsupported_token_type' }));
  endpoint.next((response) => json(response, 400, { error: 'unsupported_token_type' }));
  const failure = { error: 'unsupported_token_type', rfc: 'RFC 7009 §2.2.1' };
  expect(await revoked(credential())).toMatchObject({ kind: 'unsupported', failure });
  const { refreshToken: _none, ...bare } = credential();
  endpoint.next((response) => json(response, 400, { error: 'unsupported_token_type' }));
  expect(await revoked(bare)).toMatchObject({ kind: 'unsupported', failure });
});

it.each([
  [undefined, `Basic ${Buffer.from('c:s').toString('base64')}`, null],
  ['client_secret_post', undefined, 's'],
])('a client with a secret authenticates as it registered (%s)', async (method, header, inBody) => {
  const client = { clientId: 'c', clientSecret: 's', kind: 'dynamic' } as const;
  const registered = method === undefined ? client : { ...client, tokenEndpointAuthMethod: method };
  expect(await revoked(credential({ client: registered }))).toEqual({ kind: 'revoked' });
  expect(endpoint.peer.seen.map(({ headers }) => headers.authorization)).toEqual([header, header]);
  expect(endpoint.revocations.map((form) => form.get('client_secret'))).toEqual([inBody, inBody]);
});

it('without an endpoint nothing is sent', async () => {
  const { revocationEndpoint: _none, ...bare } = credential();
  expect(await revoked(bare)).toEqual({ kind: 'unsupported' });
  expect(endpoint.peer.seen).toEqual([]);
});

it.each([
  ['503', 'http-error', (origin: TokenEndpoint) => origin.next((response) => json(response, 503, {}))],
  [
    'an OAuth error',
    'provider-refused',
    (origin: TokenEndpoint) => origin.next((response) => json(response, 400, { error: 'invalid_client' })),
  ],
  [
    'a dropped connection',
    'unreachable',
    (origin: TokenEndpoint) => origin.next((response) => void response.destroy()),
  ],
])('%s is a failure with its reason', async (_what, code, prepare) => {
  prepare(endpoint);
  expect(await revoked(credential())).toMatchObject({ kind: 'failed', failure: { code } });
});

it('is never sent over plain http beyond loopback', async () => {
  const elsewhere = credential({ revocationEndpoint: 'http://auth.example/revoke' });
  expect(await revoked(elsewhere)).toMatchObject({ kind: 'failed', failure: { code: 'insecure-endpoint' } });
});

it('a provider that is silent does not hold the sign-out up for ever', async () => {
  const hasty = createGuardedFetch({ allowPrivateHosts: [], totalTimeoutMs: 100 });
  endpoint.next(() => {});
  const outcome = await revoke(credential(), {
    fetch: hasty.forServer(httpServer(`${endpoint.origin}/mcp`)),
  });
  expect(outcome).toMatchObject({ kind: 'failed', failure: { code: 'timeout' } });
  await hasty.close();
});
