import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Fields } from './shapes.js';

export interface DoorRequest {
  readonly method: string;
  readonly path: string;
  readonly type: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

export type DoorAnswer =
  | {
      readonly status: number;
      readonly body: Fields | string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | 'cut';

export interface DoorDeps {
  readonly answer: (request: DoorRequest) => Promise<DoorAnswer>;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, answer: DoorAnswer): void {
  if (answer === 'cut') {
    response.destroy();
    return;
  }
  const isText = typeof answer.body === 'string';
  const text = isText ? String(answer.body) : JSON.stringify(answer.body);
  const type = isText ? 'text/html' : 'application/json; charset=utf-8';
  response.writeHead(answer.status, { 'content-type': type, ...answer.headers }).end(text);
}

/** One port of 127.0.0.1 for all that Slack serves, which it keeps when it goes down and comes back. */
export class HttpDoor {
  readonly port: number;
  readonly #deps: DoorDeps;
  #server: Server | undefined;

  constructor(port: number, deps: DoorDeps) {
    this.port = port;
    this.#deps = deps;
  }

  open(): Promise<void> {
    const server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
    server.on('upgrade', this.#deps.upgrade);
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
  }

  close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const { authorization, 'content-type': type = '' } = request.headers;
    const body = await bodyOf(request);
    const { method = 'GET' } = request;
    send(response, await this.#deps.answer({ method, path: pathname, type, authorization, body }));
  }
}
