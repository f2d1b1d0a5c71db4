import type { FetchLike } from '@modelcontextprotocol/client';
import { GuardedFetchError } from '../errors.js';
import type { HttpServer } from '../types.js';
import type { Lookup } from './guarded-agent.js';
import { asGuardedError, timedOut } from './guarded-failures.js';
import type { Sender } from './guarded-sender.js';
import { isEventStream, readLimited, rebuilt } from './limited-body.js';
import { isNotNow } from './not-now.js';
import { withoutSent } from './provider-echoes.js';
import { type Hop, sendFollowing } from './redirects.js';

export interface GuardedFetchOptions {
  /** `security.allow_private_hosts`: names or addresses that may be private although no server's URL says so. */
  readonly allowPrivateHosts: readonly string[];
  /** How names become addresses; tests map names with it. @default the system's */
  readonly lookup?: Lookup;
  /** @default 10 s */
  readonly connectTimeoutMs?: number;
  /** For a whole metadata, registration, token or revocation answer, redirects included. At most half of a lock's lease: a refresh holds one. @default 10 s */
  readonly totalTimeoutMs?: number;
  /** Of a metadata, registration, token or revocation answer, decoded. @default 1 MiB */
  readonly maxBytes?: number;
  /** Of one answer, or one event of a stream, on the MCP transport. @default 16 MiB */
  readonly maxTransportBytes?: number;
}

/** Every outgoing request that a server's metadata can steer goes through here (threats 8, 9 and 21). */
export interface GuardedFetch {
  /** For metadata, registration, token and revocation requests: short answers, read whole. */
  forServer(server: HttpServer): FetchLike;
  /** For the MCP transport: the same guard, with event streams of any length. */
  transportFor(server: HttpServer): FetchLike;
  close(): Promise<void>;
}

/** The limits of one kind of request. */
interface Limits {
  readonly totalTimeoutMs: number;
  readonly maxBytes: number;
}

/** The caller's own signal and our deadline, on one controller per request: listeners never pile up on the caller's. */
interface Deadline {
  readonly signal: AbortSignal;
  release(): void;
}

function startDeadline(timeoutMs: number, host: string, outer: AbortSignal | null | undefined): Deadline {
  const controller = new AbortController();
  const forward = () => controller.abort(outer?.reason);
  const timer = setTimeout(() => {
    controller.abort(timedOut(host, timeoutMs));
  }, timeoutMs);
  if (outer?.aborted === true) forward();
  outer?.addEventListener('abort', forward, { once: true });
  return {
    signal: controller.signal,
    release: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', forward);
    },
  };
}

const firstHop = (input: string | URL, init: RequestInit | undefined): Hop => ({
  url: input instanceof URL ? input : new URL(input),
  method: (init?.method ?? 'GET').toUpperCase(),
  headers: init?.headers instanceof Headers ? init.headers : new Headers(init?.headers),
  body: init?.body,
});

const isJson = (body: Uint8Array): boolean => {
  try {
    JSON.parse(new TextDecoder().decode(body));
    return true;
  } catch {
    return false;
  }
};

/**
 * A GET here asks for metadata. A server that is ill or busy, or a page in HTML, must not read as "has no metadata": the
 * SDK would go on and register with the MCP server as if it were the authorization server.
 */
function checkMetadata(hop: Hop, response: Response, body: Uint8Array): void {
  const host = hop.url.hostname;
  if (hop.method !== 'GET') return;
  if (isNotNow(response.status))
    throw new GuardedFetchError('http-error', host, `${host} answered ${response.status} for its metadata`);
  if (response.ok && !isJson(body))
    throw new GuardedFetchError(
      'bad-metadata',
      host,
      `${host} answered something else than JSON for its metadata`,
    );
}

function metadataFetch(sender: () => Promise<Sender>, limits: Limits): FetchLike {
  return async (input, init) => {
    const { send } = await sender();
    const hop = firstHop(input, init);
    const host = hop.url.hostname;
    const deadline = startDeadline(limits.totalTimeoutMs, host, init?.signal);
    try {
      const response = await sendFollowing(hop, init?.redirect, (next) => send(next, deadline.signal));
      const body = await readLimited(response, limits.maxBytes, host);
      checkMetadata(hop, response, body);
      return rebuilt(response, withoutSent(hop, response.status, body));
    } catch (error) {
      throw asGuardedError(error, { host, signal: init?.signal });
    } finally {
      deadline.release();
    }
  };
}

function transportFetch(sender: () => Promise<Sender>, { totalTimeoutMs, maxBytes }: Limits): FetchLike {
  return async (input, init) => {
    const { exchange } = await sender();
    const { signal, redirect } = init ?? {};
    const hop = firstHop(input, init);
    const host = hop.url.hostname;
    const untilMs = Date.now() + totalTimeoutMs;
    try {
      const response = await sendFollowing(hop, redirect, (next) =>
        exchange(next, { signal, timeoutMs: Math.max(0, untilMs - Date.now()), maxBytes }),
      );
      if (!response.headers.has('content-encoding')) return response;
      const { decoded } = await import('./content-coding.js');
      const stream = isEventStream(response.headers.get('content-type') ?? '');
      return await decoded(response, { host, maxBytes, stream });
    } catch (error) {
      throw asGuardedError(error, { host, signal });
    }
  };
}

const MIB = 1024 * 1024;

/**
 * `fetch` that connects only where it may: https, or plain http to loopback; public addresses, checked on the address
 * that the socket uses. A private address only where the configured URL of the server names that host, or
 * `security.allow_private_hosts` does. All it throws is a {@link GuardedFetchError} (or the caller's own abort).
 */
export function createGuardedFetch(options: GuardedFetchOptions): GuardedFetch {
  const senders = new Map<string, Promise<Sender>>();

  /** One per configured origin: a pooled connection is only ever reused under the rules that let it be made. */
  const senderFor = (own: URL): Promise<Sender> => {
    const known = senders.get(own.origin);
    if (known !== undefined) return known;
    const { allowPrivateHosts, connectTimeoutMs = 10_000, lookup } = options;
    // Loaded with the first request: undici costs as much at start-up as everything else together.
    const made = import('./guarded-sender.js').then(({ guardedSender }) =>
      guardedSender({ own, allowPrivateHosts, connectTimeoutMs, lookup }),
    );
    senders.set(own.origin, made);
    return made;
  };
  const sender = (server: HttpServer) => {
    const own = new URL(server.url);
    return () => senderFor(own);
  };

  return {
    forServer: (server) =>
      metadataFetch(sender(server), {
        totalTimeoutMs: options.totalTimeoutMs ?? 10_000,
        maxBytes: options.maxBytes ?? MIB,
      }),
    transportFor: (server) =>
      transportFetch(sender(server), {
        totalTimeoutMs: server.timeoutMs,
        maxBytes: options.maxTransportBytes ?? 16 * MIB,
      }),
    close: async () => {
      await Promise.all([...senders.values()].map(async (one) => (await one).close()));
      senders.clear();
    },
  };
}
