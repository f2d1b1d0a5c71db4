import type { FetchLike, Implementation } from '@modelcontextprotocol/client';
import type { HttpServer, Server } from '../auth/types.js';
import { connect, type Entry } from './connect.js';
import { scrubbed } from './echoes.js';
import { observed } from './entries.js';
import { refusalOf } from './refusals.js';
import { within } from './time-limit.js';
import { listTools, selected } from './tool-list.js';
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

/** The server's words are for people and for the log: the keys and tokens that it was sent are for neither. */
function withoutSecrets({ result, trial }: Looked, secrets: readonly string[]): Looked {
  const clean = (text: string): string => scrubbed(text, secrets);
  return {
    result: cleanResult(result, clean),
    ...(trial === undefined
      ? {}
      : { trial: trial.kind === 'answered' ? { ...trial, text: clean(trial.text) } : trial }),
  };
}

function cleanResult(result: ProbeResult, clean: (text: string) => string): ProbeResult {
  if (result.kind === 'unreachable')
    return { ...result, failure: { ...result.failure, detail: clean(result.failure.detail) } };
  if (result.kind !== 'ready') return result;
  const { tools, software } = result;
  return {
    ...result,
    tools: tools.map((tool) => ({ ...tool, name: clean(tool.name), description: clean(tool.description) })),
    ...(software === undefined ? {} : { software: clean(software) }),
  };
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
    const trial =
      tool === undefined
        ? undefined
        : await within(server, server.timeoutMs, ending, () =>
            tryTool(client, tools, tool, server.timeoutMs),
          );
    const result = { kind: 'ready', tools, ...facts, authenticated: sent.keys || sent.token } as const;
    return withoutSecrets({ result, ...(trial === undefined ? {} : { trial }) }, sent.secrets());
  } catch (error) {
    return withoutSecrets({ result: refusalOf(error, sent) }, sent.secrets());
  } finally {
    closing(Promise.all(opened.map((close) => close())).then(() => {}));
  }
}
