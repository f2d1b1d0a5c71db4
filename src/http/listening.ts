import { createServer, type IncomingMessage, type ServerOptions, type ServerResponse } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { OpenAnswers } from './graceful-close.js';
import { listenError } from './listen-error.js';

/** Something that answers requests: served by a listener of ours, or mounted in a host's own server. */
export interface WebApp {
  /** `bindings` is what `@hono/node-server` passes along: the socket's facts. */
  fetch(request: Request, bindings?: object): Response | Promise<Response>;
  /** Loads its code, where its first request would otherwise. */
  load?(): Promise<unknown>;
}

export interface ListenOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** The config's name for this address, for error messages. */
  readonly setting?: string;
  /** Told of what goes wrong once it listens (no file handle left for a new connection): no reason for the process to end. */
  readonly onError?: (error: Error) => void;
  /** How long a request may take to arrive whole; then its connection ends with a 408. @default 20 s */
  readonly arrivalMs?: number;
  /** How long `close` waits for answers under way. */
  readonly graceMs?: number;
}

export interface Listening {
  /** `http://127.0.0.1:8787`, with the port that was really opened. */
  readonly url: string;
  readonly port: number;
  /** Loads what turns connections into requests, and the app: else the first request does. */
  load(): Promise<void>;
  /** Takes no more connections, ends streams, lets answers under way finish, then ends what is left. May be called twice. */
  close(): Promise<void>;
}

/** Slow senders are cut off; an answer may take as long as its stream lives. */
function serverOptions(arrivalMs: number): ServerOptions {
  return {
    maxHeaderSize: 16 * 1024,
    headersTimeout: arrivalMs / 2,
    requestTimeout: arrivalMs,
    keepAliveTimeout: 5_000,
    connectionsCheckingInterval: arrivalMs / 10,
  };
}

/** Made once for all who ask. What failed is tried again by the next: too many open files are no reason for ever. */
function onceMade<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/** A web app whose code is loaded by `load`, or else with its first request. */
export function lateApp(make: () => Promise<WebApp>): WebApp & { load(): Promise<WebApp> } {
  const load = onceMade(make);
  return { load, fetch: async (request, bindings) => (await load()).fetch(request, bindings) };
}

function plainAnswer(status: number): Response {
  return new Response(`${status === 400 ? 'Bad request' : 'Try again later'}\n`, {
    status,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' },
  });
}

/** `[::1]` in URLs, RFC 3986 §3.2.2. */
function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

type Listener = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

async function listenerFor(app: WebApp, open: OpenAnswers): Promise<Listener> {
  const { getRequestListener } = await import('@hono/node-server');
  const answer = async (request: Request, bindings: { outgoing: unknown }): Promise<Response> => {
    const { outgoing } = bindings as HttpBindings;
    const response = await app.fetch(request, bindings);
    return open.answered(outgoing, response);
  };
  // The listener would by default put classes of its own in place of the global Request and Response, and every
  // `instanceof Response` on what `fetch` returns would turn false: the MCP SDK then takes `invalid_grant` for a server error.
  return getRequestListener(answer, {
    overrideGlobalObjects: false,
    errorHandler: (error) => plainAnswer(error instanceof Error && error.name === 'RequestError' ? 400 : 500),
  });
}

/**
 * Serves an app on an address of its own.
 * @throws {ListenError} where the address cannot be opened, with the remedy
 */
export async function listenOn(app: WebApp, options: ListenOptions): Promise<Listening> {
  const { host, port, setting = 'listen', onError = () => {} } = options;
  const { arrivalMs = 20_000, graceMs = 4_000 } = options;
  const open = new OpenAnswers();
  const listener = onceMade(() => listenerFor(app, open));
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> =>
    (await listener())(incoming, outgoing);
  const server = createServer(serverOptions(arrivalMs), (incoming, outgoing: ServerResponse) => {
    open.began(outgoing);
    answer(incoming, outgoing).catch((error: Error) => {
      outgoing.destroy();
      onError(error);
    });
  });
  server.on('connection', (socket) => open.connected(socket));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, host, port, setting)));
    server.listen(port, host, resolve);
  });
  server.removeAllListeners('error').on('error', onError);
  const address = server.address();
  const opened = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${urlHost(host)}:${opened}`,
    port: opened,
    load: async () => void (await Promise.all([listener(), app.load?.()])),
    close: () => open.close(server, graceMs),
  };
}
