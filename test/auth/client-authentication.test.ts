import { generateKeyPairSync } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, exportJWK, generateKeyPair, importJWK, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { authMethodOf } from '../../src/auth/clients/client-auth.js';
import { createClientKeys } from '../../src/auth/clients/client-keys.js';
import type { ClientRegistration, HttpServer, OAuthSettings } from '../../src/auth/types.js';
import { openStore } from '../../src/storage/open.js';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { consent } from '../helpers/consent.js';
import { type EverythingServer, startEverythingServer } from '../helpers/everything-server.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { callbackOf, createRig, httpServer, linkOf, pressButton, type Rig } from '../helpers/sign-in-rig.js';

const REDIRECT = 'http://127.0.0.1:8787/oauth/callback';
/** All that RFC 6749 §2.3.1 is about. */
const HARD_SECRET = 'a:b+c d%2F/~=&?';
const HARD_ID = 'id with: +%';

let everything: EverythingServer;
let provider: AuthorizationServer;
let files: ProtectedServer;
let rig: Rig;

beforeAll(async () => {
  everything = await startEverythingServer();
});
afterAll(() => everything.close());
afterEach(async () => {
  await rig.close();
  await files.close();
  await provider.close();
});

/** oidc-provider, which knows this one client and no other way to prove it. */
async function known(
  client: Readonly<Record<string, unknown>>,
  oauth: Partial<OAuthSettings>,
): Promise<void> {
  const base = {
    redirect_uris: [REDIRECT],
    grant_types: ['authorization_code', 'refresh_token'],
    application_type: 'native' as const,
    id_token_signed_response_alg: 'ES256' as const,
  };
  provider = await startAuthorizationServer({
    registration: false,
    accessTokenTtlSeconds: 60,
    clients: [{ ...base, ...client, client_id: String(client.client_id) }],
  });
  files = await startProtectedServer(provider, { upstream: everything });
  const server = httpServer('files', files.url, { oauth: { authorizeParameters: {}, ...oauth } });
  rig = await createRig({ servers: [server] });
}

/** The whole life of a credential: each of its requests needs the proof. */
async function signInRefreshAndOut(): Promise<void> {
  const link = linkOf(await rig.signIns.begin(rig.request('files')));
  const { location, browser } = await pressButton(rig.signIns, link);
  const callback = callbackOf(await consent(location));
  expect(await rig.signIns.finish(callback, browser)).toMatchObject({
    state: { result: { kind: 'connected' } },
  });
  const key = { subject: 'terminal:ana', server: 'files' };
  const first = await rig.keeper.accessToken(key);
  const rejected = first.kind === 'token' ? first.accessToken : '';
  const second = await rig.keeper.accessToken(key, rejected);
  expect(second).toMatchObject({ kind: 'token' });
  expect(second).not.toEqual(first);
  expect(await rig.keeper.signOut(key)).toEqual({ kind: 'revoked' });
}

describe('a client proves itself on every request to a strict provider', () => {
  it('by Basic, form-encoded first (RFC 6749 §2.3.1)', async () => {
    await known(
      { client_id: HARD_ID, client_secret: HARD_SECRET, token_endpoint_auth_method: 'client_secret_basic' },
      { clientId: HARD_ID, clientSecret: HARD_SECRET, tokenEndpointAuthMethod: 'client_secret_basic' },
    );
    await signInRefreshAndOut();
  });

  it('in the body', async () => {
    await known(
      { client_id: 'c', client_secret: HARD_SECRET, token_endpoint_auth_method: 'client_secret_post' },
      { clientId: 'c', clientSecret: HARD_SECRET, tokenEndpointAuthMethod: 'client_secret_post' },
    );
    await signInRefreshAndOut();
  });

  it('not at all, where it is a public one', async () => {
    await known({ client_id: 'c', token_endpoint_auth_method: 'none' }, { clientId: 'c' });
    await signInRefreshAndOut();
  });

  it('by the key in the config, a JWK (RFC 7523)', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = { ...(await exportJWK(privateKey)), kid: 'k1' };
    await known(
      {
        client_id: 'c',
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1' }] },
      },
      { clientId: 'c', privateKey: JSON.stringify(jwk) },
    );
    await signInRefreshAndOut();
  });

  it('by the key in the config, PEM, with an algorithm that it does not say itself', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await known(
      {
        client_id: 'c',
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [publicKey.export({ format: 'jwk' })] },
      },
      {
        clientId: 'c',
        privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
        signingAlg: 'PS256',
      },
    );
    await signInRefreshAndOut();
  });
});

describe('the method for a client', () => {
  const known = { kind: 'dynamic', clientId: 'c' } as const;
  const secret = { ...known, clientSecret: 's' };
  const as = (client: ClientRegistration, tokenEndpointAuthMethod: string) => ({
    ...client,
    tokenEndpointAuthMethod,
  });
  const [none, basic, post, key] = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'];

  it.each<readonly [string, ClientRegistration, readonly string[] | undefined, string]>([
    ['is the registered one', as(secret, post), [basic, post], post],
    ['is the registered one, where the provider says nothing', as(secret, post), undefined, post],
    ['is none, where it was registered so, although it got a secret', as(secret, none), [none, basic], none],
    ['is another where the provider does not take the registered one', as(secret, basic), [post], post],
    ['without one is Basic (RFC 8414 §2: the default)', secret, undefined, basic],
    ['without one is Basic, if that is offered', secret, [post, basic], basic],
    ['without one is the body, if that alone is offered', secret, [post], post],
    ['without one is none, if that alone is offered', secret, [none], none],
    ['with a secret that nobody offers to take is the body', secret, ['tls_client_auth'], post],
    ['without a secret is none', known, [basic], none],
    ['that proves itself by a key is that, whatever is offered', as(known, key), [basic], key],
  ])('%s', (_what, client, offered, method) => {
    expect(authMethodOf(client, offered)).toBe(method);
  });
});

describe('the key set that the gateway publishes', () => {
  it('has each key of the config once, and of what was taken out or replaced none', async () => {
    const { store } = await openStore({ kind: 'memory' });
    const keys = createClientKeys(store, Date.now);
    const [first, second] = await Promise.all(
      ['k1', 'k2'].map(async (kid) => {
        const { privateKey } = await generateKeyPair('ES256', { extractable: true });
        return JSON.stringify({ ...(await exportJWK(privateKey)), kid });
      }),
    );
    const using = (name: string, privateKey = '') =>
      httpServer(name, 'https://files.example/mcp', { oauth: { authorizeParameters: {}, privateKey } });
    const published = async (...servers: readonly HttpServer[]) => {
      const set = await keys.published(servers);
      expect(JSON.stringify(set)).not.toMatch(/"d"/);
      return set.keys.map(({ kid }) => kid).slice(1);
    };
    expect(await published(using('one', first), using('two', first))).toEqual(['k1']);
    expect(await published(using('one', second), using('two', first))).toEqual(['k2', 'k1']);
    expect(await published(using('one', second))).toEqual(['k2']);
    await store.close();
  });

  it('is one that strict libraries take, whatever made the keys', async () => {
    const { store } = await openStore({ kind: 'memory' });
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
    const made = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    // As WebCrypto writes it: with `ext`, and with `key_ops` that are the private half's alone.
    const jwk = JSON.stringify({ ...(await crypto.subtle.exportKey('jwk', made.privateKey)), kid: 'k1' });
    const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const using = (privateKey: string) =>
      httpServer('files', 'https://files.example/mcp', { oauth: { authorizeParameters: {}, privateKey } });
    const clientKeys = createClientKeys(store, Date.now);
    const { keys } = await clientKeys.published([using(jwk), using(pem)]);
    expect(keys).toHaveLength(3);
    for (const key of keys)
      expect(await importJWK(key, key.kty === 'OKP' ? 'EdDSA' : 'ES256')).toMatchObject({ type: 'public' });
    const assertion = await clientKeys.signFor(using(jwk))('c', 'https://auth.example');
    const { payload } = await jwtVerify(assertion, createLocalJWKSet({ keys: [...keys] }));
    expect(payload).toMatchObject({ iss: 'c' });
    await store.close();
  });
});

describe('the gateway’s own key', () => {
  it('proves a client that registered with it at a provider which takes nothing else', async () => {
    provider = await startAuthorizationServer({ clientAuthMethods: ['private_key_jwt'] });
    files = await startProtectedServer(provider, { upstream: everything });
    rig = await createRig({ servers: [httpServer('files', files.url)] });
    await signInRefreshAndOut();
    expect(provider.counts.registration).toBe(1);
  });

  it('makes assertions for one audience, each but once, from a little before now: clocks differ (RFC 7523 §3)', async () => {
    const { store } = await openStore({ kind: 'memory' });
    const nowMs = 1_800_000_000_000;
    const sign = createClientKeys(store, () => nowMs).signFor(
      httpServer('files', 'https://files.example/mcp'),
    );
    const made = await Promise.all([1, 2].map(() => sign('c', 'https://auth.example')));
    const [first, second] = made.map((assertion) => decodeJwt(assertion));
    const now = nowMs / 1000;
    const claims = { iss: 'c', sub: 'c', aud: 'https://auth.example', iat: now - 30, exp: now + 120 };
    expect(first).toMatchObject(claims);
    expect(second).toMatchObject(claims);
    expect(first?.jti).not.toBe(second?.jti);
    await store.close();
  });

  it('is made once, however many processes need it, and published without its private half', async () => {
    const { store } = await openStore({ kind: 'memory' });
    const all = await Promise.all(
      Array.from({ length: 8 }, () => createClientKeys(store, Date.now).published([])),
    );
    expect(new Set(all.map((set) => JSON.stringify(set))).size).toBe(1);
    expect(all[0]?.keys).toMatchObject([{ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' }]);
    expect(Object.keys(all[0]?.keys[0] ?? {})).not.toContain('d');
    await store.close();
  });
});
