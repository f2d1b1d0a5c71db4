import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Server as V1 } from '@modelcontextprotocol/sdk/server/index.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
  CallToolRequestSchema,
  GetPromptRequestSchema,
  InitializeRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { createMcpHandler, ProtocolError, Server as V2 } from '@modelcontextprotocol/server';

export type Line = 'v1' | 'v2' | 'sse';

export interface SessionServer {
  readonly url: string;
  /** Tools that were really run, by name, in order. */
  readonly ran: string[];
  /** Calls of `slow` whose client gave up. */
  readonly cancelled: string[];
  /** `Authorization` of each call of a tool. */
  readonly callers: (string | undefined)[];
  /** Handshakes so far. */
  opened(): number;
  /** Answers instead of the server; true: it did. */
  before: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Lets the calls of `slow` answer. */
  release(): void;
  /** Breaks the connections that are open now. */
  cut(): void;
  /** As a restart does: the sessions are unknown from now on. */
  forgetSessions(): void;
  toolsChanged(): void;
  /** Answers that have begun or are waited for. */
  unanswered(): number;
  close(): Promise<void>;
}

const TOOLS = ['echo', 'slow', 'steps', 'failing', 'refusing', 'logs', 'secret_tool'];
const listed = TOOLS.map((name) => ({
  name,
  description: `Does ${name}.`,
  inputSchema: { type: 'object' as const },
}));

/** What a tool needs of the request that it answers, in either line of the SDK. */
interface Surroundings {
  readonly signal: AbortSignal;
  readonly progressToken: string | number | undefined;
  notify(method: string, params: Record<string, unknown>): Promise<void>;
}

class Tools {
  readonly ran: string[] = [];
  readonly cancelled: string[] = [];
  readonly #held = new Set<() => void>();

  release(): void {
    for (const resume of this.#held) resume();
    this.#held.clear();
  }

  async run(name: string, args: Record<string, unknown>, around: Surroundings) {
    this.ran.push(name);
    if (name === 'slow') await this.#hold(around.signal);
    if (name === 'steps') await this.#steps(around);
    if (name === 'logs')
      await around.notify('notifications/message', { level: 'info', logger: 'tools', data: { at: 'work' } });
    const text = typeof args.text === 'string' ? args.text : `${name} did it.`;
    return { content: [{ type: 'text' as const, text }], isError: name === 'failing' };
  }

  #hold(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#held.add(resolve);
      signal.addEventListener('abort', () => {
        this.cancelled.push('slow');
        resolve();
      });
    });
  }

  async #steps({ progressToken, notify }: Surroundings): Promise<void> {
    for (let progress = 1; progress <= 3 && progressToken !== undefined; progress += 1)
      await notify('notifications/progress', { progressToken, progress, total: 3 });
  }
}

const capabilities = { tools: { listChanged: true }, resources: {}, prompts: {}, logging: {} };
const resources = [{ uri: 'note://1', name: 'a note' }];
const noteAt = (uri: string) => ({ contents: [{ uri, mimeType: 'text/plain', text: 'noted' }] });
const prompts = [{ name: 'greet', arguments: [{ name: 'who', required: true }] }];
const greeting = (who: string) => ({
  messages: [{ role: 'user' as const, content: { type: 'text' as const, text: `Greet ${who}` } }],
});

const serverInfo = { name: 'sessions', version: '1.0.0' };

function v1Server(tools: Tools, refusal: string, protocolVersion?: string): V1 {
  const server = new V1(serverInfo, { capabilities });
  if (protocolVersion !== undefined)
    server.setRequestHandler(InitializeRequestSchema, () => ({ protocolVersion, capabilities, serverInfo }));
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: listed }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    if (params.name === 'refusing') throw new McpError(-32602, refusal);
    return await tools.run(params.name, params.arguments ?? {}, {
      signal: extra.signal,
      progressToken: params._meta?.progressToken,
      notify: (method, rest) => extra.sendNotification({ method, params: rest } as never),
    });
  });
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources }));
  server.setRequestHandler(ReadResourceRequestSchema, ({ params }) => noteAt(params.uri));
  server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts }));
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => greeting(params.arguments?.who ?? ''));
  return server;
}

function v2Server(tools: Tools, refusal: string): V2 {
  const server = new V2({ name: 'sessions', version: '2.0.0' }, { capabilities });
  server.setRequestHandler('tools/list', () => ({ tools: listed }));
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    if (params.name === 'refusing') throw new ProtocolError(-32602, refusal);
    return await tools.run(params.name, params.arguments ?? {}, {
      signal: context.mcpReq.signal,
      progressToken: params._meta?.progressToken,
      notify: (method, rest) => context.mcpReq.notify({ method, params: rest } as never),
    });
  });
  server.setRequestHandler('resources/list', () => ({ resources }));
  server.setRequestHandler('resources/read', ({ params }) => noteAt(params.uri));
  server.setRequestHandler('prompts/list', () => ({ prompts }));
  server.setRequestHandler('prompts/get', ({ params }) => greeting(params.arguments?.who ?? ''));
  return server;
}

interface Serving {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  opened(): number;
  forgetSessions(): void;
  toolsChanged(): void;
  close(): Promise<void>;
}

/** Streamable HTTP with sessions, as of 2025-11-25. An unknown session is answered as the specification says, or 400. */
function serveV1(make: () => V1, unknown: 404 | 400): Serving {
  const sessions = new Map<string, { transport: StreamableHTTPServerTransport; server: V1 }>();
  let opened = 0;
  return {
    async handle(request, response) {
      const id = request.headers['mcp-session-id'];
      const known = sessions.get(String(id));
      if (known !== undefined) return await known.transport.handleRequest(request, response);
      if (id !== undefined) {
        const error = { code: -32000, message: 'Bad Request: No valid session ID provided' };
        response
          .writeHead(unknown, { 'content-type': 'application/json' })
          .end(JSON.stringify({ jsonrpc: '2.0', error, id: null }));
        return;
      }
      const server = make();
      const transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (session) => {
          opened += 1;
          sessions.set(session, { transport, server });
        },
        onsessionclosed: (session) => void sessions.delete(session),
      });
      await server.connect(transport);
      await transport.handleRequest(request, response);
    },
    opened: () => opened,
    forgetSessions: () => sessions.clear(),
    toolsChanged: () => {
      for (const { server } of sessions.values()) void server.sendToolListChanged();
    },
    close: async () => {},
  };
}

function serveSse(make: () => V1): Serving {
  const sessions = new Map<string, { transport: SSEServerTransport; server: V1 }>();
  let opened = 0;
  return {
    async handle(request, response) {
      const url = new URL(request.url ?? '/', 'http://localhost');
      if (request.method === 'POST' && url.pathname === '/message') {
        const known = sessions.get(url.searchParams.get('sessionId') ?? '');
        if (known === undefined) response.writeHead(404).end();
        else await known.transport.handlePostMessage(request, response);
        return;
      }
      if (request.method !== 'GET') return void response.writeHead(404).end();
      const transport = new SSEServerTransport('/message', response);
      const server = make();
      opened += 1;
      sessions.set(transport.sessionId, { transport, server });
      await server.connect(transport);
    },
    opened: () => opened,
    forgetSessions: () => sessions.clear(),
    toolsChanged: () => {
      for (const { server } of sessions.values()) void server.sendToolListChanged();
    },
    close: async () => {},
  };
}

/** The line of 2026-07-28: each request stands for itself. */
function serveV2(make: () => V2): Serving {
  let opened = 0;
  const handler = createMcpHandler(make, { legacy: 'reject' });
  const listener = getRequestListener(
    async (request) => {
      if ((await request.clone().text()).includes('"server/discover"')) opened += 1;
      return await handler.fetch(request);
    },
    { overrideGlobalObjects: false },
  );
  return {
    handle: async (request, response) => void (await listener(request, response)),
    opened: () => opened,
    forgetSessions: () => {},
    toolsChanged: () => void handler.notify.toolsChanged(),
    close: () => handler.close(),
  };
}

export interface SessionServerOptions {
  /** How `v1` answers to a session that it does not know. @default 404 */
  readonly unknown?: 404 | 400;
  /** What the tool `refusing` says. */
  readonly refusal?: string;
  /** What a server of the old line answers to `initialize`, in place of what it speaks. */
  readonly protocolVersion?: string;
}

/** A server with sessions that the test disturbs. */
export async function startSessionServer(
  line: Line,
  { unknown = 404, refusal = 'what is that?', protocolVersion }: SessionServerOptions = {},
): Promise<SessionServer> {
  const tools = new Tools();
  const callers: (string | undefined)[] = [];
  const made = {
    v1: () => serveV1(() => v1Server(tools, refusal, protocolVersion), unknown),
    v2: () => serveV2(() => v2Server(tools, refusal)),
    sse: () => serveSse(() => v1Server(tools, refusal, protocolVersion)),
  }[line]();
  let unanswered = 0;
  const http = createServer((request, response) => {
    unanswered += 1;
    response.on('close', () => {
      unanswered -= 1;
    });
    if (server.before(request, response)) return;
    if (request.method === 'POST') callers.push(request.headers.authorization);
    made.handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const server: SessionServer = {
    url: `http://127.0.0.1:${port}/mcp`,
    ran: tools.ran,
    cancelled: tools.cancelled,
    callers,
    opened: made.opened,
    before: () => false,
    release: () => tools.release(),
    cut: () => http.closeAllConnections(),
    forgetSessions: made.forgetSessions,
    toolsChanged: made.toolsChanged,
    unanswered: () => unanswered,
    close: async () => {
      tools.release();
      await made.close();
      http.closeAllConnections();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
  return server;
}
