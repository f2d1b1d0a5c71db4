import type { Line } from '../../../gateway/types.js';
import { type Block, MARKS, NO_MARK } from '../../common/line-blocks.js';
import { plainText } from '../../common/text.js';
import { bold, code, isTame, mrkdwn, plain, type TextObject } from './mrkdwn.js';

/** The lines of one kind, as text. */
export interface Drawn {
  of(at: number): string;
  /** That text, or several joined, as Block Kit takes it. */
  as(text: string): TextObject;
}

const LONGEST_CELL = 300;

/** How a name looks: bold where all of the block is tame, and as everything else where not. */
interface Style {
  readonly name: (text: string) => string;
  readonly command: (text: string) => string;
}

const RICH: Style = { name: bold, command: code };
const LITERAL: Style = { name: (text) => text, command: (text) => text };

/** Neighbours look alike: one wild cell makes all of them plain. */
export function drawn(block: Block): Drawn {
  const cells = block.map((line) => line.cells.map((cell) => plainText(cell, LONGEST_CELL)));
  const rich = hasNames(block) && cells.flat().every(isTame);
  const style = rich ? RICH : LITERAL;
  const marked = block.some(({ mark }) => mark !== undefined);
  const pairs =
    block.every((line) => line.cells.length === 2) && block.some(({ mark }) => mark === undefined);
  const texts = block.map((line, at) => {
    const shown = cells[at] ?? [];
    return pairs ? pair(line, shown, style) : row(line, shown, marked, style);
  });
  return { of: (at) => texts[at] ?? '', as: (text) => (rich ? mrkdwn(text) : plain(text)) };
}

/** Sentences are all words of one weight. */
function hasNames(block: Block): boolean {
  return block.some(({ cells, subject }) => cells.length > 1 || subject !== undefined);
}

/** A fact, a tool, or a command that help explains: what it is called, and what is to be said of it. */
function pair({ mark }: Line, [name = '', value = '']: readonly string[], style: Style): string {
  const isCommand = name.startsWith('/');
  const called = isCommand ? style.command(name) : style.name(name);
  if (value === '') return called;
  return `${called}${isCommand ? ' — ' : ': '}${mark === undefined ? '' : `${MARKS[mark]} `}${value}`;
}

function row(
  { mark, subject = '' }: Line,
  [first = '', ...others]: readonly string[],
  marked: boolean,
  style: Style,
): string {
  const sign = mark === undefined ? (marked && others.length > 0 ? `${NO_MARK} ` : '') : `${MARKS[mark]} `;
  if (others.length > 0)
    return `${sign}${[...(first === '' ? [] : [style.name(first)]), ...others.filter((cell) => cell !== '')].join(' · ')}`;
  const about = plainText(subject, LONGEST_CELL);
  if (about === '' || !first.startsWith(about)) return `${sign}${first}`;
  return `${sign}${style.name(about)}${first.slice(about.length)}`;
}
