import { timingSafeEqual } from 'node:crypto';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import {
  getOAuthProtectedResourceMetadataUrl,
  mcpAuthMetadataRouter,
} from '@modelcontextprotocol/sdk/server/auth/router.js';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { OAuthMetadata } from '@modelcontextprotocol/sdk/shared/auth.js';
import express from 'express';
import type { Grants } from './grants.js';
import { clockServer, notesServer, ticketsServer, weatherServer } from './tools.js';

export interface DemoServersOptions {
  readonly origin: URL;
  readonly issuer: URL;
  readonly grants: Grants;
  readonly apiKey: string;
  readonly scopes: Readonly<Record<'notes' | 'tickets', readonly string[]>>;
}

/** One request, one server: stateless, so that nothing of a person outlives their request. */
function serve(make: (request: express.Request) => McpServer): express.RequestHandler {
  return async (request, response) => {
    if (request.method !== 'POST') {
      response.status(405).set('Allow', 'POST').json({ error: 'This server answers POST only.' });
      return;
    }
    const server = make(request);
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
    response.on('close', () => {
      void transport.close();
      void server.close();
    });
    await server.connect(transport as Parameters<McpServer['connect']>[0]);
    await transport.handleRequest(request, response, request.body);
  };
}

/** The four kinds of server that a gateway meets: open, OAuth, OAuth with short-lived rotating tokens, API key. */
export function createMcpServers(options: DemoServersOptions): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json({ limit: '1mb' }));
  app.all('/clock/mcp', serve(clockServer));
  const notes = new Map<string, string[]>();
  protect(
    app,
    options,
    'notes',
    serve((request) => notesServer(notes, loginOf(request))),
  );
  protect(
    app,
    options,
    'tickets',
    serve((request) => ticketsServer(loginOf(request))),
  );
  app.all('/weather/mcp', requireApiKey(options.apiKey), serve(weatherServer));
  return app;
}

function protect(
  app: express.Express,
  options: DemoServersOptions,
  name: 'notes' | 'tickets',
  handler: express.RequestHandler,
): void {
  const resource = new URL(`/${name}/mcp`, options.origin);
  app.use(
    mcpAuthMetadataRouter({
      oauthMetadata: { issuer: options.issuer.href } as OAuthMetadata,
      resourceServerUrl: resource,
      scopesSupported: [...options.scopes[name]],
      resourceName: `Demo ${name}`,
    }),
  );
  const bearer = requireBearerAuth({
    verifier: { verifyAccessToken: async (token) => options.grants.verify(token) },
    requiredScopes: [...options.scopes[name]],
    resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resource),
    expectedResource: resource,
  });
  app.all(resource.pathname, bearer, handler);
}

function requireApiKey(apiKey: string): express.RequestHandler {
  const expected = Buffer.from(apiKey);
  return (request, response, next) => {
    const given = Buffer.from(request.get('x-api-key') ?? '');
    if (given.length === expected.length && timingSafeEqual(given, expected)) return next();
    response.status(401).json({ error: 'Send the API key in X-API-Key.' });
  };
}

function loginOf(request: express.Request): string {
  const { auth } = request as { auth?: { extra?: { login?: unknown } } };
  return String(auth?.extra?.login ?? '');
}
