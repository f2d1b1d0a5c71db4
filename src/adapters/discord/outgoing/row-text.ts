import type { Line } from '../../../gateway/types.js';
import { type Block, MARKS, NO_MARK } from '../../common/line-blocks.js';
import { plainText } from '../../common/text.js';
import { linkWay } from './links.js';
import { bold, code, data, line } from './markdown.js';

const LONGEST_CELL = 300;

/**
 * Made for a phone, where a table would break: a row is one line that may wrap, with its name in bold. Everything in it
 * but marks and what stands between cells is data, and shown as text (threat 18).
 */
export function rowTexts(block: Block): readonly string[] {
  const marked = block.some(({ mark }) => mark !== undefined);
  const pairs = isPairs(block);
  return block.map((row) => {
    const cells = row.cells.map((cell) => plainText(cell, LONGEST_CELL));
    const drawn = line(pairs ? pair(row, cells) : cellsOf(row, cells, marked));
    return row.action?.kind === 'link' ? withLink(drawn, row) : drawn;
  });
}

function withLink(drawn: string, row: Line): string {
  return [drawn, ...copiedLink(row)].filter((part) => part !== '').join('\n');
}

function isPairs(block: Block): boolean {
  return block.every(({ cells }) => cells.length === 2) && block.some(({ mark }) => mark === undefined);
}

/** A fact, a tool, or a command that help explains: what it is called, and what is to be said of it. */
function pair({ mark }: Line, [name = '', value = '']: readonly string[]): string {
  const called = name.startsWith('/') ? code(name) : bold(name);
  if (value === '') return called;
  const between = name.startsWith('/') ? ' — ' : ': ';
  return `${called}${between}${mark === undefined ? '' : `${MARKS[mark]} `}${data(value)}`;
}

function cellsOf({ mark, subject = '' }: Line, cells: readonly string[], marked: boolean): string {
  const [first = '', ...others] = cells;
  if (others.length > 0) {
    const shown = named(first, others);
    return marked ? `${mark === undefined ? NO_MARK : MARKS[mark]} ${shown}` : shown;
  }
  if (mark === undefined) return data(first);
  return `${MARKS[mark]} ${about(plainText(subject, LONGEST_CELL), first)}`;
}

/** A sentence that begins with what it is about. */
function about(subject: string, text: string): string {
  if (subject === '' || !text.startsWith(subject)) return data(text);
  return `${bold(subject)}${data(text.slice(subject.length))}`;
}

function named(first: string, others: readonly string[]): string {
  let shown = bold(first);
  for (const cell of others) if (cell !== '') shown += `${shown === '' ? '' : ' · '}${data(cell)}`;
  return shown;
}

/** An address that no button takes, to be copied. */
export function copiedLink({ action }: Pick<Line, 'action'>): readonly string[] {
  return action?.kind === 'link' && linkWay(action.url) === 'text' ? [code(action.url)] : [];
}
