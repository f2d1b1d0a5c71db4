import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { authMethodOf } from '../../src/auth/clients/client-auth.js';
import { createClientKeys } from '../../src/auth/clients/client-keys.js';
import { createRegistrations, type RegistrationRequest } from '../../src/auth/clients/registrations.js';
import { discover } from '../../src/auth/discovery/discovery.js';
import { createGuardedFetch, type GuardedFetch } from '../../src/auth/requests/guarded-fetch.js';
import type { OAuthSettings } from '../../src/auth/types.js';
import { openStore } from '../../src/storage/open.js';
import type { Store } from '../../src/storage/types.js';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { json, type ScriptedServer, startScriptedServer } from '../helpers/scripted-server.js';
import { httpServer } from '../helpers/sign-in-rig.js';

const REDIRECT = 'http://127.0.0.1:8787/oauth/callback';

let provider: AuthorizationServer;
let resource: ScriptedServer;
let guarded: GuardedFetch;
let store: Store;
let nowMs: number;
let publicUrl: string;

beforeEach(async () => {
  provider = await startAuthorizationServer();
  resource = await startScriptedServer();
  resource.on(
    '/.well-known/oauth-protected-resource',
    json({ resource: `${resource.origin}/`, authorization_servers: [provider.issuer] }),
  );
  guarded = createGuardedFetch({ allowPrivateHosts: [] });
  ({ store } = await openStore({ kind: 'memory' }));
  nowMs = Date.now();
  publicUrl = 'http://127.0.0.1:8787';
});

afterEach(async () => {
  await guarded.close();
  await store.close();
  await resource.close();
  await provider.close();
});

const registrations = () =>
  createRegistrations({
    store,
    fetchFor: (server) => guarded.forServer(server),
    now: () => nowMs,
    publicUrl,
    clientKeys: createClientKeys(store, () => nowMs),
  });

async function request(more: Partial<RegistrationRequest> = {}, oauth: Partial<OAuthSettings> = {}) {
  const server = httpServer('files', `${resource.origin}/`, {
    oauth: { authorizeParameters: {}, ...oauth },
  });
  const discovery = await discover(server, guarded.forServer(server), nowMs);
  return { server, discovery, redirectUri: REDIRECT, ...more };
}

describe('a registration', () => {
  it('is made once, however many need it at the same moment, and found again later', async () => {
    const asked = await request();
    const clients = await Promise.all(Array.from({ length: 20 }, () => registrations().get(asked)));
    expect(new Set(clients.map((client) => client.clientId)).size).toBe(1);
    expect(await registrations().get(asked)).toEqual(clients[0]);
    expect(provider.counts.registration).toBe(1);
  });

  it('is a public client that the provider knows', async () => {
    const client = await registrations().get(await request());
    expect(client).toMatchObject({ kind: 'dynamic', tokenEndpointAuthMethod: 'none' });
    expect(client).not.toHaveProperty('clientSecret');
  });

  it('is another for another redirect URI, and for another server', async () => {
    const asked = await request();
    const own = await registrations().get(asked);
    const moved = await registrations().get({
      ...asked,
      redirectUri: 'http://127.0.0.1:9999/oauth/callback',
    });
    const other = await registrations().get({ ...asked, server: { ...asked.server, name: 'other' } });
    expect(new Set([own, moved, other].map((client) => client.clientId)).size).toBe(3);
  });

  it('is never shown to another issuer, though the server and its address stay the same', async () => {
    const asked = await request();
    const old = await registrations().get(asked);
    const other = await startAuthorizationServer();
    resource.on(
      '/.well-known/oauth-protected-resource',
      json({ resource: `${resource.origin}/`, authorization_servers: [other.issuer] }),
    );
    const fresh = await registrations().get(await request());
    expect(fresh.clientId).not.toBe(old.clientId);
    expect(other.counts.registration).toBe(1);
    await other.close();
  });

  it('is made anew for a wider scope, after being dropped, and when its secret has expired', async () => {
    const asked = await request({ scope: 'tools' });
    const first = await registrations().get(asked);
    expect(await registrations().get(asked)).toEqual(first);
    const wider = await registrations().get({ ...asked, scope: 'tools openid' });
    expect(wider.clientId).not.toBe(first.clientId);
    expect(await registrations().get(asked)).toEqual(wider);
    await registrations().refused(asked, wider);
    expect((await registrations().get(asked)).clientId).not.toBe(wider.clientId);
  });

  it('has a secret where the provider wants all clients to have one, and not longer than it lasts', async () => {
    const asked = await request();
    const metadata = {
      ...asked.discovery.metadata,
      registration_endpoint: `${resource.origin}/register`,
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    };
    const expiresAt = Math.floor(nowMs / 1000) + 60;
    const bodies: unknown[] = [];
    resource.on('/register', (incoming, response) => {
      let body = '';
      incoming.on('data', (chunk) => {
        body += chunk;
      });
      incoming.on('end', () => {
        bodies.push(JSON.parse(body));
        const client = {
          client_id: `c${bodies.length}`,
          client_secret: 's',
          client_secret_expires_at: expiresAt,
        };
        response.writeHead(201, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ ...client, redirect_uris: [REDIRECT] }));
      });
    });
    const strict = { ...asked, discovery: { ...asked.discovery, metadata } };
    expect(await registrations().get(strict)).toMatchObject({ clientId: 'c1', clientSecret: 's' });
    expect(bodies).toMatchObject([
      { client_name: 'MCP Chat Gateway', token_endpoint_auth_method: 'client_secret_post' },
    ]);
    nowMs += 61_000;
    expect(await registrations().get(strict)).toMatchObject({ clientId: 'c2' });
  });

  it.each([
    ['private_key_jwt', {}, 'private_key_jwt'],
    ['client_secret_post', { client_secret: 's' }, undefined],
  ])(
    'that was asked for with %s, and of which the answer says nothing, is taken to be what was asked for where there is no secret',
    async (method, answer, known) => {
      const asked = await request();
      const metadata = {
        ...asked.discovery.metadata,
        registration_endpoint: `${resource.origin}/register`,
        token_endpoint_auth_methods_supported: [method],
      };
      resource.on('/register', json({ client_id: 'c1', ...answer }, 201));
      const client = await registrations().get({ ...asked, discovery: { ...asked.discovery, metadata } });
      expect(client).toMatchObject({ clientId: 'c1' });
      expect(client.tokenEndpointAuthMethod).toBe(known);
      expect(authMethodOf(client, [method])).toBe(method);
    },
  );

  it('is not needed where the config has a client', async () => {
    const asked = await request({}, { clientId: 'ours', clientSecret: 'hush' });
    expect(await registrations().get(asked)).toEqual({
      kind: 'pre-registered',
      clientId: 'ours',
      clientSecret: 'hush',
    });
    expect(provider.counts.registration).toBe(0);
  });

  it('that is refused says what the operator can do', async () => {
    const closed = await startAuthorizationServer({ registration: false });
    resource.on(
      '/.well-known/oauth-protected-resource',
      json({ resource: `${resource.origin}/`, authorization_servers: [closed.issuer] }),
    );
    await expect(registrations().get(await request())).rejects.toMatchObject({
      code: 'registration-refused',
      message: expect.stringContaining('oauth.client_id'),
    });
    await closed.close();
  });
});
