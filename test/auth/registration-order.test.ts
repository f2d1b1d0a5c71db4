import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClientKeys } from '../../src/auth/clients/client-keys.js';
import { createRegistrations, type RegistrationRequest } from '../../src/auth/clients/registrations.js';
import type { Discovery } from '../../src/auth/discovery/discovery.js';
import { createGuardedFetch, type GuardedFetch } from '../../src/auth/requests/guarded-fetch.js';
import type { OAuthSettings } from '../../src/auth/types.js';
import { openStore } from '../../src/storage/open.js';
import type { Store } from '../../src/storage/types.js';
import { type HttpPeer, json, startHttpPeer } from '../helpers/http-peer.js';
import { httpServer } from '../helpers/sign-in-rig.js';

const PUBLIC = 'https://gateway.example';
const OWN_DOCUMENT = `${PUBLIC}/oauth/client-metadata.json`;
const MINUTE_MS = 60_000;

let peer: HttpPeer;
let guarded: GuardedFetch;
let store: Store;
let nowMs: number;
/** What the registration endpoint answers, if not a client. */
let refusal: { readonly status: number; readonly body: unknown } | undefined;

const asked = (): readonly Record<string, unknown>[] =>
  peer.seen.map(({ body }) => JSON.parse(body) as Record<string, unknown>);

beforeEach(async () => {
  refusal = undefined;
  peer = await startHttpPeer((_request, response) => {
    if (refusal === undefined) json(response, 201, { client_id: `c${peer.seen.length}`, redirect_uris: [] });
    else json(response, refusal.status, refusal.body);
  });
  guarded = createGuardedFetch({ allowPrivateHosts: [] });
  nowMs = Date.now();
  ({ store } = await openStore({ kind: 'memory' }, { now: () => nowMs }));
});
afterEach(async () => {
  await guarded.close();
  await store.close();
  await peer.close();
});

const registrations = (publicUrl = PUBLIC) =>
  createRegistrations({
    store,
    fetchFor: (server) => guarded.forServer(server),
    now: () => nowMs,
    publicUrl,
    clientKeys: createClientKeys(store, () => nowMs),
  });

function request(
  metadata: object = {},
  oauth: Partial<OAuthSettings> = {},
  more: Partial<RegistrationRequest> = {},
): RegistrationRequest {
  const discovery: Discovery = {
    serverUrl: `${peer.origin}/mcp`,
    authorizationServerUrl: peer.origin,
    atMs: nowMs,
    metadata: {
      issuer: peer.origin,
      authorization_endpoint: `${peer.origin}/authorize`,
      token_endpoint: `${peer.origin}/token`,
      registration_endpoint: `${peer.origin}/register`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      ...metadata,
    },
  };
  const server = httpServer('files', `${peer.origin}/mcp`, { oauth: { authorizeParameters: {}, ...oauth } });
  return { server, discovery, redirectUri: `${PUBLIC}/oauth/callback`, ...more };
}

const TAKES_DOCUMENTS = { client_id_metadata_document_supported: true };

describe('which client a sign-in uses (MCP, "Client Registration Approaches")', () => {
  it('first the configured one', async () => {
    const client = await registrations().get(request(TAKES_DOCUMENTS, { clientId: 'ours' }));
    expect(client).toEqual({ kind: 'pre-registered', clientId: 'ours' });
    expect(peer.seen).toEqual([]);
  });

  it('then our metadata document, where the provider takes one', async () => {
    expect(await registrations().get(request(TAKES_DOCUMENTS))).toMatchObject({
      kind: 'metadata-document',
      clientId: OWN_DOCUMENT,
      tokenEndpointAuthMethod: 'none',
    });
    const elsewhere = { clientMetadataUrl: 'https://us.example/client.json' };
    expect(await registrations().get(request(TAKES_DOCUMENTS, elsewhere))).toMatchObject({
      clientId: 'https://us.example/client.json',
    });
    expect(peer.seen).toEqual([]);
  });

  it.each([
    ['the provider takes none', (request_) => request_({})],
    ['the config says no', (request_) => request_(TAKES_DOCUMENTS, { metadataDocument: false })],
    [
      'the consent page is to show a name of its own',
      (request_) => request_(TAKES_DOCUMENTS, { clientName: 'Ours' }),
    ],
    [
      'the provider wants all its clients to prove themselves',
      (request_) =>
        request_({ ...TAKES_DOCUMENTS, token_endpoint_auth_methods_supported: ['client_secret_basic'] }),
    ],
  ] satisfies readonly (readonly [string, (make: typeof request) => RegistrationRequest])[])(
    'then a registration: %s',
    async (_why, make) => {
      expect(await registrations().get(make(request))).toMatchObject({ kind: 'dynamic', clientId: 'c1' });
    },
  );

  it('and a registration where the browser is sent to an address that our document does not have', async () => {
    const pasted = { redirectUri: 'http://127.0.0.1:8765/callback' };
    expect(await registrations().get(request(TAKES_DOCUMENTS, {}, pasted))).toMatchObject({
      kind: 'dynamic',
    });
    const listed = { redirectUri: 'https://us.example/back' };
    const configured = request(TAKES_DOCUMENTS, listed, listed);
    expect(await registrations().get(configured)).toMatchObject({ kind: 'metadata-document' });
  });

  it('and a registration where the gateway has no address that a provider could fetch from', async () => {
    const local = registrations('http://127.0.0.1:8787');
    expect(await local.get(request(TAKES_DOCUMENTS))).toMatchObject({ kind: 'dynamic' });
  });
});

describe('a metadata document that the provider refuses', () => {
  it('is not tried again for a day, where there is another way', async () => {
    const where = request(TAKES_DOCUMENTS);
    const client = await registrations().get(where);
    await registrations().refused(where, client);
    expect(await registrations().get(where)).toMatchObject({ kind: 'dynamic' });
    nowMs += 23 * 60 * MINUTE_MS;
    expect(await registrations().get(where)).toMatchObject({ kind: 'dynamic' });
    nowMs += 61 * MINUTE_MS;
    expect(await registrations().get(where)).toEqual(client);
  });

  it('is tried again where it is the only way', async () => {
    const where = request({ ...TAKES_DOCUMENTS, registration_endpoint: undefined });
    const client = await registrations().get(where);
    await registrations().refused(where, client);
    expect(await registrations().get(where)).toEqual(client);
  });

  it('is used all the same where the provider registers nobody: a browser’s word must not shut everybody out', async () => {
    const where = request(TAKES_DOCUMENTS);
    const client = await registrations().get(where);
    refusal = { status: 403, body: { error: 'access_denied' } };
    await registrations().refused(where, client);
    for (const _ of ['refused', 'and remembered']) expect(await registrations().get(where)).toEqual(client);
    expect(peer.seen).toHaveLength(1);
  });

  it('by a page that sends no browser back counts too, unless a code was once redeemed with it', async () => {
    const where = request(TAKES_DOCUMENTS);
    const client = await registrations().get(where);
    await registrations().doubt(where, client);
    expect(await registrations().get(where)).toMatchObject({ kind: 'dynamic' });
    nowMs += 25 * 60 * MINUTE_MS;
    await registrations().accepted(where, client);
    await registrations().doubt(where, client);
    expect(await registrations().get(where)).toEqual(client);
  });
});

describe('a registered client', () => {
  it('that its provider no longer knows is replaced; one that was made a moment ago is not doubted', async () => {
    const where = request();
    const client = await registrations().get(where);
    await registrations().doubt(where, client);
    expect(await registrations().get(where)).toEqual(client);
    nowMs += 11 * MINUTE_MS;
    await registrations().doubt(where, client);
    expect(await registrations().get(where)).toMatchObject({ clientId: 'c2' });
  });

  it.each([403, 429])('that is refused stays in use where no other is to be had (%i)', async (status) => {
    const where = request();
    const client = await registrations().get(where);
    refusal = { status, body: { error: 'access_denied' } };
    await registrations().refused(where, client);
    expect(await registrations().get(where)).toEqual(client);
    nowMs += 23 * 60 * MINUTE_MS;
    expect(await registrations().get(where)).toEqual(client);
    // It works: it was only a browser that said it does not.
    await registrations().accepted(where, client);
    nowMs += 30 * 24 * 60 * MINUTE_MS;
    expect(await registrations().get(where)).toEqual(client);
  });

  it('that nobody knows any more is not offered for ever where no other is to be had', async () => {
    const where = request();
    await registrations().refused(where, await registrations().get(where));
    refusal = { status: 403, body: { error: 'access_denied' } };
    nowMs += 25 * 60 * MINUTE_MS;
    await expect(registrations().get(where)).rejects.toMatchObject({ error: 'access_denied' });
  });

  it('that is too small is made anew with all that was ever asked for, so that nobody outdoes the others', async () => {
    await registrations().get(request({}, {}, { scope: 'read' }));
    await registrations().get(request({}, {}, { scope: 'write' }));
    await registrations().get(request({}, {}, { scope: 'read' }));
    expect(asked().map(({ scope }) => scope)).toEqual(['read', 'read write']);
  });

  it.each([
    ['https://gateway.example/oauth/callback', 'web'],
    ['http://127.0.0.1:8787/oauth/callback', 'native'],
    ['http://localhost:8787/oauth/callback', 'native'],
    ['http://[::1]:8787/oauth/callback', 'native'],
    ['com.example.gateway:/oauth/callback', 'native'],
  ])('with the redirect URI %s is a %s application', async (redirectUri, type) => {
    await registrations().get(request({}, {}, { redirectUri }));
    expect(asked()[0]).toMatchObject({ application_type: type, redirect_uris: [redirectUri] });
  });

  it('proves itself by a key where that is the only way: by its place, or the key itself where nobody can fetch it', async () => {
    const byKey = { token_endpoint_auth_methods_supported: ['private_key_jwt'] };
    await registrations().get(request(byKey));
    await registrations('http://127.0.0.1:8787').get(
      request(byKey, {}, { redirectUri: 'http://127.0.0.1:8787/x' }),
    );
    expect(asked()[0]).toMatchObject({
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: `${PUBLIC}/oauth/jwks.json`,
    });
    expect(asked()[1]).toMatchObject({ jwks: { keys: [{ kty: 'EC', crv: 'P-256' }] } });
    expect(JSON.stringify(asked()[1])).not.toContain('"d":');
  });

  it('is tried without its scope where the provider refuses what it cannot place', async () => {
    refusal = { status: 400, body: { error: 'invalid_client_metadata' } };
    const failing = registrations().get(request({}, {}, { scope: 'read' }));
    await expect(failing).rejects.toMatchObject({ error: 'invalid_client_metadata' });
    expect(asked().map(({ scope }) => scope)).toEqual(['read', undefined]);
  });
});

describe('a refused registration', () => {
  it('is remembered for ten minutes, in the provider’s own words', async () => {
    refusal = { status: 403, body: { error: 'access_denied' } };
    const { host } = new URL(peer.origin);
    const refused = { code: 'registration-refused', error: 'access_denied', rfc: 'RFC 7591 §3.2.2', host };
    await expect(registrations().get(request())).rejects.toMatchObject(refused);
    await expect(registrations().get(request())).rejects.toMatchObject(refused);
    expect(peer.seen).toHaveLength(1);
    nowMs += 10 * MINUTE_MS;
    refusal = undefined;
    expect(await registrations().get(request())).toMatchObject({ clientId: 'c2' });
  });

  it('where the provider offered none is not remembered: it may offer one now', async () => {
    const closed = request({ registration_endpoint: undefined });
    await expect(registrations().get(closed)).rejects.toMatchObject({ code: 'registration-refused' });
    expect(await registrations().get(request())).toMatchObject({ clientId: 'c1' });
  });

  it.each([307, 408, 425, 429, 500, 503])(
    'is not one where the provider is busy, ill or elsewhere (%i)',
    async (status) => {
      refusal = { status, body: {} };
      const { host } = new URL(peer.origin);
      await expect(registrations().get(request())).rejects.toMatchObject({ code: 'http-error', host });
      refusal = undefined;
      expect(await registrations().get(request())).toMatchObject({ clientId: 'c2' });
    },
  );

  it.each([
    ['without a client', { redirect_uris: [] }],
    ['with an empty name', { client_id: '', redirect_uris: [] }],
    ['with a name that nothing could carry', { client_id: 'c\u0000é', redirect_uris: [] }],
    ['that is null', null],
    ['that is no JSON', undefined],
  ])('is not one where the answer is one %s (RFC 7591 §3.2.1)', async (_what, body) => {
    refusal = { status: 201, body };
    const unreadable = { code: 'http-error', rfc: 'RFC 7591 §3.2.1', host: new URL(peer.origin).host };
    await expect(registrations().get(request())).rejects.toMatchObject(unreadable);
    refusal = undefined;
    expect(await registrations().get(request())).toMatchObject({ clientId: 'c2' });
  });

  it('is taken where its answer has more nulls than members, or repeats nothing of what was asked', async () => {
    const nothing = { client_secret: null, client_secret_expires_at: null, token_endpoint_auth_method: null };
    const odd = { redirect_uris: null, client_uri: null, contacts: 'nobody', scope: ['a'] };
    refusal = { status: 201, body: { client_id: 'c9', ...nothing, ...odd } };
    const client = { kind: 'dynamic', clientId: 'c9', tokenEndpointAuthMethod: 'none' };
    expect(await registrations().get(request())).toEqual(client);
  });

  it.each([
    [404, {}],
    [200, undefined],
  ])(
    'of a server without any metadata (%i) means that it has no sign-in that we could find',
    async (status, body) => {
      refusal = { status, body };
      const { discovery, ...rest } = request();
      const assumed = { ...rest, discovery: { ...discovery, assumed: true as const } };
      await expect(registrations().get(assumed)).rejects.toMatchObject({
        code: 'bad-metadata',
        rfc: 'RFC 9728 §3.1',
      });
    },
  );
});

describe('a configured client', () => {
  const oauth = { clientId: 'ours', clientSecret: 'hush' };
  const ANOTHER = { issuer: 'https://evil.example' };
  const ours = () => request({}, oauth);
  const moved = () => request(ANOTHER, oauth);
  const client = { kind: 'pre-registered', ...oauth } as const;

  it('is its first issuer’s: its secret goes nowhere else, unless the config says so (threat 7)', async () => {
    await registrations().accepted(ours(), await registrations().get(ours()));
    const mismatch = { code: 'issuer-mismatch', host: 'evil.example' };
    await expect(registrations().get(moved())).rejects.toMatchObject(mismatch);
    // Not even where one who was on the way there has come back with a code.
    await registrations().accepted(moved(), client);
    await expect(registrations().get(moved())).rejects.toMatchObject(mismatch);
    expect(await registrations().get(ours())).toEqual(client);
    await registrations().get(request(ANOTHER, { ...oauth, clientId: 'another' }));
    const said = request(ANOTHER, { ...oauth, ...ANOTHER });
    expect(await registrations().get(said)).toEqual(client);
  });

  it('is nobody’s before it was accepted, nor that of endpoints that are only assumed', async () => {
    await registrations().get(moved());
    const assumed = { ...moved(), discovery: { ...moved().discovery, assumed: true as const } };
    await registrations().accepted(assumed, client);
    await expect(registrations().get(assumed)).rejects.toMatchObject({ code: 'bad-metadata' });
    expect(await registrations().get(ours())).toEqual(client);
  });
});
