import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import type { AuthorizationServer } from './authorization-server.js';
import { type EverythingServer, startEverythingServer } from './everything-server.js';

export interface ProtectedServerOptions {
  /** What stands behind the check. @default a spawned server-everything */
  readonly upstream?: { readonly url: string };
  /** `resource_metadata` and `scope` in the 401 (RFC 9728 §5.1). @default true */
  readonly challenge?: boolean;
  /** Runs before every request; answering there replaces the server's own answer. */
  readonly before?: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
}

/** Whose tokens it takes. */
export type TokenIssuer = Pick<AuthorizationServer, 'issuer' | 'jwksUri' | 'resources' | 'scope'>;

export interface ProtectedServer {
  /** The MCP endpoint, which is also its resource identifier. */
  readonly url: string;
  /** `metadata`: RFC 9728. `refused`: answered 401. `passed`: went on to the MCP server. */
  readonly counts: { metadata: number; refused: number; passed: number };
  /** Subjects of the tokens that passed, in order: who really was connected. */
  readonly callers: string[];
  /** Access tokens that are refused although they verify: one whose grant was withdrawn. */
  readonly refusedTokens: Set<string>;
  resetCounts(): void;
  close(): Promise<void>;
}

const METADATA = '/.well-known/oauth-protected-resource/mcp';

function pass(upstream: string, request: IncomingMessage, response: ServerResponse): void {
  const { authorization: _token, host: _host, ...headers } = request.headers;
  const onward = httpRequest(upstream, { method: request.method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end();
  });
  response.on('close', () => onward.destroy());
  request.pipe(onward);
}

/**
 * An MCP server that needs a token of the given authorization server: a reverse proxy that checks the JWT's signature,
 * issuer, audience (RFC 8707) and expiry against the server's published keys, in front of a server that nobody here
 * wrote.
 */
export async function startProtectedServer(
  authorizationServer: TokenIssuer,
  options: ProtectedServerOptions = {},
): Promise<ProtectedServer> {
  const spawned: EverythingServer | undefined =
    options.upstream === undefined ? await startEverythingServer() : undefined;
  const upstream = options.upstream?.url ?? spawned?.url ?? '';
  const keys = createRemoteJWKSet(new URL(authorizationServer.jwksUri));
  const counts = { metadata: 0, refused: 0, passed: 0 };
  const callers: string[] = [];
  const refusedTokens = new Set<string>();

  async function callerOf(request: IncomingMessage): Promise<string | undefined> {
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined || refusedTokens.has(token)) return undefined;
    try {
      const check = { issuer: authorizationServer.issuer, audience: url };
      return (await jwtVerify(token, keys, check)).payload.sub ?? 'nobody';
    } catch {
      return undefined;
    }
  }

  function refuse(response: ServerResponse): void {
    counts.refused += 1;
    const where = `resource_metadata="${origin}${METADATA}", scope="${authorizationServer.scope}"`;
    const challenge = options.challenge === false ? 'Bearer' : `Bearer ${where}`;
    response.writeHead(401, { 'www-authenticate': challenge }).end();
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await options.before?.(request, response);
    if (response.headersSent || response.writableEnded) return;
    const { pathname } = new URL(request.url ?? '/', origin);
    if (pathname === METADATA) {
      counts.metadata += 1;
      response.writeHead(200, { 'content-type': 'application/json' }).end(metadata);
      return;
    }
    if (pathname !== '/mcp') {
      response.writeHead(404).end();
      return;
    }
    const caller = await callerOf(request);
    if (caller === undefined) return refuse(response);
    counts.passed += 1;
    callers.push(caller);
    pass(upstream, request, response);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `${origin}/mcp`;
  const metadata = JSON.stringify({
    resource: url,
    authorization_servers: [authorizationServer.issuer],
    scopes_supported: [authorizationServer.scope],
    bearer_methods_supported: ['header'],
  });
  authorizationServer.resources.add(url);
  return {
    url,
    counts,
    callers,
    refusedTokens,
    resetCounts: () => {
      Object.assign(counts, { metadata: 0, refused: 0, passed: 0 });
      callers.length = 0;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await spawned?.close();
    },
  };
}
