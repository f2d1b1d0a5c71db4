import type { Client, FetchLike, Implementation } from '@modelcontextprotocol/client';
import { AuthError } from '../auth/errors.js';
import { withoutEchoes as withoutSecrets } from '../auth/requests/echoes.js';
import type { HttpServer, Server, StdioServer } from '../auth/types.js';
import { bearerOf, type TokenSource } from './bearer.js';
import { withBusyServers } from './busy-servers.js';
import { withoutEchoes } from './echoes.js';
import { withFinishedStreamsAsJson } from './finished-streams.js';
import { type Hearing, hearFrom } from './hearing.js';
import { filled, withoutKeys } from './placeholders.js';
import { accessErrorIn, statusOf } from './refusals.js';
import { orAborted } from './time-limit.js';
import {
  type HttpEntry,
  type Lasting,
  type OpenedTransport,
  serverSentEvents,
  stdio,
  streamableHttp,
} from './transports.js';

/** With what a session is opened. */
export interface Entry {
  /** For the server's `${NAME}`s. Undefined: everything that needs one is left out. */
  readonly keys: Readonly<Record<string, string>> | undefined;
  /** Absent: no bearer token, whatever the server says. */
  readonly tokens?: TokenSource;
}

export interface Session {
  readonly client: Client;
  readonly protocolVersion: string;
  readonly software?: string;
}

export interface ConnectOptions {
  /** For requests to this server. */
  readonly fetchFor: (server: HttpServer) => FetchLike;
  readonly clientInfo: Implementation;
  /** Ends the attempt; its reason is thrown. */
  readonly signal: AbortSignal;
  /** Given what was opened, at once: the caller closes it, whatever becomes of the attempt. */
  readonly opened: (close: () => Promise<void>) => void;
  /** For a session that is kept: what it tells by itself, and streams that are opened again. Absent: it lasts for one look. */
  readonly hearing?: Hearing;
}

/** For the server to be told that the session is over. */
const END_WITHIN_MS = 2_000;

function softwareOf(client: Client): string | undefined {
  const server = client.getServerVersion();
  return server === undefined ? undefined : `${server.name} ${server.version}`.slice(0, 100);
}

/** The work, but nobody waits for it longer than `ms`. */
async function bounded(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work.catch(() => {}), late]);
  clearTimeout(timer);
}

async function attempt(
  server: Server,
  { transport, end }: OpenedTransport,
  { clientInfo, signal, opened, hearing }: ConnectOptions,
): Promise<Session> {
  const { Client } = await import('@modelcontextprotocol/client');
  signal.throwIfAborted();
  const timeout = server.connectTimeoutMs;
  // A process that is silent to the probe may be one of the old line: half of the time is left for its own handshake.
  const timeoutMs = server.kind === 'stdio' ? timeout / 2 : timeout;
  const client = new Client(clientInfo, {
    capabilities: {},
    // Servers of either line are met in their own version; silence must not cost the SDK's own 60 s.
    versionNegotiation: { mode: 'auto', probe: { timeoutMs } },
  });
  const connecting = client.connect(transport, { timeout });
  const settled = connecting.then(
    () => true,
    () => false,
  );
  let connected = false;
  opened(async () => {
    if (connected) await bounded(end(), END_WITHIN_MS);
    await client.close().catch(() => {});
    await transport.close().catch(() => {});
    // The SDK asks a second process of its own which line the server speaks: it ends with the attempt.
    if (server.kind === 'stdio') await settled;
  });
  await orAborted(connecting, signal);
  connected = true;
  if (hearing !== undefined) hearFrom(client, hearing, timeout);
  const software = softwareOf(client);
  return {
    client,
    protocolVersion: client.getNegotiatedProtocolVersion() ?? '',
    ...(software === undefined ? {} : { software }),
  };
}

function httpEntry(server: HttpServer, entry: Entry, options: ConnectOptions): HttpEntry {
  const headers = entry.keys === undefined ? withoutKeys(server.headers) : filled(server.headers, entry.keys);
  const fetch = withFinishedStreamsAsJson(withBusyServers(withoutEchoes(options.fetchFor(server))));
  if (entry.tokens === undefined) return { headers, fetch, provider: undefined };
  return { headers, ...bearerOf(entry.tokens, fetch) };
}

const lastingOf = ({ hearing }: ConnectOptions): Lasting => (hearing === undefined ? 'one-look' : 'kept');

/** The older transport is there: it wants a sign-in, a key or more access, or to be asked later. */
function refusesAccess(error: unknown): boolean {
  const status = statusOf(error);
  return status === 401 || status === 403 || accessErrorIn(error) !== undefined;
}

async function connectHttp(server: HttpServer, entry: Entry, options: ConnectOptions): Promise<Session> {
  const http = httpEntry(server, entry, options);
  if (server.kind === 'sse') return await attempt(server, await serverSentEvents(server, http), options);
  try {
    return await attempt(server, await streamableHttp(server, http, lastingOf(options)), options);
  } catch (error) {
    // The specification's backwards compatibility: an old server has no POST at this URL.
    const status = statusOf(error);
    if (status !== 404 && status !== 405) throw error;
    try {
      return await attempt(server, await serverSentEvents(server, http), options);
    } catch (older) {
      // Where neither transport is there, what the first one met says more.
      throw refusesAccess(older) ? older : error;
    }
  }
}

/** Why a process could not be talked to, in words that lead to the config. */
function stdioError(server: StdioServer, error: unknown, lastWords: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'EACCES' || code === 'ENOTDIR')
    return new AuthError(
      'unreachable',
      `cannot start ${server.command}: no such command or folder (${code})`,
    );
  const said = lastWords === '' ? '' : `; its last words: ${lastWords}`;
  if (code === 'CONNECTION_CLOSED' || code === 'EPIPE' || code === 'ERA_NEGOTIATION_FAILED')
    return new AuthError('unreachable', `${server.command} ended before it answered${said}`, undefined, {
      cause: error,
    });
  return error;
}

async function connectStdio(server: StdioServer, entry: Entry, options: ConnectOptions): Promise<Session> {
  const env = entry.keys === undefined ? withoutKeys(server.env) : filled(server.env, entry.keys);
  const opened = await stdio(options.signal, {
    command: server.command,
    args: [...server.args],
    env,
    ...(server.cwd === undefined ? {} : { cwd: server.cwd }),
  });
  try {
    return await attempt(server, opened, options);
  } catch (error) {
    const secrets = Object.values(entry.keys ?? {}).filter((value) => value !== '');
    const said = withoutSecrets(opened.lastWords(), secrets);
    throw stdioError(server, error, said);
  }
}

/** Opens a session over whatever transport the server speaks. @throws what the SDK, guarded fetch or the token source throw */
export function connect(server: Server, entry: Entry, options: ConnectOptions): Promise<Session> {
  return server.kind === 'stdio' ? connectStdio(server, entry, options) : connectHttp(server, entry, options);
}
