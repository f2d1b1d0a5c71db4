import { randomBytes } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import { createAuthorizationServer } from './authorization-server.js';
import { createMcpServers } from './mcp-servers.js';

export interface DemoOptions {
  /** Where the gateway's own listeners will be, `127.0.0.1:8787` and `127.0.0.1:8788`. */
  readonly listen: string;
  readonly localListen: string;
}

export interface Demo {
  /** A config in the words of `config.yaml`: the demo's gateway is configured like any other. */
  readonly config: object;
  /** The key that the weather server asks for: shown to whoever started the demo. */
  readonly apiKey: string;
  readonly password: string;
  stop(): Promise<void>;
}

const PEOPLE = ['ana', 'ben'] as const;
const PASSWORD = 'demo';
const SCOPES = { notes: ['notes:read', 'notes:write'], tickets: ['tickets:read'] } as const;
const TICKETS_TOKEN_SECONDS = 30;
const NOTES_TOKEN_SECONDS = 3600;

/** An authorization server and four MCP servers, on loopback, in this process, in memory. */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const apiKey = `demo-${randomBytes(12).toString('hex')}`;
  const provider = await listen();
  const servers = await listen();
  const tickets = new URL('/tickets/mcp', servers.origin);
  const authorizationServer = createAuthorizationServer({
    issuer: provider.origin,
    people: PEOPLE,
    password: PASSWORD,
    defaultResource: new URL('/notes/mcp', servers.origin),
    accessTokenSeconds: (resource) =>
      resource.href === tickets.href ? TICKETS_TOKEN_SECONDS : NOTES_TOKEN_SECONDS,
    scopes: [...SCOPES.notes, ...SCOPES.tickets],
  });
  provider.serve(authorizationServer.app);
  servers.serve(
    createMcpServers({
      origin: servers.origin,
      issuer: provider.origin,
      grants: authorizationServer.grants,
      apiKey,
      scopes: SCOPES,
    }),
  );
  return {
    config: demoConfig(options, servers.origin),
    apiKey,
    password: PASSWORD,
    async stop() {
      await Promise.all([provider.close(), servers.close()]);
    },
  };
}

function demoConfig(options: DemoOptions, servers: URL): object {
  const at = (name: string) => new URL(`/${name}/mcp`, servers).href;
  return {
    public_url: `http://${options.listen}`,
    listen: options.listen,
    local_listen: options.localListen,
    storage: 'memory',
    access: { users: PEOPLE.map((name) => `web:${name}`), admins: ['web:ana'] },
    platforms: { web: { people: [...PEOPLE] } },
    mcp_servers: {
      clock: { url: at('clock') },
      notes: { url: at('notes'), auth: 'oauth' },
      tickets: { url: at('tickets'), auth: 'oauth' },
      weather: { url: at('weather'), headers: { 'X-API-Key': `\${WEATHER_KEY}` } },
    },
  };
}

interface Listener {
  readonly origin: URL;
  serve(app: Express): void;
  close(): Promise<void>;
}

/** The port must be known before the app exists: its URLs are in the app's metadata. */
async function listen(): Promise<Listener> {
  let handler: RequestListener = (_request, response) => response.writeHead(503).end();
  const server: Server = createServer((request, response) => handler(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: new URL(`http://127.0.0.1:${port}/`),
    serve(app) {
      handler = app;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
