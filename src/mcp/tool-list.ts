import type { Client } from '@modelcontextprotocol/client';
import type { Server } from '../auth/types.js';
import type { ToolInfo } from './types.js';

const MOST_TOOLS = 1000;
const MOST_PAGES = 50;
const NAME_LENGTH = 128;
const DESCRIPTION_LENGTH = 500;
const MOST_NEEDS = 8;

type Page = Awaited<ReturnType<Client['listTools']>>;

/** One page: asked for as a plain request, as the SDK's own call without a cursor walks all pages and throws at its cap. */
async function pageAt(client: Client, cursor: string | undefined, timeout: number): Promise<Page> {
  const params = cursor === undefined ? {} : { cursor };
  return await client.request({ method: 'tools/list', params }, { timeout });
}

function neededBy({ inputSchema }: Page['tools'][number]): readonly string[] {
  const { required } = inputSchema;
  if (!Array.isArray(required)) return [];
  return required
    .filter((name): name is string => typeof name === 'string')
    .slice(0, MOST_NEEDS)
    .map((name) => name.slice(0, NAME_LENGTH));
}

function infoOf(tool: Page['tools'][number]): ToolInfo {
  const needs = neededBy(tool);
  return {
    name: tool.name.slice(0, NAME_LENGTH),
    description: (tool.description ?? '').slice(0, DESCRIPTION_LENGTH),
    ...(needs.length === 0 ? {} : { needs }),
    ...(tool.annotations?.destructiveHint === true ? { destructive: true } : {}),
  };
}

/** `*` in the config's patterns stands for any text; everything else for itself. */
function matches(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return name === pattern;
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last))
    return false;
  let from = first.length;
  for (const part of rest) {
    const at = name.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return from <= name.length - last.length;
}

/** Whether the config lets a tool through: with `include` those that it names; else all that `exclude` does not name. */
export function isSelected(name: string, { include, exclude }: Server['tools']): boolean {
  const named = (patterns: readonly string[]) => patterns.some((pattern) => matches(pattern, name));
  return include === undefined ? !named(exclude ?? []) : named(include);
}

export function selected<T extends { readonly name: string }>(
  tools: readonly T[],
  filter: Server['tools'],
): readonly T[] {
  return tools.filter(({ name }) => isSelected(name, filter));
}

/** Which of the config's patterns name no tool. Case counts ("Tool names SHOULD be considered case-sensitive"). */
export function withoutTool(
  tools: readonly { readonly name: string }[],
  { include, exclude }: Server['tools'],
): readonly string[] {
  const patterns = include ?? exclude ?? [];
  return patterns.filter((pattern) => !tools.some(({ name }) => matches(pattern, name)));
}

/** All tools that the server offers, over its pages; a server whose pages never end is cut at a thousand. */
export async function listTools(client: Client, timeoutMs: number): Promise<readonly ToolInfo[]> {
  if (client.getServerCapabilities()?.tools === undefined) return [];
  const tools: ToolInfo[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < MOST_PAGES && tools.length < MOST_TOOLS; pages += 1) {
    const page = await pageAt(client, cursor, timeoutMs);
    tools.push(...page.tools.map(infoOf));
    if (page.nextCursor === undefined || page.nextCursor === cursor) break;
    cursor = page.nextCursor;
  }
  return tools.slice(0, MOST_TOOLS);
}
