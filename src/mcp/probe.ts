import type { FetchLike, Implementation } from '@modelcontextprotocol/client';
import type { HttpServer, Server } from '../auth/types.js';
import { connect, type Entry } from './connect.js';
import { observed } from './entries.js';
import { refusalOf } from './refusals.js';
import { within } from './time-limit.js';
import { listTools, selected, withoutTool } from './tool-list.js';
import { tryTool } from './trial.js';
import type { ProbeResult, ToolTrial } from './types.js';

export interface LookOptions {
  readonly fetchFor: (server: HttpServer) => FetchLike;
  readonly clientInfo: Implementation;
  /** Given the end of everything that was opened: it goes on after the answer, and must be waited for on closing. */
  readonly closing: (closed: Promise<void>) => void;
  /** Ends the look. */
  readonly ending: AbortSignal;
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
  const { fetchFor, clientInfo, closing, ending } = options;
  const opened: (() => Promise<void>)[] = [];
  try {
    const session = await within(server, server.connectTimeoutMs, ending, (signal) =>
      connect(server, entry, { fetchFor, clientInfo, signal, opened: (close) => opened.push(close) }),
    );
    const { client, ...facts } = session;
    const all = await within(server, server.timeoutMs, ending, () => listTools(client, server.timeoutMs));
    const tools = selected(all, server.tools);
    const missing = withoutTool(all, server.tools);
    const trial =
      tool === undefined
        ? undefined
        : await within(server, server.timeoutMs, ending, () =>
            tryTool(client, tools, tool, server.timeoutMs),
          );
    const result = {
      kind: 'ready',
      tools,
      ...(missing.length === 0 ? {} : { withoutTool: missing }),
      ...facts,
      authenticated: sent.keys || sent.token,
    } as const;
    return sent.without({ result, ...(trial === undefined ? {} : { trial }) });
  } catch (error) {
    return sent.without({ result: refusalOf(error, sent) });
  } finally {
    closing(Promise.all(opened.map((close) => close())).then(() => {}));
  }
}
