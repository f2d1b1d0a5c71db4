import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { createClientKeys } from '../../src/auth/clients/client-keys.js';
import { useGateways } from '../helpers/running-gateway.js';
import { httpServer } from '../helpers/sign-in-rig.js';

const start = useGateways();
const REDIRECT = 'https://other.example/back';

const gateway = (publicUrl = 'https://gateway.example/base') =>
  start({
    publicUrl,
    words: {
      access: { users: ['web:ana'] },
      mcp_servers: {
        one: { url: 'https://one.example/mcp', oauth: { redirect_uri: REDIRECT } },
        two: { url: 'https://two.example/mcp' },
        local: { command: 'true' },
      },
    },
  });

const read = async (url: string, init?: RequestInit) => {
  const response = await fetch(url, init);
  return { response, body: (await response.json().catch(() => undefined)) as Record<string, unknown> };
};

describe('who the gateway is to authorization servers', () => {
  it('a metadata document whose id is its own address, with every redirect URI in use', async () => {
    const { url } = await gateway();
    const { response, body } = await read(`${url}/base/oauth/client-metadata.json`);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(body).toEqual({
      client_id: 'https://gateway.example/base/oauth/client-metadata.json',
      client_name: 'MCP Chat Gateway',
      client_uri: 'https://gateway.example/base',
      redirect_uris: ['https://gateway.example/base/oauth/callback', REDIRECT],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      application_type: 'web',
    });
  });

  it('a key set that verifies what the gateway signs, and holds no private key', async () => {
    const one = await gateway();
    const { body } = await read(`${one.url}/oauth/jwks.json`);
    expect(JSON.stringify(body)).not.toContain('"d"');
    const store = await one.store();
    const sign = createClientKeys(store, Date.now).signFor(httpServer('two', 'https://two.example/mcp'));
    const assertion = await sign('client', 'https://issuer.example');
    const keys = createLocalJWKSet(body as unknown as Parameters<typeof createLocalJWKSet>[0]);
    const verified = await jwtVerify(assertion, keys, { audience: 'https://issuer.example' });
    expect(verified.payload.iss).toBe('client');
  });

  it('is only to be read', async () => {
    const { url } = await gateway();
    for (const path of ['/oauth/client-metadata.json', '/oauth/jwks.json']) {
      const { response } = await read(`${url}${path}`, { method: 'POST', body: '{}' });
      expect([path, response.status, response.headers.get('allow')]).toEqual([path, 405, 'GET, HEAD']);
    }
  });
});
