import type { FetchLike, Implementation } from '@modelcontextprotocol/client';
import { AuthError } from '../auth/errors.js';
import type { HttpServer, Server } from '../auth/types.js';
import type { TokenSource } from './bearer.js';
import { connect, type Entry, orAborted } from './connect.js';
import { refusalOf } from './refusals.js';
import { listTools, selected } from './tool-list.js';
import { tryTool } from './trial.js';
import type { ProbeResult, ToolTrial } from './types.js';

export interface LookOptions {
  readonly fetchFor: (server: HttpServer) => FetchLike;
  readonly clientInfo: Implementation;
  /** Given the end of everything that was opened: it goes on after the answer, and must be waited for on closing. */
  readonly closing: (closed: Promise<void>) => void;
}

/** Where it goes, for messages. */
const nameOf = (server: Server): string =>
  server.kind === 'stdio' ? server.command : new URL(server.url).hostname;

function timeLimit(server: Server, ms: number): { signal: AbortSignal; clear: () => void } {
  const controller = new AbortController();
  const host = server.kind === 'stdio' ? undefined : new URL(server.url).hostname;
  const timer = setTimeout(() => {
    controller.abort(new AuthError('timeout', `${nameOf(server)} did not answer within ${ms} ms`, host));
  }, ms);
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}

async function within<T>(server: Server, ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const limit = timeLimit(server, ms);
  try {
    return await orAborted(work(limit.signal), limit.signal);
  } finally {
    limit.clear();
  }
}

/** The same entry, and what went along with it so far. */
function observed(server: Server, entry: Entry): { entry: Entry; sent: { keys: boolean; token: boolean } } {
  const sent = { keys: entry.keys !== undefined && server.keys.length > 0, token: false };
  const { tokens } = entry;
  if (tokens === undefined) return { entry, sent };
  const seen: TokenSource = async (rejected) => {
    const token = await tokens(rejected);
    sent.token = token !== undefined;
    return token;
  };
  return { entry: { ...entry, tokens: seen }, sent };
}

/** What a look showed; `trial` where a tool was to be called and the look came that far. */
export interface Looked {
  readonly result: ProbeResult;
  readonly trial?: ToolTrial;
}

/**
 * Connects, lists the tools, calls one if asked to, closes. Never rejects, and takes no longer than `connect_timeout` +
 * `timeout` (twice that where a tool is called).
 */
export async function look(
  server: Server,
  given: Entry,
  options: LookOptions,
  tool?: string,
): Promise<Looked> {
  const { entry, sent } = observed(server, given);
  const { fetchFor, clientInfo, closing } = options;
  const opened: (() => Promise<void>)[] = [];
  try {
    const session = await within(server, server.connectTimeoutMs, (signal) =>
      connect(server, entry, { fetchFor, clientInfo, signal, opened: (close) => opened.push(close) }),
    );
    const { client, ...facts } = session;
    const all = await within(server, server.timeoutMs, () => listTools(client, server.timeoutMs));
    const tools = selected(all, server.tools);
    const trial =
      tool === undefined
        ? undefined
        : await within(server, server.timeoutMs, () => tryTool(client, tools, tool, server.timeoutMs));
    const result = { kind: 'ready', tools, ...facts, authenticated: sent.keys || sent.token } as const;
    return { result, ...(trial === undefined ? {} : { trial }) };
  } catch (error) {
    return { result: refusalOf(error, sent) };
  } finally {
    closing(Promise.all(opened.map((close) => close())).then(() => {}));
  }
}
