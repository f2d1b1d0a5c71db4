import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';

export interface V1Server {
  readonly url: string;
  /** Sessions that are open now. */
  readonly sessions: ReadonlyMap<string, unknown>;
  /** Headers of every request. */
  readonly headers: IncomingMessage['headers'][];
  sockets(): Promise<number>;
  close(): Promise<void>;
}

export interface V1Options {
  readonly pages?: readonly (readonly string[])[];
  /** How it refuses to call a tool, whoever asks. @default of: any tool */
  readonly refuseCalls?: { readonly status: 401 | 403; readonly challenge: string; readonly of?: string };
  /** Answers instead of the server; true: it did. */
  readonly before?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

function toolServer(pages: readonly (readonly string[])[]): Server {
  const server = new Server({ name: 'v1', version: '1.2.3' }, { capabilities: { tools: {} } });
  server.setRequestHandler(CallToolRequestSchema, ({ params }) => ({
    content: [{ type: 'text', text: `${params.name} did it.` }],
    isError: params.name.startsWith('failing'),
  }));
  server.setRequestHandler(ListToolsRequestSchema, ({ params }) => {
    const page = Number(params?.cursor ?? '0');
    const tools = (pages[page] ?? []).map((name) => ({
      name,
      description: `Does ${name}.`,
      inputSchema: { type: 'object' as const, ...(name.startsWith('needing') ? { required: ['what'] } : {}) },
      ...(name.startsWith('destroying') ? { annotations: { destructiveHint: true } } : {}),
    }));
    return page + 1 < pages.length ? { tools, nextCursor: String(page + 1) } : { tools };
  });
  return server;
}

type Handle = (request: IncomingMessage, response: ServerResponse, url: URL, body: unknown) => Promise<void>;

interface Message {
  readonly method?: string;
  readonly params?: { readonly name?: string };
}

/** What a POST says; undefined leaves it unread. */
async function messageIn(request: IncomingMessage): Promise<Message> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return JSON.parse(text) as Message;
}

const isCall = ({ method, params }: Message, of: string | undefined): boolean =>
  method === 'tools/call' && (of === undefined || params?.name === of);

async function serve(
  handle: Handle,
  sessions: ReadonlyMap<string, unknown>,
  { before, refuseCalls }: V1Options,
  path: string,
): Promise<V1Server> {
  const headers: IncomingMessage['headers'][] = [];
  const server = createServer((request, response) => {
    headers.push(request.headers);
    if (before?.(request, response) === true) return;
    const answer = async () => {
      const reads = refuseCalls !== undefined && request.method === 'POST';
      const body = reads ? await messageIn(request) : undefined;
      if (body !== undefined && refuseCalls !== undefined && isCall(body, refuseCalls.of))
        response.writeHead(refuseCalls.status, { 'www-authenticate': refuseCalls.challenge }).end();
      else await handle(request, response, new URL(request.url ?? '/', 'http://localhost'), body);
    };
    answer().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${path}`,
    sessions,
    headers,
    sockets: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Streamable HTTP on the maintenance line of the SDK, with sessions: what most deployed servers still speak. */
export async function startV1Server(options: V1Options = {}): Promise<V1Server> {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  return await serve(
    async (request, response, _url, body) => {
      const known = sessions.get(String(request.headers['mcp-session-id']));
      if (known !== undefined) return await known.handleRequest(request, response, body);
      const transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (id) => void sessions.set(id, transport),
        onsessionclosed: (id) => void sessions.delete(id),
      });
      await toolServer(options.pages ?? [['echo']]).connect(transport);
      await transport.handleRequest(request, response, body);
    },
    sessions,
    options,
    '/mcp',
  );
}

/** HTTP with server-sent events only, as before 2025-03-26: a POST to its URL is 404. */
export async function startSseServer(options: V1Options = {}): Promise<V1Server> {
  const sessions = new Map<string, SSEServerTransport>();
  return await serve(
    async (request, response, url, body) => {
      if (request.method === 'POST' && url.pathname === '/message') {
        const transport = sessions.get(url.searchParams.get('sessionId') ?? '');
        if (transport === undefined) response.writeHead(404).end();
        else await transport.handlePostMessage(request, response, body);
        return;
      }
      if (request.method !== 'GET' || url.pathname !== '/sse') {
        response.writeHead(404).end();
        return;
      }
      const transport = new SSEServerTransport('/message', response);
      sessions.set(transport.sessionId, transport);
      response.on('close', () => sessions.delete(transport.sessionId));
      await toolServer(options.pages ?? [['echo']]).connect(transport);
    },
    sessions,
    options,
    '/sse',
  );
}
