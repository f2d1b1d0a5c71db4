import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { discover } from '../../src/auth/discovery/discovery.js';
import { failureOf } from '../../src/auth/errors.js';
import { createGuardedFetch, type GuardedFetch } from '../../src/auth/requests/guarded-fetch.js';
import type { HttpServer } from '../../src/auth/types.js';
import { html, json, type ScriptedServer, startScriptedServer } from '../helpers/scripted-server.js';
import { httpServer } from '../helpers/sign-in-rig.js';

let resource: ScriptedServer;
let provider: ScriptedServer;
let guarded: GuardedFetch;

beforeEach(async () => {
  resource = await startScriptedServer();
  provider = await startScriptedServer();
  guarded = createGuardedFetch({ allowPrivateHosts: [] });
});
afterEach(async () => {
  await guarded.close();
  await resource.close();
  await provider.close();
});

function metadata(issuer: string, more: object = {}): object {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    registration_endpoint: `${issuer}/register`,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    jwks_uri: `${issuer}/jwks`,
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    ...more,
  };
}

const server = (more: Partial<HttpServer> = {}) => httpServer('files', `${resource.origin}/mcp`, more);

const found = (one = server()) => discover(one, guarded.forServer(one), 1000);

const failure = async (one = server()) =>
  found(one).then(
    () => undefined,
    (error: unknown) => failureOf(error),
  );

function names(...issuers: readonly string[]): void {
  resource.on(
    '/.well-known/oauth-protected-resource/mcp',
    json({ resource: `${resource.origin}/mcp`, authorization_servers: issuers }),
  );
}

describe('the resource metadata (RFC 9728)', () => {
  it('is looked for where the challenge says, also behind another scheme, and nowhere else', async () => {
    resource.on('/mcp', (_request, response) => {
      const bearer = `Bearer resource_metadata="${resource.origin}/deep/place", scope="a"`;
      response.writeHead(401, { 'www-authenticate': `Basic realm="x", ${bearer}` }).end();
    });
    resource.on(
      '/deep/place',
      json({ resource: `${resource.origin}/mcp`, authorization_servers: [provider.origin] }),
    );
    provider.on('/.well-known/oauth-authorization-server', json(metadata(provider.origin)));
    expect(await found()).toMatchObject({ authorizationServerUrl: provider.origin, challengeScope: 'a' });
    expect(resource.requests).toEqual(['POST /mcp', 'GET /deep/place']);
  });

  it('is found at the path of the server, else at the root', async () => {
    provider.on('/.well-known/oauth-authorization-server', json(metadata(provider.origin)));
    resource.on(
      '/.well-known/oauth-protected-resource',
      json({ resource: `${resource.origin}/mcp`, authorization_servers: [provider.origin] }),
    );
    expect(await found()).toMatchObject({ authorizationServerUrl: provider.origin });
    expect(resource.requests.slice(1)).toEqual([
      'GET /.well-known/oauth-protected-resource/mcp',
      'GET /.well-known/oauth-protected-resource',
    ]);
  });

  it('three redirects away is found; at another origin, or without an end, it is not', async () => {
    const to = (one: ScriptedServer, path: string, location: string) =>
      one.on(path, (_request, response) => void response.writeHead(302, { location }).end());
    const METADATA = '/.well-known/oauth-authorization-server';
    names(provider.origin);
    to(provider, METADATA, '/1');
    to(provider, '/1', '/2');
    to(provider, '/2', '/3');
    provider.on('/3', json(metadata(provider.origin)));
    expect(await found()).toMatchObject({ authorizationServerUrl: provider.origin });
    to(provider, '/3', '/1');
    expect(await failure()).toMatchObject({ code: 'bad-metadata' });
    to(provider, METADATA, `${resource.origin}/elsewhere`);
    resource.on('/elsewhere', json(metadata(provider.origin)));
    expect(await failure()).toMatchObject({ code: 'bad-metadata' });
    to(resource, '/.well-known/oauth-protected-resource/mcp', `${provider.origin}/resource`);
    expect(await failure()).toMatchObject({ code: 'bad-metadata', rfc: 'RFC 9728 §3.3' });
    expect(provider.requests).not.toContain('GET /resource');
  });
});

describe('the authorization server metadata (RFC 8414, OpenID Connect Discovery)', () => {
  it.each([
    ['', '/.well-known/oauth-authorization-server'],
    ['', '/.well-known/openid-configuration'],
    ['/tenant', '/.well-known/oauth-authorization-server/tenant'],
    ['/tenant', '/.well-known/openid-configuration/tenant'],
    ['/tenant', '/tenant/.well-known/openid-configuration'],
  ])('of an issuer with the path "%s" is found at %s', async (path, place) => {
    const issuer = `${provider.origin}${path}`;
    names(issuer);
    provider.on(place, json(metadata(issuer)));
    expect((await found()).metadata.issuer).toBe(issuer);
  });

  it.each([[[]], [['token']]])('that offers the response types %j has no sign-in for us', async (types) => {
    names(provider.origin);
    const document = metadata(provider.origin, { response_types_supported: types });
    provider.on('/.well-known/oauth-authorization-server', json(document));
    const { host } = new URL(provider.origin);
    expect(await failure()).toMatchObject({ code: 'bad-metadata', rfc: 'RFC 8414 §2', host });
  });

  it('of an issuer with a path is never looked for at the root', async () => {
    names(`${provider.origin}/tenant`);
    expect(await failure()).toMatchObject({ code: 'bad-metadata', rfc: 'RFC 8414 §3' });
    expect(provider.requests).not.toContain('GET /.well-known/oauth-authorization-server');
  });
});

describe('several authorization servers', () => {
  it('the first that works is taken', async () => {
    const ill = await startScriptedServer();
    ill.on('/.well-known/oauth-authorization-server', html(503));
    const other = await startScriptedServer();
    other.on('/.well-known/oauth-authorization-server', json(metadata('https://another.example')));
    names('http://plain.example', ill.origin, other.origin, provider.origin);
    provider.on('/.well-known/oauth-authorization-server', json(metadata(provider.origin)));
    expect((await found()).metadata.issuer).toBe(provider.origin);
    await ill.close();
    await other.close();
  });

  it('where none works, it is told what the first one met', async () => {
    names('http://plain.example', provider.origin);
    expect(await failure()).toMatchObject({ code: 'insecure-endpoint', host: 'plain.example' });
  });

  it('a configured issuer wins, even if the server does not list it', async () => {
    names('https://listed.example');
    provider.on('/.well-known/oauth-authorization-server', json(metadata(provider.origin)));
    const configured = server({ oauth: { authorizeParameters: {}, issuer: provider.origin } });
    expect((await found(configured)).metadata.issuer).toBe(provider.origin);
  });

  it('of a list beyond reason, five are asked', async () => {
    names(...Array.from({ length: 40 }, (_, at) => `${provider.origin}/${at}`));
    expect(await failure()).toMatchObject({ code: 'bad-metadata' });
    expect(provider.requests).toHaveLength(15);
  });
});

describe('a server of the time before resource metadata (MCP 2025-03-26)', () => {
  it('is its own authorization server, with metadata at its root', async () => {
    resource.on('/.well-known/oauth-authorization-server', json(metadata(resource.origin)));
    expect(await found()).toMatchObject({
      metadata: { issuer: resource.origin, token_endpoint: `${resource.origin}/token` },
    });
    expect(await found()).not.toHaveProperty('resource');
  });

  it('without any metadata has its endpoints at the places of that version', async () => {
    expect(await found()).toMatchObject({
      assumed: true,
      metadata: {
        issuer: resource.origin,
        authorization_endpoint: `${resource.origin}/authorize`,
        token_endpoint: `${resource.origin}/token`,
        registration_endpoint: `${resource.origin}/register`,
        code_challenge_methods_supported: ['S256'],
      },
    });
  });

  it('that is ill is not taken for one without metadata', async () => {
    resource.on('/.well-known/oauth-authorization-server', html(503));
    expect(await failure()).toMatchObject({ code: 'http-error' });
  });
});
