import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type HttpPeer, json, type Seen, startHttpPeer } from '../helpers/http-peer.js';
import type { IssuedSecrets, SecretKind } from './issued-secrets.js';

/** What its provider answers at its token, registration and revocation endpoints. */
type Mood =
  /** What was asked for. */
  | 'works'
  /** An error as RFC 6749 §5.2 has it, whose description repeats everything. */
  | 'refuses'
  /** The same, for good: `invalid_grant`. */
  | 'ends'
  /** 503, as a debug page does. */
  | 'breaks'
  /** 200, and no JSON. */
  | 'babbles';

export interface EchoingServer {
  readonly origin: string;
  mood: Mood;
  /** Access tokens that it takes no more. */
  readonly refused: Set<string>;
  /** The API key that `/keyed` takes. */
  readonly key: string;
  requests(path: string): number;
  close(): Promise<void>;
}

/** Like those that many servers issue: no JWT, and nothing whose shape gives it away. */
const opaque = (): string => `tk.${randomBytes(9).toString('hex')}~${randomBytes(9).toString('base64')}`;

const SENT: Readonly<Record<string, SecretKind>> = {
  code: 'authorization code',
  code_verifier: 'verifier',
  refresh_token: 'refresh token',
  token: 'refresh token',
  client_secret: 'client secret',
  client_assertion: 'assertion',
  device_code: 'device code',
};

const bearerIn = ({ headers }: Seen): string => /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';

/** Everything that was sent, in words that any log or chat might take over. `cut`: also the beginnings alone. */
function echoOf({ method, path, headers, body }: Seen, cut = true): string {
  const form = [...new URLSearchParams(body)].map(([, value]) => value);
  const all = [headers.authorization ?? '', `${headers['x-api-key'] ?? ''}`, ...form].filter(Boolean);
  const spelt = all.flatMap((one) => {
    const bare = one.replace(/^\w+ /, '');
    const whole = [one, encodeURIComponent(bare), Buffer.from(bare).toString('base64')];
    return cut ? [...whole, `${bare.slice(0, 14)}…`] : whole;
  });
  return `${spelt.join(' and ')} at ${method} ${path} with ${JSON.stringify(headers)} and ${body}`;
}

/** What a quoted parameter of a header can hold. */
const inHeader = (text: string): string => text.replaceAll(/[^ !#-[\]-~]/g, ' ').slice(0, 400);

interface Rpc {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly _meta?: { readonly progressToken?: unknown } };
}

const TOOLS = ['fine', 'fails', 'refuses', 'breaks', 'denies', 'asks', 'babbles', 'tells', 'cuts'];

/** The server's answers that say something, each with all that came with the request. */
function results(method: string, echo: string): object | undefined {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: '2025-06-18',
        capabilities: { tools: {}, logging: {}, resources: {}, prompts: {} },
        serverInfo: { name: `server ${echo}`, version: echo },
        instructions: echo,
      };
    case 'tools/list':
      return { tools: TOOLS.map((name) => ({ name, description: echo, inputSchema: { type: 'object' } })) };
    case 'resources/read':
      return { contents: [{ uri: 'x://y', text: echo }] };
    case 'prompts/get':
      return { description: echo, messages: [{ role: 'user', content: { type: 'text', text: echo } }] };
    default:
      return undefined;
  }
}

function callTool({ id, params }: Rpc, seen: Seen, response: ServerResponse): void {
  const answer = { jsonrpc: '2.0', id };
  const echo = echoOf(seen);
  const whole = echoOf(seen, false);
  const content = [{ type: 'text', text: whole }];
  const page = `<html><body><pre>${echo}</pre></body></html>`;
  const html = (status: number, headers = {}) =>
    void response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(page);
  const said = inHeader(echo);
  const challenge = { 'www-authenticate': `Bearer error="invalid_token", error_description="${said}"` };
  switch (params?.name) {
    case 'fails':
      return json(response, 200, { ...answer, result: { content, isError: true, _meta: { whole } } });
    case 'refuses':
      return json(response, 200, { ...answer, error: { code: -32_000, message: echo, data: { echo } } });
    case 'breaks':
      return html(500);
    case 'denies':
      return html(401, challenge);
    case 'asks': {
      const scope = `tools ${said}`;
      return html(403, { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` });
    }
    case 'babbles':
      return void response.writeHead(200, { 'content-type': 'application/json' }).end(`Bearer ${page}`);
    case 'tells': {
      const { progressToken } = params._meta ?? {};
      const log = { method: 'notifications/message', params: { level: 'info', data: { whole } } };
      const progress = {
        method: 'notifications/progress',
        params: { progressToken, progress: 1, message: whole },
      };
      const result = { ...answer, result: { content, structuredContent: { whole } } };
      const told = [log, ...(progressToken === undefined ? [] : [progress])];
      const events = [...told.map((one) => ({ jsonrpc: '2.0', ...one })), result];
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      return void response.end(events.map((one) => `data: ${JSON.stringify(one)}\n\n`).join(''));
    }
    case 'cuts':
      return void response.destroy();
    default:
      return json(response, 200, { ...answer, result: { content } });
  }
}

function answerRpc(seen: Seen, response: ServerResponse): void {
  if (seen.method !== 'POST') return void response.writeHead(405).end();
  const rpc = JSON.parse(seen.body) as Rpc;
  if (rpc.id === undefined) return void response.writeHead(202).end();
  if (rpc.method === 'tools/call') return callTool(rpc, seen, response);
  const result = results(rpc.method ?? '', echoOf(seen, false));
  const outcome = result === undefined ? { error: { code: -32_601, message: echoOf(seen) } } : { result };
  json(response, 200, { jsonrpc: '2.0', id: rpc.id, ...outcome });
}

/**
 * MCP servers (`/files`, `/keyed` and whatever else) and their provider at one origin. All works, and every answer that
 * has room for words repeats what came with its request: in headers, pages, errors, descriptions, results, scopes.
 */
export async function startEchoingServer(secrets: IssuedSecrets): Promise<EchoingServer> {
  const accepted = new Set<string>();
  const key = secrets.note('API key', `k/${randomBytes(12).toString('base64url')}=&`);

  function noteSent({ headers, body }: Seen): void {
    for (const [name, value] of new URLSearchParams(body)) {
      const kind = SENT[name];
      if (kind !== undefined) secrets.note(kind, value);
    }
    const basic = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1];
    if (basic !== undefined) {
      const [, secret] = Buffer.from(basic, 'base64').toString().split(':');
      secrets.note('client secret', decodeURIComponent(secret ?? ''));
    }
  }

  function tokens(seen: Seen): object {
    const token = secrets.note('access token', opaque());
    accepted.add(token);
    const grant = new URLSearchParams(seen.body).get('grant_type');
    const more =
      grant === 'client_credentials' ? {} : { refresh_token: secrets.note('refresh token', opaque()) };
    return { access_token: token, token_type: 'Bearer', expires_in: 3600, scope: 'tools', ...more };
  }

  function provide(seen: Seen, response: ServerResponse, good: () => object, status = 200): void {
    noteSent(seen);
    const echo = echoOf(seen);
    const page = `<html><body><h1>Debug</h1><pre>\n${echo}\n</pre></body></html>`;
    switch (server.mood) {
      case 'works':
        return json(response, status, good());
      case 'refuses':
        return json(response, 400, { error: 'invalid_request', error_description: `refused: ${echo}` });
      case 'ends':
        return json(response, 400, { error: 'invalid_grant', error_description: `gone: ${echo}` });
      case 'breaks':
        return void response.writeHead(503, { 'content-type': 'text/html' }).end(page);
      case 'babbles':
        return void response.writeHead(200, { 'content-type': 'application/json' }).end(page);
    }
  }

  const registered = () => ({
    client_id: 'dynamic-client',
    client_secret: secrets.note('client secret', opaque()),
    registration_access_token: secrets.note('registration token', opaque()),
    registration_client_uri: `${peer.origin}/register/dynamic-client`,
    redirect_uris: [],
    token_endpoint_auth_method: 'client_secret_basic',
  });

  const device = () => ({
    device_code: secrets.note('device code', opaque()),
    user_code: secrets.note('user code', `WD${randomBytes(3).toString('hex').toUpperCase()}`),
    verification_uri: `${peer.origin}/device-page`,
    expires_in: 600,
    interval: 5,
  });

  function metadata(): object {
    const { origin } = peer;
    return {
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      registration_endpoint: `${origin}/register`,
      revocation_endpoint: `${origin}/revoke`,
      device_authorization_endpoint: `${origin}/device`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    };
  }

  function serve(seen: Seen, response: ServerResponse): void {
    const { pathname } = new URL(seen.path, peer.origin);
    if (pathname === '/token') return provide(seen, response, () => tokens(seen));
    if (pathname === '/register') return provide(seen, response, registered, 201);
    if (pathname === '/revoke') return provide(seen, response, () => ({}));
    if (pathname === '/device') return provide(seen, response, device);
    const resource = /^\/\.well-known\/oauth-protected-resource\/(\w+)$/.exec(pathname)?.[1];
    if (resource !== undefined)
      return json(response, 200, {
        resource: `${peer.origin}/${resource}`,
        authorization_servers: [peer.origin],
      });
    if (pathname === '/.well-known/oauth-authorization-server') return json(response, 200, metadata());
    if (pathname.startsWith('/.well-known/')) return void response.writeHead(404).end();
    const bearer = bearerIn(seen);
    const good =
      pathname === '/keyed'
        ? seen.headers['x-api-key'] === key
        : accepted.has(bearer) && !server.refused.has(bearer);
    if (good) return answerRpc(seen, response);
    const where = `resource_metadata="${peer.origin}/.well-known/oauth-protected-resource${pathname}"`;
    const challenge = pathname === '/keyed' ? `Key said="${inHeader(echoOf(seen))}"` : `Bearer ${where}`;
    response.writeHead(401, { 'www-authenticate': challenge });
    response.end(`<pre>${echoOf(seen)}</pre>`);
  }

  const peer: HttpPeer = await startHttpPeer((seen, response) => serve(seen, response));
  const server: EchoingServer = {
    origin: peer.origin,
    mood: 'works',
    refused: new Set(),
    key,
    requests: (path) => peer.seen.filter((seen) => seen.path === path).length,
    close: peer.close,
  };
  return server;
}
