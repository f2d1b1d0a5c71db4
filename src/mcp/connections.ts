import type { FetchLike, Implementation } from '@modelcontextprotocol/client';
import { AuthError, failureOf } from '../auth/errors.js';
import type { Access, HttpServer, Server, Subject, VerifyOutcome } from '../auth/types.js';
import type { Log } from '../observability/log.js';
import { onlyToken } from './bearer.js';
import type { Entry } from './connect.js';
import { type EntryDeps, entryWith, environmentKeys, keysOf, noted } from './entries.js';
import { type Looked, look } from './probe.js';
import { keyOf, type ProbeKey } from './probe-key.js';
import { ProbeMemory } from './probe-memory.js';
import { endOfMany } from './time-limit.js';
import { type ToolsChange, toolsChange } from './tools-change.js';
import type { McpConnections, Probe, ProbeResult, TriedTool } from './types.js';

export interface McpConnectionsOptions extends EntryDeps {
  /** Guarded fetch's `transportFor`. */
  readonly fetchFor: (server: HttpServer) => FetchLike;
  readonly log: Log;
  readonly now?: () => number;
  /** What servers are told of us. */
  readonly clientInfo: Implementation;
  /** A look showed other tools than the last one of this process. Returns at once. */
  readonly onTools?: (key: ProbeKey, change: ToolsChange) => void;
  /** Called with `forget`: what else is kept of that server, or of that person there, is out of date. */
  readonly forgotten?: (server: string, subject?: Subject) => void;
}

const MOST_KNOWN = 2000;

interface Running {
  readonly key: ProbeKey;
  readonly probe: Promise<Probe>;
}

class Connections implements McpConnections {
  readonly #options: McpConnectionsOptions;
  readonly #now: () => number;
  readonly #memory = new ProbeMemory(MOST_KNOWN);
  readonly #running = new Map<string, Running>();
  readonly #closing = new Set<Promise<void>>();
  readonly #ending = endOfMany();

  constructor(options: McpConnectionsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  known(server: Server, subject: Subject): Probe | undefined {
    return this.#memory.get({ server: server.name, subject });
  }

  async probe(server: Server, subject: Subject): Promise<Probe> {
    const key = { server: server.name, subject };
    const running = this.#running.get(keyOf(key));
    if (running !== undefined) return await running.probe;
    const started: Running = {
      key,
      probe: this.#probe(server, key, () => this.#running.get(keyOf(key)) === started),
    };
    this.#running.set(keyOf(key), started);
    try {
      return await started.probe;
    } finally {
      if (this.#running.get(keyOf(key)) === started) this.#running.delete(keyOf(key));
    }
  }

  async verify(server: Server, subject: Subject, access: Access): Promise<VerifyOutcome> {
    const startedAtMs = this.#now();
    const { result } = await this.#look(server, this.#entryWith(server, access));
    if (result.kind === 'unreachable') return result;
    if (result.kind === 'needs-scope') {
      this.forget(server.name, subject);
      return { kind: 'needs-scope', scopes: result.scopes };
    }
    if (result.kind !== 'ready') return { kind: 'refused' };
    const proven = await this.#isProof(server, access);
    const before = this.known(server, subject);
    this.forget(server.name, subject);
    this.#remember({ server: server.name, subject }, result, startedAtMs, before);
    return { kind: 'works', tools: result.tools.length, proven };
  }

  async tryTool(server: Server, subject: Subject, tool: string): Promise<TriedTool> {
    const key = { server: server.name, subject };
    const startedAtMs = this.#now();
    const { result, trial } = await this.#result(server, key, tool);
    const probe = this.#remember(key, result, startedAtMs);
    return { probe, ...(trial === undefined ? {} : { trial }) };
  }

  forget(server: string, subject?: Subject): void {
    this.#memory.forget(server, subject);
    this.#options.forgotten?.(server, subject);
    // What a look that is under way finds is about a credential that may be gone: it answers, and is not remembered.
    for (const [name, { key }] of this.#running) {
      if (key.server === server && (subject === undefined || key.subject === subject))
        this.#running.delete(name);
    }
  }

  learn(server: string, subject: Subject, result: ProbeResult | 'works'): void {
    const key = { server, subject };
    const known = this.#memory.get(key)?.result.kind;
    if (result !== 'works') this.#memory.remember(key, result, this.#now(), this.#now());
    // What it offers now, the next look shows.
    else if (known !== undefined && known !== 'ready') this.#memory.forget(server, subject);
  }

  async close(): Promise<void> {
    this.#ending.abort(new AuthError('unreachable', 'the gateway is stopping'));
    await Promise.allSettled([...this.#running.values()].map(({ probe }) => probe));
    while (this.#closing.size > 0) await Promise.allSettled(this.#closing);
  }

  async #probe(server: Server, key: ProbeKey, isCurrent: () => boolean): Promise<Probe> {
    const startedAtMs = this.#now();
    const { result } = await this.#result(server, key);
    const facts = { server: key.server, subject: key.subject, result: result.kind };
    if (result.kind === 'unreachable')
      this.#options.log.info({ ...facts, failure: result.failure }, 'probe failed');
    else this.#options.log.debug(facts, 'probed');
    return isCurrent() && !this.#saysNothing(key, result)
      ? this.#remember(key, result, startedAtMs)
      : new ProbeMemory(1).remember(key, result, startedAtMs, this.#now());
  }

  #remember(
    key: ProbeKey,
    result: ProbeResult,
    startedAtMs: number,
    before: Probe | undefined = this.#memory.get(key),
  ): Probe {
    const change = toolsChange(before?.result, result);
    if (change !== undefined) this.#options.onTools?.(key, change);
    return this.#memory.remember(key, result, startedAtMs, this.#now());
  }

  /** Our own storage failed: what is known of the server stays. */
  #saysNothing(key: ProbeKey, result: ProbeResult): boolean {
    const ours = result.kind === 'unreachable' && result.failure.code === 'store-unavailable';
    return ours && this.#memory.get(key) !== undefined;
  }

  async #result(server: Server, key: ProbeKey, tool?: string): Promise<Looked> {
    try {
      const keys = await keysOf(server, key, this.#options);
      if (keys === undefined) return { result: { kind: 'needs-key', reason: 'missing' } };
      const looked = await this.#look(server, entryWith(server, key, keys, this.#options), tool);
      return { ...looked, result: await noted(server, key, looked.result, keys, this.#options) };
    } catch (error) {
      return { result: { kind: 'unreachable', failure: failureOf(error) } };
    }
  }

  #entryWith(server: Server, access: Access): Entry {
    if (access.kind === 'keys') return { keys: { ...environmentKeys(server), ...access.values } };
    return { keys: environmentKeys(server), tokens: onlyToken(access.accessToken) };
  }

  /** Whether the server refuses who comes without it. No clear answer: not proven. */
  async #isProof(server: Server, access: Access): Promise<boolean> {
    // A new token was asked for because the server had wanted one.
    if (access.kind === 'token' && access.toProve !== true) return true;
    const keys = access.kind === 'token' ? environmentKeys(server) : undefined;
    const { result: bare } = await this.#look(server, { keys });
    if (bare.kind !== 'unreachable') return bare.kind !== 'ready';
    // A process that does not even start without its key has shown that it wants one.
    return (
      server.kind === 'stdio' ||
      bare.failure.code === 'http-error' ||
      bare.failure.code === 'credential-refused'
    );
  }

  async #look(server: Server, entry: Entry, tool?: string): Promise<Looked> {
    const { fetchFor, clientInfo } = this.#options;
    const closing = (closed: Promise<void>) => this.#close(closed);
    const ending = this.#ending.signal;
    return await look(server, entry, { fetchFor, clientInfo, closing, ending }, tool);
  }

  #close(closed: Promise<void>): void {
    const tracked = closed.finally(() => this.#closing.delete(tracked));
    this.#closing.add(tracked);
  }
}

/**
 * Sessions with MCP servers on a person's behalf. Each lasts for one look: connected, asked for its tools, closed.
 * Looks at the same server for the same person share one; what it showed is remembered for `known`.
 */
export function createMcpConnections(options: McpConnectionsOptions): McpConnections {
  return new Connections(options);
}
