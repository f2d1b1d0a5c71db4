import type { FetchLike, Implementation } from '@modelcontextprotocol/client';
import { failureOf } from '../auth/errors.js';
import type { HttpServer, Subject } from '../auth/types.js';
import type { Log } from '../observability/log.js';
import { connect } from './connect.js';
import { type EntryDeps, entryWith, keysOf, noted, observed, type SentSecrets } from './entries.js';
import {
  type Asked,
  callTool,
  getPrompt,
  listOf,
  type RequestLimits,
  readResource,
} from './session-calls.js';
import { failureToTell, type Verdict, verdictOn, verdictOnOpening } from './session-failures.js';
import {
  type Opening,
  type OpenSession,
  type Pooled,
  type PooledEvents,
  SessionPool,
} from './session-pool.js';
import type {
  CallOptions,
  McpSession,
  McpSessions,
  PromptDescription,
  ResourceDescription,
  SessionFailure,
  SessionKey,
  SessionOptions,
  ToolDescription,
} from './session-types.js';
import { SessionError } from './session-types.js';
import { orAborted } from './time-limit.js';
import { isSelected, selected } from './tool-list.js';
import type { ProbeResult } from './types.js';

export interface McpSessionsOptions extends EntryDeps {
  /** Guarded fetch's `transportFor`. */
  readonly fetchFor: (server: HttpServer) => FetchLike;
  readonly log: Log;
  readonly now?: () => number;
  /** What servers are told of us. */
  readonly clientInfo: Implementation;
  /** Is told what calls showed about a person's access: for the status. */
  readonly learn: (server: string, subject: Subject, result: ProbeResult | 'works') => void;
  /** The server says that its tools are others than before. */
  readonly toolsChanged?: (server: string, subject: Subject) => void;
  /** Over HTTP at most. @default 256 */
  readonly most?: number;
  /** Processes at most. @default 32 */
  readonly mostProcesses?: number;
  /** A session unused for so long is closed. @default 5 minutes */
  readonly idleMs?: number;
}

const IDLE_MS = 5 * 60_000;

/** A session that could not be opened, and what went along until then. */
class OpeningError extends Error {
  override readonly name = 'OpeningError';
  constructor(
    readonly sent: SentSecrets,
    cause: unknown,
  ) {
    super('no session', { cause });
  }
}

type Operation<T> = (asked: Asked) => Promise<T>;

/** One call by one person. */
interface Call<T> {
  readonly key: SessionKey;
  readonly options: SessionOptions & CallOptions;
  readonly operation: Operation<T>;
}

interface Done<T> {
  readonly kind: 'done';
  readonly value: T;
}

type Attempt<T> =
  | Done<T>
  | {
      readonly kind: 'failed';
      readonly verdict: Verdict;
      readonly sent: SentSecrets;
      readonly opened: boolean;
    };

const NOTHING_SENT: SentSecrets = {
  keys: false,
  token: false,
  values: {},
  secrets: () => [],
  without: (said) => said,
};
const KEY_MISSING: Verdict = { kind: 'access', refusal: { kind: 'needs-key', reason: 'missing' } };

function notOpened(error: unknown): Attempt<never> {
  const { sent, cause } = error instanceof OpeningError ? error : { sent: NOTHING_SENT, cause: error };
  return { kind: 'failed', verdict: verdictOnOpening(cause, sent), sent, opened: false };
}

/** What could not be noted or asked for: our own storage failed, whatever the server said. */
function storageAway(error: unknown): SessionFailure {
  const failure = failureOf(error);
  if (failure.code !== 'store-unavailable') throw error;
  return { kind: 'unavailable', failure };
}

/** The caller's wish, and never more than the server's own limit. */
function limitsOf(
  { server }: SessionKey,
  { signal, onProgress, timeoutMs = server.timeoutMs }: CallOptions,
  sent: SentSecrets,
): RequestLimits {
  return {
    timeoutMs: Math.min(timeoutMs, server.timeoutMs),
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress: (told) => onProgress(sent.without(told)) }),
  };
}

class Sessions implements McpSessions {
  readonly #options: McpSessionsOptions;
  readonly #pool: SessionPool;

  constructor(options: McpSessionsOptions) {
    this.#options = options;
    this.#pool = new SessionPool({
      open: (opening, events, signal) => this.#open(opening, events, signal),
      now: options.now ?? Date.now,
      most: options.most ?? 256,
      mostProcesses: options.mostProcesses ?? 32,
      idleMs: options.idleMs ?? IDLE_MS,
    });
  }

  session(key: SessionKey, own: SessionOptions = {}): McpSession {
    const call = <T>(operation: Operation<T>, options?: CallOptions): Promise<T> =>
      this.#call({ key, options: { ...own, ...options }, operation });
    const { server } = key;
    return {
      server: server.name,
      callTool: async (name, args = {}, options) => {
        if (!isSelected(name, server.tools))
          throw new SessionError(server.name, { kind: 'hidden_tool', tool: name });
        return await call((asked) => callTool(asked, name, args), options);
      },
      listTools: async (options) =>
        selected(await call(listOf<ToolDescription>('tools'), options), server.tools),
      readResource: (uri, options) => call((asked) => readResource(asked, uri), options),
      getPrompt: (name, args = {}, options) => call((asked) => getPrompt(asked, name, args), options),
      listResources: (options) => call(listOf<ResourceDescription>('resources'), options),
      listPrompts: (options) => call(listOf<PromptDescription>('prompts'), options),
    };
  }

  forget(server: string, subject?: Subject): void {
    this.#pool.forget(server, subject);
  }

  get size(): number {
    return this.#pool.size;
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #call<T>(call: Call<T>): Promise<T> {
    const { server, subject } = call.key;
    const outcome = await this.#outcome(call).catch(storageAway);
    if (outcome.kind === 'done') return outcome.value;
    this.#options.log.debug({ server: server.name, subject, failure: outcome }, 'a call got no answer');
    throw new SessionError(server.name, outcome);
  }

  /** Twice where that repeats nothing; once more where what was missing is there now. */
  async #outcome<T>(call: Call<T>): Promise<SessionFailure | Done<T>> {
    let outcome = await this.#settle(call, await this.#attempts(call));
    if (outcome.kind === 'needs_reauth' && call.options.recover !== undefined) {
      const mended = await call.options.recover(outcome);
      call.options.signal?.throwIfAborted();
      if (mended) outcome = await this.#settle(call, await this.#attempts(call));
    }
    return outcome;
  }

  /** The session may have ended since it was used last: then a new one is opened, once. */
  async #attempts<T>(call: Call<T>): Promise<Attempt<T>> {
    const first = await this.#attempt(call);
    const again = first.kind === 'failed' && first.opened && first.verdict.kind === 'again';
    return again ? await this.#attempt(call) : first;
  }

  async #attempt<T>({ key, options, operation }: Call<T>): Promise<Attempt<T>> {
    const { signal, hear } = options;
    let pooled: Pooled | undefined;
    let session: OpenSession | undefined;
    try {
      signal?.throwIfAborted();
      pooled = await this.#take(key);
      if (pooled === undefined)
        return { kind: 'failed', verdict: KEY_MISSING, sent: NOTHING_SENT, opened: false };
      if (hear !== undefined) pooled.hearers.add(hear);
      session = await (signal === undefined ? pooled.session : orAborted(pooled.session, signal));
      const { client, sent } = session;
      const limits = limitsOf(key, options, sent);
      const value = await operation({ client, limits, heard: hear !== undefined });
      return { kind: 'done', value: sent.without(value) };
    } catch (error) {
      signal?.throwIfAborted(); // its reason, and not what the SDK makes of it
      if (session === undefined) return notOpened(error);
      const verdict = verdictOn(error, session.sent);
      const ended = verdict.kind === 'again' || (verdict.kind === 'call' && verdict.lost === true);
      if (ended && pooled !== undefined) this.#pool.retire(pooled);
      return { kind: 'failed', verdict, sent: session.sent, opened: true };
    } finally {
      if (hear !== undefined) pooled?.hearers.delete(hear);
      if (pooled !== undefined) this.#pool.release(pooled);
    }
  }

  /** Undefined: a key is missing. */
  async #take({ server, subject }: SessionKey): Promise<Pooled | undefined> {
    const keys = await keysOf(server, { server: server.name, subject }, this.#options);
    return keys === undefined ? undefined : this.#pool.take({ server, subject, keys });
  }

  /** What the attempt comes to, told to those who have to know it. */
  async #settle<T>({ key }: Call<T>, attempt: Attempt<T>): Promise<SessionFailure | Done<T>> {
    const { server, subject } = key;
    if (attempt.kind === 'done') {
      this.#options.learn(server.name, subject, 'works');
      return attempt;
    }
    const { verdict, sent } = attempt;
    if (verdict.kind === 'call') return verdict.failure;
    const probeKey = { server: server.name, subject };
    const result = await noted(server, probeKey, verdict.refusal, sent.values, this.#options);
    this.#options.learn(server.name, subject, result);
    const retryAfterMs = verdict.kind === 'access' ? verdict.retryAfterMs : undefined;
    return failureToTell(result, retryAfterMs);
  }

  async #open(
    { server, subject, keys }: Opening,
    events: PooledEvents,
    signal: AbortSignal,
  ): Promise<OpenSession> {
    const key = { server: server.name, subject };
    const { entry, sent } = observed(server, entryWith(server, key, keys, this.#options));
    const closers: (() => Promise<void>)[] = [];
    let closed: Promise<void> | undefined;
    const close = () => {
      closed ??= Promise.all(closers.map((one) => one())).then(() => {});
      return closed;
    };
    const { fetchFor, clientInfo, toolsChanged } = this.#options;
    const { message, lost } = events;
    const heard: typeof message = (said) => message(sent.without(said));
    const hearing = { message: heard, lost, toolsChanged: () => toolsChanged?.(server.name, subject) };
    try {
      const opened = (one: () => Promise<void>) => void closers.push(one);
      const session = await connect(server, entry, { fetchFor, clientInfo, signal, opened, hearing });
      return { ...session, sent, close };
    } catch (error) {
      events.closing(close());
      throw new OpeningError(sent, error);
    }
  }
}

/** Sessions with MCP servers on people's behalf, kept between calls, opened anew where they ended. */
export function createMcpSessions(options: McpSessionsOptions): McpSessions {
  return new Sessions(options);
}
