import type { Client } from '@modelcontextprotocol/client';
import type { CallOptions, PromptAnswer, ResourceContents, ToolAnswer } from './session-types.js';

/** What a request is sent with: the caller's signal and wishes, within the server's limits. */
export type RequestLimits = Pick<CallOptions, 'signal' | 'onProgress'> & { readonly timeoutMs: number };

/** MCP 2026-07-28, "Logging": a server logs to those who say with their request how much they want to hear. */
const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';

export interface Asked {
  readonly client: Client;
  readonly limits: RequestLimits;
  /** Somebody listens to what the server logs. */
  readonly heard: boolean;
}

function optionsOf({ signal, onProgress, timeoutMs }: RequestLimits) {
  return {
    timeout: timeoutMs,
    maxTotalTimeout: timeoutMs,
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onprogress: onProgress }),
  };
}

const metaOf = ({ client, heard }: Asked) =>
  heard && client.getProtocolEra() === 'modern' ? { _meta: { [LOG_LEVEL]: 'debug' as const } } : {};

export async function callTool(
  asked: Asked,
  name: string,
  args: Readonly<Record<string, unknown>>,
): Promise<ToolAnswer> {
  const params = { name, arguments: { ...args }, ...metaOf(asked) };
  return (await asked.client.callTool(params, optionsOf(asked.limits))) as ToolAnswer;
}

export async function readResource(asked: Asked, uri: string): Promise<readonly ResourceContents[]> {
  const params = { uri, ...metaOf(asked) };
  const { contents } = await asked.client.request(
    { method: 'resources/read', params },
    optionsOf(asked.limits),
  );
  return contents as readonly ResourceContents[];
}

export async function getPrompt(
  asked: Asked,
  name: string,
  args: Readonly<Record<string, string>>,
): Promise<PromptAnswer> {
  const params = { name, arguments: { ...args }, ...metaOf(asked) };
  return (await asked.client.getPrompt(params, optionsOf(asked.limits))) as PromptAnswer;
}

const MOST_PAGES = 50;
const MOST_ITEMS = 1000;

type Listing = 'tools' | 'resources' | 'prompts';

/** All pages, as plain requests: the SDK's own call throws at its cap, and keeps each answer beside ours. */
async function pages<T>(
  { client, limits }: Asked,
  what: Listing,
  itemsIn: (page: { readonly [key: string]: unknown }) => unknown,
): Promise<readonly T[]> {
  if (client.getServerCapabilities()?.[what] === undefined) return [];
  const items: T[] = [];
  let cursor: string | undefined;
  for (let count = 0; count < MOST_PAGES && items.length < MOST_ITEMS; count += 1) {
    const params = cursor === undefined ? {} : { cursor };
    const page = await client.request({ method: `${what}/list`, params }, optionsOf(limits));
    items.push(...(itemsIn(page) as readonly T[]));
    if (page.nextCursor === undefined || page.nextCursor === cursor) break;
    cursor = page.nextCursor;
  }
  return items.slice(0, MOST_ITEMS);
}

/** A server whose pages never end is cut at a thousand. */
export const listOf =
  <T>(what: Listing) =>
  (asked: Asked): Promise<readonly T[]> =>
    pages<T>(asked, what, (page) => page[what]);
