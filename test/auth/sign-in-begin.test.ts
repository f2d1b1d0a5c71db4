import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuthFailureCode, OAuthSettings } from '../../src/auth/types.js';
import { metadataAt } from '../helpers/scripted-provider.js';
import { html, json, type ScriptedServer, startScriptedServer } from '../helpers/scripted-server.js';
import { createRig, httpServer, linkOf, pressButton, type Rig } from '../helpers/sign-in-rig.js';

const RESOURCE = '/.well-known/oauth-protected-resource/mcp';
const AUTHORIZATION_SERVER = '/.well-known/oauth-authorization-server';

let server: ScriptedServer;
let rig: Rig;

beforeEach(async () => {
  server = await startScriptedServer();
  rig = await createRig({ servers: [httpServer('files', `${server.origin}/mcp`)] });
  server.on(RESOURCE, json({ resource: `${server.origin}/mcp`, authorization_servers: [server.origin] }));
  server.on(AUTHORIZATION_SERVER, json(metadata()));
  server.on(
    '/register',
    json({ client_id: 'c1', redirect_uris: ['http://127.0.0.1:8787/oauth/callback'] }, 201),
  );
});

afterEach(async () => {
  await rig.close();
  await server.close();
});

const metadata = (more: object = {}) => metadataAt(server.origin, more);

const configured = (oauth: Partial<OAuthSettings>) =>
  httpServer('files', `${server.origin}/mcp`, { oauth: { authorizeParameters: {}, ...oauth } });

async function authorizationUrl(oauth: Partial<OAuthSettings> = {}): Promise<URL> {
  rig.servers.set('files', configured(oauth));
  const link = linkOf(await rig.signIns.begin(rig.request('files')));
  return new URL((await pressButton(rig.signIns, link)).location);
}

describe('the authorization request', () => {
  it('has a state of 256 bits that neither the link nor a record’s name shows, PKCE S256, and the resource', async () => {
    const link = linkOf(await rig.signIns.begin(rig.request('files')));
    const { searchParams } = new URL((await pressButton(rig.signIns, link)).location);
    expect(searchParams.get('state')).toMatch(/^[\w-]{43}$/);
    expect([link.id, link.url.split('/').at(-1)]).not.toContain(searchParams.get('state'));
    expect(Object.fromEntries(searchParams)).toMatchObject({
      response_type: 'code',
      client_id: 'c1',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      redirect_uri: 'http://127.0.0.1:8787/oauth/callback',
      resource: `${server.origin}/mcp`,
    });
  });

  it('takes scope, extra parameters, redirect URI and client from the config, and none of the protocol', async () => {
    const { searchParams } = await authorizationUrl({
      clientId: 'ours',
      scope: 'read',
      redirectUri: 'https://other.example/back',
      authorizeParameters: { prompt: 'select_account', state: 'fixed', redirect_uri: 'https://evil.example' },
    });
    expect(Object.fromEntries(searchParams)).toMatchObject({
      client_id: 'ours',
      scope: 'read',
      prompt: 'select_account',
      redirect_uri: 'https://other.example/back',
      state: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(server.requests).not.toContain('POST /register');
  });

  it('asks for the scope of the challenge, and for offline access where there is one', async () => {
    server.on(AUTHORIZATION_SERVER, json(metadata({ scopes_supported: ['a', 'offline_access'] })));
    server.on('/mcp', (_request, response) => {
      response.writeHead(401, { 'www-authenticate': 'Bearer scope="a b"' }).end();
    });
    expect((await authorizationUrl()).searchParams.get('scope')).toBe('a b offline_access');
  });

  it('goes to the configured issuer, whatever the server names first', async () => {
    server.on(
      RESOURCE,
      json({ resource: `${server.origin}/mcp`, authorization_servers: ['https://evil.example'] }),
    );
    expect((await authorizationUrl({ issuer: server.origin })).origin).toBe(server.origin);
  });

  it('works for a server without resource metadata, and asks it for nothing the second time', async () => {
    server.on(RESOURCE, json({}, 404));
    expect((await authorizationUrl()).searchParams.has('resource')).toBe(false);
    const before = server.requests.length;
    linkOf(await rig.signIns.begin(rig.request('files', 'terminal:bob')));
    expect(server.requests).toHaveLength(before);
  });

  it('finds the metadata where the challenge says, with one probe', async () => {
    server.on(
      '/elsewhere',
      json({ resource: `${server.origin}/mcp`, authorization_servers: [server.origin] }),
    );
    server.on('/mcp', (_request, response) => {
      const challenge = `Bearer resource_metadata="${server.origin}/elsewhere"`;
      response.writeHead(401, { 'www-authenticate': challenge }).end();
    });
    await authorizationUrl();
    expect(server.requests).toEqual([
      'POST /mcp',
      'GET /elsewhere',
      `GET ${AUTHORIZATION_SERVER}`,
      'POST /register',
    ]);
  });
});

/** What is wrong, how the server is told to say it, and which failure it must be. */
const hostile: readonly (readonly [string, () => void, AuthFailureCode])[] = [
  ['resource metadata that is HTML', () => server.on(RESOURCE, html()), 'bad-metadata'],
  ['resource metadata that fails', () => server.on(RESOURCE, html(503)), 'http-error'],
  [
    'resource metadata of another server',
    () =>
      server.on(
        RESOURCE,
        json({ resource: 'https://other.example/mcp', authorization_servers: [server.origin] }),
      ),
    'bad-metadata',
  ],
  [
    'authorization server metadata that is HTML',
    () => server.on(AUTHORIZATION_SERVER, html()),
    'bad-metadata',
  ],
  ['no authorization server metadata', () => server.on(AUTHORIZATION_SERVER, html(404)), 'bad-metadata'],
  [
    'metadata of 50 MB',
    () =>
      server.on(AUTHORIZATION_SERVER, (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(Buffer.alloc(50 * 1024 * 1024, ' '));
      }),
    'too-large',
  ],
  [
    "another's issuer in the metadata (RFC 8414 §3.3)",
    () => server.on(AUTHORIZATION_SERVER, json(metadata({ issuer: 'https://good.example' }))),
    'issuer-mismatch',
  ],
  [
    'no PKCE in the metadata',
    () => server.on(AUTHORIZATION_SERVER, json(metadata({ code_challenge_methods_supported: undefined }))),
    'pkce-unsupported',
  ],
  [
    'only plain PKCE',
    () => server.on(AUTHORIZATION_SERVER, json(metadata({ code_challenge_methods_supported: ['plain'] }))),
    'pkce-unsupported',
  ],
  ...['authorization_endpoint', 'token_endpoint', 'registration_endpoint'].flatMap((endpoint) =>
    (
      [
        ['plain http', 'http://auth.example/x', 'insecure-endpoint'],
        ['file:', 'file:///etc/passwd', 'insecure-endpoint'],
        ['javascript:', 'javascript:alert(1)//', 'bad-metadata'],
        ['data:', 'data:text/html,x', 'bad-metadata'],
        ['a user name that reads like a host', 'https://accounts.google.com@evil.example/x', 'bad-metadata'],
        ['a fragment', 'https://auth.example/x#y', 'bad-metadata'],
        ['a URL of 3 kB', `https://auth.example/${'x'.repeat(3000)}`, 'bad-metadata'],
      ] as const
    ).map(
      ([what, url, code]) =>
        [
          `${what} as ${endpoint}`,
          () => server.on(AUTHORIZATION_SERVER, json(metadata({ [endpoint]: url }))),
          code,
        ] as const,
    ),
  ),
  [
    'an authorization server at a link-local address',
    () =>
      server.on(
        RESOURCE,
        json({ resource: `${server.origin}/mcp`, authorization_servers: ['https://169.254.169.254'] }),
      ),
    'blocked-address',
  ],
  [
    'no registration endpoint and no configured client',
    () => server.on(AUTHORIZATION_SERVER, json(metadata({ registration_endpoint: undefined }))),
    'registration-refused',
  ],
  [
    'a refused registration',
    () => server.on('/register', json({ error: 'invalid_client_metadata' }, 400)),
    'registration-refused',
  ],
];

describe('a server whose sign-in cannot begin', () => {
  it.each(hostile)('%s', async (_what, say, code) => {
    say();
    const outcome = await rig.signIns.begin(rig.request('files'));
    expect(outcome).toMatchObject({ kind: 'failed', failure: { code } });
    expect(await rig.signIns.open('terminal:ana')).toEqual([]);
    if (code !== 'registration-refused') expect(server.requests).not.toContain('POST /register');
  });

  it('is down', async () => {
    await server.close();
    expect(await rig.signIns.begin(rig.request('files'))).toMatchObject({
      failure: { code: 'unreachable' },
    });
  });

  it('is looked at anew once it says something better', async () => {
    server.on(AUTHORIZATION_SERVER, html());
    await rig.signIns.begin(rig.request('files'));
    server.on(AUTHORIZATION_SERVER, json(metadata()));
    linkOf(await rig.signIns.begin(rig.request('files')));
  });

  it('is a stdio server: there is nothing to sign in to', async () => {
    const { kind: _kind, url: _url, headers: _headers, oauth: _oauth, ...base } = configured({});
    rig.servers.set('local', { ...base, name: 'local', kind: 'stdio', command: 'x', args: [], env: {} });
    expect(await rig.signIns.begin(rig.request('local'))).toMatchObject({ failure: { code: 'internal' } });
  });
});
