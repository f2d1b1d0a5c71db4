import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Fields } from './shapes.js';

export interface ApiRequest {
  readonly token: string;
  readonly method: string;
  readonly payload: Fields | 'not-json';
  /** Aborted when the caller goes away. */
  readonly gone: AbortSignal;
}

export type ApiAnswer = { readonly status: number; readonly body: Fields } | 'cut';

const PATH = /^\/bot([^/]+)\/([A-Za-z]+)\/?$/;

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function inJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Objects and lists come as JSON in a form's values. */
function formFields(form: URLSearchParams): Fields {
  return Object.fromEntries(
    [...form].map(([name, value]) => [name, /^[[{]/.test(value) ? (inJson(value) ?? value) : value]),
  );
}

async function payloadOf(request: IncomingMessage, query: URLSearchParams): Promise<Fields | 'not-json'> {
  const body = request.method === 'GET' ? '' : await bodyOf(request);
  const inQuery = formFields(query);
  if (body === '') return inQuery;
  if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
    return { ...inQuery, ...formFields(new URLSearchParams(body)) };
  const parsed = inJson(body);
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    ? { ...inQuery, ...parsed }
    : 'not-json';
}

function send(response: ServerResponse, answer: ApiAnswer): void {
  if (answer === 'cut') {
    response.destroy();
    return;
  }
  const text = JSON.stringify(answer.body);
  response
    .writeHead(answer.status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    })
    .end(text);
}

/** `/bot<token>/<method>` over HTTP on one port of 127.0.0.1, which it keeps when it goes down and comes back. */
export class HttpDoor {
  readonly port: number;
  readonly #answer: (request: ApiRequest) => Promise<ApiAnswer>;
  #server: Server | undefined;

  constructor(port: number, answer: (request: ApiRequest) => Promise<ApiAnswer>) {
    this.port = port;
    this.#answer = answer;
  }

  open(): Promise<void> {
    const server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
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
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const [, token = '', method] = PATH.exec(pathname) ?? [];
    const payload = await payloadOf(request, searchParams);
    if (method === undefined || !['GET', 'POST'].includes(request.method ?? ''))
      send(response, { status: 404, body: { ok: false, error_code: 404, description: 'Not Found' } });
    else
      send(
        response,
        await this.#answer({ token: decodeURIComponent(token), method, payload, gone: gone.signal }),
      );
  }
}
