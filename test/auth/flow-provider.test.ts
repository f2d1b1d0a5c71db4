import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Discovery } from '../../src/auth/discovery/discovery.js';
import {
  type AuthorizationRequest,
  requestAuthorization,
  requestedScope,
} from '../../src/auth/sign-in/flow-provider.js';
import { httpServer } from '../helpers/sign-in-rig.js';

const server = httpServer('files', 'https://files.example/mcp');

const discovery: Discovery = {
  serverUrl: server.url,
  authorizationServerUrl: 'https://auth.example',
  metadata: {
    issuer: 'https://auth.example',
    authorization_endpoint: 'https://auth.example/authorize?tenant=7',
    token_endpoint: 'https://auth.example/token',
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
  },
  resource: { resource: 'https://files.example', scopes_supported: ['a', 'b'] },
  atMs: 0,
};

const request: AuthorizationRequest = {
  server,
  discovery,
  client: { kind: 'dynamic', clientId: 'c1' },
  redirectUri: 'https://gateway.example/oauth/callback',
  state: 'the-state',
};

const withOAuth = (oauth: object) => ({ ...server, oauth: { ...server.oauth, ...oauth } });

describe('the authorization URL', () => {
  it('carries the challenge of the verifier that is kept, and the endpoint keeps its own query', async () => {
    const { authorizationUrl, verifier } = await requestAuthorization(request);
    const { searchParams } = new URL(authorizationUrl);
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    expect(searchParams.get('code_challenge')).toBe(challenge);
    expect(searchParams.get('tenant')).toBe('7');
    expect(authorizationUrl).not.toContain(verifier);
  });

  it('names the resource exactly as its metadata does, slash or not (RFC 8707)', async () => {
    const { authorizationUrl, resource } = await requestAuthorization(request);
    expect(new URL(authorizationUrl).searchParams.get('resource')).toBe('https://files.example');
    expect(resource).toBe('https://files.example');
  });

  it('takes configured extras, but none that would change what the protocol says', async () => {
    const authorizeParameters = {
      access_type: 'offline',
      code_challenge_method: 'plain',
      request_uri: 'urn:x',
    };
    const { authorizationUrl } = await requestAuthorization({
      ...request,
      server: withOAuth({ authorizeParameters }),
    });
    const { searchParams } = new URL(authorizationUrl);
    expect(searchParams.get('access_type')).toBe('offline');
    expect(searchParams.get('code_challenge_method')).toBe('S256');
    expect(searchParams.has('request_uri')).toBe(false);
  });

  it.each([
    'response_type',
    'client_id',
    'redirect_uri',
    'state',
    'scope',
    'resource',
    'code_challenge',
    'code_challenge_method',
    'request',
    'request_uri',
    'response_mode',
  ])('keeps its own %s, whatever the config adds', async (name) => {
    const plain = await requestAuthorization({ ...request, scope: 'a' });
    const extended = await requestAuthorization({
      ...request,
      scope: 'a',
      server: withOAuth({ authorizeParameters: { [name]: 'mallory' } }),
    });
    const valuesOf = (url: string) => new URL(url).searchParams.getAll(name);
    expect(valuesOf(extended.authorizationUrl)).not.toContain('mallory');
    expect(valuesOf(extended.authorizationUrl)).toHaveLength(valuesOf(plain.authorizationUrl).length);
  });

  it('is refused where it is not https', async () => {
    const metadata = { ...discovery.metadata, authorization_endpoint: 'http://auth.example/authorize' };
    const plain = { ...request, discovery: { ...discovery, metadata } };
    await expect(requestAuthorization(plain)).rejects.toMatchObject({ code: 'insecure-endpoint' });
  });
});

describe('the scope', () => {
  it('is the configured one, else the challenge, else what the resource supports', () => {
    const challenged = { ...discovery, challengeScope: 'c' };
    expect(requestedScope(withOAuth({ scope: 'mine' }), challenged)).toBe('mine');
    expect(requestedScope(server, challenged)).toBe('c');
    expect(requestedScope(server, discovery)).toBe('a b');
    const { resource: _resource, ...bare } = discovery;
    expect(requestedScope(server, bare)).toBeUndefined();
  });

  it('has offline access once, where the authorization server offers it', () => {
    const metadata = { ...discovery.metadata, scopes_supported: ['offline_access'] };
    const offering = { ...discovery, metadata };
    expect(requestedScope(server, offering)).toBe('a b offline_access');
    expect(requestedScope(withOAuth({ scope: 'offline_access x' }), offering)).toBe('offline_access x');
  });
});
