import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { discover } from '../../src/auth/discovery/discovery.js';
import { resourceMetadata } from '../../src/auth/discovery/resource-metadata.js';
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
  it.each([401, 403])(
    'is looked for where the challenge (%i) says, also behind another scheme, and nowhere else',
    async (status) => {
      resource.on('/mcp', (_request, response) => {
        const bearer = `Bearer resource_metadata="${resource.origin}/deep/place", scope="a"`;
        response.writeHead(status, { 'www-authenticate': `Basic realm="x", ${bearer}` }).end();
      });
      resource.on(
        '/deep/place',
        json({ resource: `${resource.origin}/mcp`, authorization_servers: [provider.origin] }),
      );
      provider.on('/.well-known/oauth-authorization-server', json(metadata(provider.origin)));
      expect(await found()).toMatchObject({ authorizationServerUrl: provider.origin, challengeScope: 'a' });
      expect(resource.requests).toEqual(['POST /mcp', 'GET /deep/place']);
    },
  );

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

  it('is looked for at the well-known places where the challenge names one that is not there', async () => {
    resource.on('/mcp', (_request, response) => {
      const wrong = `Bearer resource_metadata="${resource.origin}/behind-the-proxy"`;
      response.writeHead(401, { 'www-authenticate': wrong }).end();
    });
    names(provider.origin);
    provider.on('/.well-known/oauth-authorization-server', json(metadata(provider.origin)));
    expect(await found()).toMatchObject({ authorizationServerUrl: provider.origin });
  });

  it.each([408, 425, 429, 502, 503])(
    'that cannot be had now (%i) is not taken for none, at whichever place',
    async (status) => {
      const places = ['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource'];
      for (const place of places) {
        resource.on(places[0] ?? '', html(404));
        resource.on(place, html(status));
        expect(await failure()).toMatchObject({ code: 'http-error' });
      }
      expect(resource.requests.join()).not.toContain('oauth-authorization-server');
    },
  );

  it.each([
    ['/mcp', '/mcp'],
    ['/mcp/', '/mcp'],
    ['/mcp', '/'],
    ['/mcp/v1', '/mcp'],
    ['/mcp', '/mcp#part'],
  ])('of a server at %s may be of the resource %s', async (path, of) => {
    const said = { resource: `${resource.origin}${of}`, authorization_servers: [provider.origin] };
    resource.on(`/.well-known/oauth-protected-resource${path.replace(/\/$/, '')}`, json(said));
    provider.on('/.well-known/oauth-authorization-server', json(metadata(provider.origin)));
    const one = httpServer('files', `${resource.origin}${path}`);
    expect((await found(one)).resource).toEqual({ resource: said.resource });
  });

  it.each([
    ['a sibling whose name begins like it', () => `${resource.origin}/mc`],
    ['another that its own name begins like', () => `${resource.origin}/mcp-of-mallory`],
    ['itself with a slash more', () => `${resource.origin}/mcp/`],
    ['what lies below it', () => `${resource.origin}/mcp/below`],
    ['another letter case of the path', () => `${resource.origin}/MCP`],
    ['another port', () => 'http://127.0.0.1:1/mcp'],
    ['another scheme', () => resource.origin.replace('http:', 'https:')],
    ['a host that begins like it', () => `${resource.origin.replace('127.0.0.1', '127.0.0.1.example')}/mcp`],
    ['what it reads like', () => `http://127.0.0.1@mallory.example/mcp`],
  ])('of %s is another’s (RFC 9728 §3.3)', async (_what, of) => {
    const said = { resource: of(), authorization_servers: [provider.origin] };
    resource.on('/.well-known/oauth-protected-resource/mcp', json(said));
    expect(await failure()).toMatchObject({ code: 'bad-metadata', rfc: 'RFC 9728 §3.3' });
    expect(provider.requests).toEqual([]);
  });

  it('names its host in any case, and the port that is meant anyway', async () => {
    const one = httpServer('files', 'https://mcp.example/mcp');
    for (const of of ['HTTPS://MCP.Example/mcp', 'https://mcp.example:443/mcp']) {
      const said = { resource: of, authorization_servers: ['https://auth.example'] };
      const answers = async () => Response.json(said);
      expect(await resourceMetadata(one, undefined, answers)).toMatchObject({ resource: of });
    }
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

  it.each([
    ['nowhere', 307, () => ({})],
    ['an empty address', 307, () => ({ location: '' })],
    ['what is no address', 307, () => ({ location: 'http://[' })],
    ['itself', 307, () => ({ location: '/.well-known/oauth-protected-resource/mcp' })],
    // The SDK goes no further here: it looks at the root, and takes what is not there for "none".
    ['a place for others', 307, () => ({ location: `${resource.origin.replace('//', '//u:p@')}/x` })],
    ['one of several places', 300, () => ({ location: '/x' })],
    ['what it has not', 304, () => ({ location: '/x' })],
    ['a proxy', 305, () => ({ location: '/x' })],
  ])('that leads to %s (%i) is not taken for none', async (_where, status, headers) => {
    resource.on(
      '/.well-known/oauth-protected-resource/mcp',
      (_request, response) => void response.writeHead(status, headers()).end(),
    );
    const { host } = new URL(resource.origin);
    const detail = expect.stringContaining(`${status}`);
    expect(await failure()).toMatchObject({ code: 'http-error', host, detail });
    expect(resource.requests.join()).not.toContain('oauth-authorization-server');
  });

  it.each([
    ['a page', html()],
    ['null', json(null)],
    ['an object without a resource', json({ authorization_servers: [] })],
  ])('that is %s is no metadata, and is not taken for none (RFC 9728 §3.2)', async (_what, answer) => {
    resource.on('/.well-known/oauth-protected-resource/mcp', answer);
    const { host } = new URL(resource.origin);
    expect(await failure()).toMatchObject({ code: 'bad-metadata', rfc: 'RFC 9728 §3.2', host });
    expect(resource.requests.join()).not.toContain('oauth-authorization-server');
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

  it('is asked for in the order of the standard, the OAuth form before those of OpenID', async () => {
    names(`${provider.origin}/tenant`);
    await failure();
    expect(provider.requests).toEqual([
      'GET /.well-known/oauth-authorization-server/tenant',
      'GET /.well-known/openid-configuration/tenant',
      'GET /tenant/.well-known/openid-configuration',
    ]);
  });

  it('is found behind a place that shows everybody a page; where there are only pages, that is said', async () => {
    names(provider.origin);
    provider.on('/.well-known/oauth-authorization-server', html());
    expect(await failure()).toMatchObject({ code: 'bad-metadata', rfc: 'RFC 8414 §3.2' });
    provider.on('/.well-known/openid-configuration', json(metadata(provider.origin)));
    expect((await found()).metadata.issuer).toBe(provider.origin);
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

  it('the first that takes clients it never saw comes before one that does not, unless the config has a client', async () => {
    const other = await startScriptedServer();
    const alone = { registration_endpoint: undefined };
    provider.on('/.well-known/oauth-authorization-server', json(metadata(provider.origin, alone)));
    names(provider.origin, other.origin);
    expect((await found()).metadata.issuer).toBe(provider.origin);
    other.on('/.well-known/oauth-authorization-server', json(metadata(other.origin)));
    expect((await found()).metadata.issuer).toBe(other.origin);
    const documents = { ...alone, client_id_metadata_document_supported: true };
    other.on('/.well-known/oauth-authorization-server', json(metadata(other.origin, documents)));
    expect((await found()).metadata.issuer).toBe(other.origin);
    const ours = server({ oauth: { authorizeParameters: {}, clientId: 'ours' } });
    expect((await found(ours)).metadata.issuer).toBe(provider.origin);
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

  it.each([429, 502, 503])(
    'that is ill or busy (%i) is not taken for one without metadata',
    async (status) => {
      resource.on('/.well-known/oauth-authorization-server', html(status));
      expect(await failure()).toMatchObject({ code: 'http-error' });
    },
  );
});
