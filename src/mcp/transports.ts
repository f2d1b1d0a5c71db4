import type { AuthProvider, FetchLike, Transport } from '@modelcontextprotocol/client';
import type { StdioServerParameters } from '@modelcontextprotocol/client/stdio';
import type { HttpServer } from '../auth/types.js';
import { RequestsUnderWay } from './requests-under-way.js';
import { SseRefusals } from './sse-refusals.js';

/** What an HTTP transport is made with. */
export interface HttpEntry {
  readonly fetch: FetchLike;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent where keys are all that the server takes. */
  readonly provider: AuthProvider | undefined;
}

/** The SDK is loaded with the first session: it costs more than a whole start. */
const loadSdk = () => import('@modelcontextprotocol/client');

/** How long a session is to last: one look is short, and a stream that breaks is not opened again. */
export type Lasting = 'one-look' | 'kept';

const reconnection = (lasting: Lasting) => ({
  maxRetries: lasting === 'kept' ? 5 : 0,
  initialReconnectionDelay: 1000,
  maxReconnectionDelay: 30_000,
  reconnectionDelayGrowFactor: 2,
});

const MINUTE_MS = 60_000;
const SHORTEST_PAUSE_MS = 500;

/**
 * When a stream that ended is opened again. Servers may ask for no pause at all, and one that ends each stream at once would
 * be asked without a pause: each time within a minute doubles it.
 */
export function reconnections(
  now: () => number = Date.now,
): (again: () => void, delayMs: number) => () => void {
  let recent: readonly number[] = [];
  return (again, delayMs) => {
    recent = [...recent.filter((atMs) => now() - atMs < MINUTE_MS), now()].slice(-10);
    const pauseMs = Math.min(MINUTE_MS, Math.max(delayMs, SHORTEST_PAUSE_MS * 2 ** (recent.length - 1)));
    const timer = setTimeout(again, pauseMs);
    timer.unref();
    return () => clearTimeout(timer);
  };
}

export interface OpenedTransport {
  readonly transport: Transport;
  /** Tells the server that the session is over, where the transport has a way to. */
  end(): Promise<void>;
  /** The last line that the server's process wrote to standard error. */
  lastWords(): string;
}

const quiet = { end: async () => {}, lastWords: () => '' };

/** Streamable HTTP. A step-up is not tried here: the person is told which access is missing. */
export async function streamableHttp(
  server: HttpServer,
  entry: HttpEntry,
  lasting: Lasting,
): Promise<OpenedTransport> {
  const { StreamableHTTPClientTransport } = await loadSdk();
  const requests = new RequestsUnderWay();
  const transport = new StreamableHTTPClientTransport(new URL(server.url), {
    fetch: requests.fetch(entry.fetch),
    requestInit: { headers: { ...entry.headers } },
    reconnectionOptions: reconnection(lasting),
    reconnectionScheduler: reconnections(),
    onInsufficientScope: 'throw',
    ...(entry.provider === undefined ? {} : { authProvider: entry.provider }),
  });
  requests.attach(transport);
  return { ...quiet, transport, end: () => transport.terminateSession() };
}

/** HTTP with server-sent events, as before 2025-03-26. */
export async function serverSentEvents(server: HttpServer, entry: HttpEntry): Promise<OpenedTransport> {
  const sdk = await loadSdk();
  const url = new URL(server.url);
  const refusals = new SseRefusals(sdk, url.hostname);
  const transport = new sdk.SSEClientTransport(url, {
    fetch: refusals.fetch(entry.fetch),
    requestInit: { headers: { ...entry.headers } },
    ...(entry.provider === undefined ? {} : { authProvider: refusals.provider(entry.provider) }),
  });
  refusals.attach(transport);
  return { ...quiet, transport };
}

const STDERR_KEPT = 2000;

/** A process of its own, never started once `signal` aborted. What it writes to standard error is read, so that it never blocks, and kept out of ours. */
export async function stdio(
  signal: AbortSignal,
  parameters: Omit<StdioServerParameters, 'stderr'>,
): Promise<OpenedTransport> {
  const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio');
  const transport = new StdioClientTransport({ ...parameters, stderr: 'pipe' });
  const start = transport.start.bind(transport);
  transport.start = async () => {
    signal.throwIfAborted();
    await start();
  };
  let tail = '';
  transport.stderr?.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString('utf8')).slice(-STDERR_KEPT);
  });
  return { ...quiet, transport, lastWords: () => tail.trim().split('\n').at(-1) ?? '' };
}
