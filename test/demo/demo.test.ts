import {
  auth,
  Client,
  type OAuthClientProvider,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Demo, startDemo } from '../../src/demo/demo.js';

let demo: Demo;
let servers: Record<string, { url: string }>;

beforeAll(async () => {
  demo = await startDemo({ listen: '127.0.0.1:8787', localListen: '127.0.0.1:8788' });
  servers = (demo.config as { mcp_servers: Record<string, { url: string }> }).mcp_servers;
});
afterAll(() => demo.stop());

const urlOf = (name: string) => new URL(servers[name]?.url ?? '');

/** Any MCP client's way through the demo's pages: log in, decide, come back. */
async function signIn(name: string, login: string, decision: 'allow' | 'deny') {
  const kept: { verifier?: string; client?: unknown; tokens?: unknown; authorizationUrl?: URL } = {};
  const provider: OAuthClientProvider = {
    redirectUrl: 'http://127.0.0.1:9/oauth/callback',
    clientMetadata: {
      client_name: 'Test <client>',
      redirect_uris: ['http://127.0.0.1:9/oauth/callback'],
      token_endpoint_auth_method: 'none',
    },
    clientInformation: () => kept.client as never,
    saveClientInformation: (client) => {
      kept.client = client;
    },
    tokens: () => undefined,
    saveTokens: (tokens) => {
      kept.tokens = tokens;
    },
    redirectToAuthorization: (url) => {
      kept.authorizationUrl = url;
    },
    saveCodeVerifier: (verifier) => {
      kept.verifier = verifier;
    },
    codeVerifier: () => kept.verifier ?? '',
    state: () => 'the-state',
  };
  expect(await auth(provider, { serverUrl: urlOf(name) })).toBe('REDIRECT');
  const authorize = await fetch(kept.authorizationUrl as URL, { redirect: 'manual' });
  const page = new URL(authorize.headers.get('location') ?? '', kept.authorizationUrl).href;
  const post = (path: string, body: Record<string, string>, cookie = '') =>
    fetch(`${page}${path}`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams(body),
      headers: { cookie },
    });
  expect((await post('/login', { login, password: 'wrong' })).status).toBe(401);
  const loggedIn = await post('/login', { login, password: demo.password });
  const cookie = loggedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
  const consent = await (await fetch(page, { headers: { cookie } })).text();
  expect(consent).toContain('Test &lt;client&gt;');
  const decided = await post('/consent', { decision }, cookie);
  const back = new URL(decided.headers.get('location') ?? '');
  return { provider, kept, back };
}

describe('the demo', () => {
  it('lets a person sign in and acts as that person', async () => {
    const { provider, kept, back } = await signIn('notes', 'ben', 'allow');
    expect(back.searchParams.get('state')).toBe('the-state');
    const iss = back.searchParams.get('iss') ?? '';
    await auth(provider, {
      serverUrl: urlOf('notes'),
      authorizationCode: back.searchParams.get('code') ?? '',
      iss,
    });
    const { access_token } = kept.tokens as { access_token: string };
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(
      new StreamableHTTPClientTransport(urlOf('notes'), {
        authProvider: { token: async () => access_token },
      }),
    );
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual([
      'whoami',
      'add_note',
      'list_notes',
    ]);
    expect(await client.callTool({ name: 'whoami', arguments: {} })).toMatchObject({
      content: [{ text: 'ben' }],
    });
    await client.close();
  });

  it('answers access_denied with state and iss when the person declines', async () => {
    const { back } = await signIn('notes', 'ana', 'deny');
    expect(Object.fromEntries(back.searchParams)).toMatchObject({
      error: 'access_denied',
      state: 'the-state',
    });
    expect(back.searchParams.has('iss')).toBe(true);
  });

  it('gives tickets 30-second tokens, rotates their refresh tokens, and revokes the grant on reuse', async () => {
    const { provider, kept, back } = await signIn('tickets', 'ana', 'allow');
    const iss = back.searchParams.get('iss') ?? '';
    await auth(provider, {
      serverUrl: urlOf('tickets'),
      authorizationCode: back.searchParams.get('code') ?? '',
      iss,
    });
    const first = kept.tokens as { expires_in: number; refresh_token: string };
    expect(first.expires_in).toBe(30);
    const { client_id } = kept.client as { client_id: string };
    const refresh = (refresh_token: string) =>
      fetch(new URL('/token', iss), {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token, client_id }),
      });
    const second = (await (await refresh(first.refresh_token)).json()) as { refresh_token: string };
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect((await refresh(first.refresh_token)).status).toBe(400);
    expect((await refresh(second.refresh_token)).status).toBe(400);
  });

  it('asks for its key where a server has one, and for nothing where none is needed', async () => {
    const initialize = {
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } },
    };
    const call = (name: string, headers: Record<string, string> = {}) =>
      fetch(urlOf(name), {
        method: 'POST',
        body: JSON.stringify(initialize),
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...headers,
        },
      });
    expect((await call('clock')).status).toBe(200);
    expect((await call('weather')).status).toBe(401);
    expect((await call('weather', { 'x-api-key': demo.apiKey })).status).toBe(200);
    expect((await call('notes')).status).toBe(401);
  });
});
