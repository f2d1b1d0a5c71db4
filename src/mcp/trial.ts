import type { Client } from '@modelcontextprotocol/client';
import { cleanDetail } from '../auth/errors.js';
import { accessErrorIn, RequestRefusedError } from './refusals.js';
import type { ToolInfo, ToolTrial } from './types.js';

const TEXT_LENGTH = 200;

/** The first text of an answer: the server's own words, cut to one line. */
function textOf(content: unknown): string {
  if (!Array.isArray(content)) return '';
  const texts = content.flatMap((part: unknown) =>
    typeof part === 'object' && part !== null && 'text' in part && typeof part.text === 'string'
      ? [part.text]
      : [],
  );
  return cleanDetail(texts[0] ?? '').slice(0, TEXT_LENGTH);
}

/**
 * Calls a tool with no arguments, to learn whether calling works at all. One that needs arguments, or that says that
 * it destroys something, is left alone.
 */
export async function tryTool(
  client: Client,
  tools: readonly ToolInfo[],
  name: string,
  timeoutMs: number,
): Promise<ToolTrial> {
  const tool = tools.find((one) => one.name === name);
  if (tool === undefined) return { kind: 'no-such-tool' };
  if (tool.needs !== undefined) return { kind: 'needs-arguments', names: tool.needs };
  if (tool.destructive === true) return { kind: 'destructive' };
  const answer = await client
    .callTool({ name, arguments: {} }, { timeout: timeoutMs })
    .catch((error: unknown) => {
      if (accessErrorIn(error) instanceof RequestRefusedError) return undefined;
      throw error;
    });
  if (answer === undefined) return { kind: 'refused' };
  return { kind: 'answered', failed: answer.isError === true, text: textOf(answer.content) };
}
