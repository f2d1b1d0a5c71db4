import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** One request as the peer saw it. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface HttpPeer {
  readonly origin: string;
  readonly port: number;
  readonly seen: Seen[];
  /** Connections that are open now. */
  readonly sockets: ReadonlySet<Socket>;
  /** Connections ever made. */
  connections(): number;
  close(): Promise<void>;
}

export type Answer = (request: Seen, response: ServerResponse, raw: IncomingMessage) => void | Promise<void>;

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

/** A plain HTTP server on a free loopback port that answers as told and remembers what it saw. */
export async function startHttpPeer(answer: Answer, host = '127.0.0.1'): Promise<HttpPeer> {
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer(async (raw, response) => {
    try {
      const body = await bodyOf(raw);
      const request = { method: raw.method ?? '', path: raw.url ?? '', headers: raw.headers, body };
      seen.push(request);
      await answer(request, response, raw);
    } catch {
      response.destroy();
    }
  });
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://${host === '::1' ? '[::1]' : host}:${port}`,
    port,
    seen,
    sockets,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
