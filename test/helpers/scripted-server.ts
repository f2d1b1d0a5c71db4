import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Scripted = (request: IncomingMessage, response: ServerResponse) => void;

export interface ScriptedServer {
  readonly origin: string;
  /** `METHOD /path` of every request, in order. */
  readonly requests: readonly string[];
  /** What a path answers; anything else is 404. */
  on(path: string, answer: Scripted): void;
  close(): Promise<void>;
}

export const json =
  (body: unknown, status = 200): Scripted =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };

export const html =
  (status = 200): Scripted =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'text/html' }).end('<!doctype html><title>Welcome</title>');
  };

/** A server that says what the test tells it to say: for the answers that no good server gives. */
export async function startScriptedServer(): Promise<ScriptedServer> {
  const answers = new Map<string, Scripted>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    requests.push(`${request.method} ${pathname}`);
    const answer = answers.get(pathname);
    if (answer === undefined) response.writeHead(404).end();
    else answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    on: (path, answer) => {
      answers.set(path, answer);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
