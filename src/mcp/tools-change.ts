import type { ProbeResult } from './types.js';

/** Names of tools that came and went. */
export interface ToolsChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

const namesIn = (result: ProbeResult | undefined): readonly string[] | undefined =>
  result?.kind === 'ready' ? result.tools.map(({ name }) => name) : undefined;

/** Undefined: the same ones, or there is nothing to compare with. */
export function toolsChange(before: ProbeResult | undefined, after: ProbeResult): ToolsChange | undefined {
  const [old, now] = [namesIn(before), namesIn(after)];
  if (old === undefined || now === undefined) return undefined;
  const [known, current] = [new Set(old), new Set(now)];
  const added = now.filter((name) => !known.has(name));
  const removed = old.filter((name) => !current.has(name));
  return added.length + removed.length === 0 ? undefined : { added, removed };
}
