import type { Line, Mark } from '../../gateway/types.js';

export const MARKS: Readonly<Record<Mark, string>> = { ok: '✓', attention: '●', failed: '✗', neutral: '–' };
/** Of a row that is not known yet, among rows that are: their names stand below each other. */
export const NO_MARK = '○';

export type Block = readonly Line[];

/** Neighbours of one kind: rows with as many cells, sentences with a mark, sentences without one. */
export function blocks(lines: readonly Line[]): readonly Block[] {
  const found: Line[][] = [];
  for (const line of lines) {
    const last = found.at(-1);
    if (last?.[0] !== undefined && kindOf(last[0]) === kindOf(line)) last.push(line);
    else found.push([line]);
  }
  return found;
}

function kindOf({ cells, mark }: Line): string {
  if (cells.length > 1) return `rows of ${cells.length}`;
  return mark === undefined ? 'sentences' : 'marked sentences';
}
