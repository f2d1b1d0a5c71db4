import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RestAnswer, RestRequest } from './rest/api.js';

const PREFIX = '/api/v10';

interface Body {
  readonly body: unknown;
  readonly broken: boolean;
}

async function bodyOf(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  if (text === '') return { body: undefined, broken: false };
  if (!request.headers['content-type']?.startsWith('application/json')) return { body: text, broken: true };
  try {
    return { body: JSON.parse(text), broken: false };
  } catch {
    return { body: text, broken: true };
  }
}

function send(response: ServerResponse, answer: RestAnswer): void {
  if (answer === 'cut') {
    response.destroy();
    return;
  }
  const { status, json, html, headers = {} } = answer;
  const text = html ?? (json === undefined ? '' : JSON.stringify(json));
  const type = html === undefined ? 'application/json' : 'text/html';
  response
    .writeHead(status, {
      ...headers,
      ...(text === '' ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(text) }),
    })
    .end(text);
}

/** REST below `/api/v10`, and WebSocket upgrades, on one port of 127.0.0.1 which it keeps. */
export class HttpDoor {
  readonly port: number;
  readonly #answer: (request: RestRequest) => Promise<RestAnswer>;
  readonly #upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  #server: Server | undefined;

  constructor(
    port: number,
    answer: (request: RestRequest) => Promise<RestAnswer>,
    upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void,
  ) {
    this.port = port;
    this.#answer = answer;
    this.#upgrade = upgrade;
  }

  open(): Promise<void> {
    const server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
    server.on('upgrade', this.#upgrade);
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
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const { body, broken } = await bodyOf(request);
    if (!pathname.startsWith(`${PREFIX}/`)) {
      const json = { message: 'Invalid API version', code: 50041 };
      send(response, { status: 400, json });
      return;
    }
    send(
      response,
      await this.#answer({
        method: request.method ?? 'GET',
        path: decodeURIComponent(pathname.slice(PREFIX.length)),
        query: searchParams,
        body,
        broken,
        authorization: request.headers.authorization,
      }),
    );
  }
}
