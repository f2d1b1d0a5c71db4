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

const html = (response: ServerResponse, status: number, echo: string, headers = {}): void => {
  response.writeHead(status, { 'content-type': 'text/html', ...headers });
  response.end(`<html><body><h1>Debug</h1><pre>\n${echo}\n</pre></body></html>`);
};

/** Its log, its progress and its answer. */
function tell({ id, params }: Rpc, echo: string, response: ServerResponse): void {
  const { progressToken } = params?._meta ?? {};
  const progress = { progressToken, progress: 1, message: echo };
  const told = [
    { method: 'notifications/message', params: { level: 'info', data: { echo } } },
    ...(progressToken === undefined ? [] : [{ method: 'notifications/progress', params: progress }]),
    { id, result: { content: [{ type: 'text', text: echo }], structuredContent: { echo } } },
  ];
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(told.map((one) => `data: ${JSON.stringify({ jsonrpc: '2.0', ...one })}\n\n`).join(''));
}

function callTool(rpc: Rpc, seen: Seen, response: ServerResponse): void {
  const answer = { jsonrpc: '2.0', id: rpc.id };
  const [echo, whole] = [echoOf(seen), echoOf(seen, false)];
  const content = [{ type: 'text', text: whole }];
  const challenged = (status: number, words: string): void =>
    html(response, status, echo, { 'www-authenticate': `Bearer ${words}${inHeader(echo)}"` });
  const tools: Readonly<Record<string, () => void>> = {
    fails: () => json(response, 200, { ...answer, result: { content, isError: true, _meta: { whole } } }),
    refuses: () =>
      json(response, 200, { ...answer, error: { code: -32_000, message: echo, data: { echo } } }),
    breaks: () => html(response, 500, echo),
    denies: () => challenged(401, 'error="invalid_token", error_description="'),
    asks: () => challenged(403, 'error="insufficient_scope", scope="tools '),
    babbles: () => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(`Bearer ${echo}`);
    },
    tells: () => tell(rpc, whole, response),
    cuts: () => {
      response.destroy();
    },
  };
  const call =
    tools[rpc.params?.name ?? ''] ?? (() => json(response, 200, { ...answer, result: { content } }));
  call();
}

function answerRpc(seen: Seen, response: ServerResponse): void {
  const rpc = seen.method === 'POST' ? (JSON.parse(seen.body) as Rpc) : undefined;
  if (rpc?.id === undefined) {
    response.writeHead(rpc === undefined ? 405 : 202).end();
    return;
  }
  if (rpc.method === 'tools/call') {
    callTool(rpc, seen, response);
    return;
  }
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
    const answers: Readonly<Record<Mood, () => void>> = {
      works: () => json(response, status, good()),
      // Of the refusals that pass: what was ended is not asked for again.
      refuses: () =>
        json(response, 400, { error: 'temporarily_unavailable', error_description: `refused: ${echo}` }),
      ends: () => json(response, 400, { error: 'invalid_grant', error_description: `gone: ${echo}` }),
      breaks: () => html(response, 503, echo),
      babbles: () => html(response, 200, echo, { 'content-type': 'application/json' }),
    };
    answers[server.mood]();
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

  /** What is there for whoever asks: the provider's endpoints, and what says where they are. */
  const open: Readonly<Record<string, (seen: Seen, response: ServerResponse) => void>> = {
    '/token': (seen, response) => provide(seen, response, () => tokens(seen)),
    '/register': (seen, response) => provide(seen, response, registered, 201),
    '/revoke': (seen, response) => provide(seen, response, () => ({})),
    '/device': (seen, response) => provide(seen, response, device),
    '/.well-known/oauth-authorization-server': (_seen, response) => json(response, 200, metadata()),
  };

  function isLetIn(seen: Seen): boolean {
    const bearer = /^Bearer (.+)$/.exec(seen.headers.authorization ?? '')?.[1] ?? '';
    return seen.path === '/keyed' ? seen.headers['x-api-key'] === key : accepted.has(bearer);
  }

  function serve(seen: Seen, response: ServerResponse): void {
    const { path } = seen;
    const { origin } = peer;
    const resource = /^\/\.well-known\/oauth-protected-resource(\/\w+)$/.exec(path)?.[1];
    if (open[path] !== undefined) open[path](seen, response);
    else if (resource !== undefined)
      json(response, 200, { resource: `${origin}${resource}`, authorization_servers: [origin] });
    else if (path.startsWith('/.well-known/')) response.writeHead(404).end();
    else if (isLetIn(seen)) answerRpc(seen, response);
    else {
      const where = `Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource${path}"`;
      const challenge = path === '/keyed' ? `Key said="${inHeader(echoOf(seen))}"` : where;
      html(response, 401, echoOf(seen), { 'www-authenticate': challenge });
    }
  }

  const peer: HttpPeer = await startHttpPeer((seen, response) => serve(seen, response));
  const server: EchoingServer = {
    origin: peer.origin,
    mood: 'works',
    key,
    requests: (path) => peer.seen.filter((seen) => seen.path === path).length,
    close: peer.close,
  };
  return server;
}
