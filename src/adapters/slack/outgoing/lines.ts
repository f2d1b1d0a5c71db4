import type { Line } from '../../../gateway/types.js';
import { type Block, MARKS, NO_MARK } from '../../common/line-blocks.js';
import { plainText } from '../../common/text.js';
import { bold, code, isRich, literal, mrkdwn, plain, type TextObject } from './mrkdwn.js';

/** The lines of one kind, as text. */
export interface Drawn {
  of(at: number): string;
  /** That text, or several joined, as Block Kit takes it. */
  as(text: string): TextObject;
}

const LONGEST_CELL = 300;
/** A section takes 3000. */
const LONGEST_LINE = 2_900;

/** How things look: a name bold and a command as code, or all of it as plain text. */
interface Style {
  readonly name: (text: string) => string;
  readonly command: (text: string) => string;
  readonly data: (text: string) => string;
}

const RICH: Style = { name: bold, command: code, data: literal };
const same = (text: string): string => text;
const PLAIN: Style = { name: same, command: same, data: same };

/** Neighbours look alike: what cannot be rich makes all of them plain. */
export function drawn(block: Block): Drawn {
  const cells = block.map((line) => line.cells.map((cell) => plainText(cell, LONGEST_CELL)));
  const draw = (style: Style): readonly string[] => texts(block, cells, style);
  const rich = hasNames(block) && cells.flat().every(isRich) ? draw(RICH) : [];
  const fits = rich.length > 0 && rich.every((text) => text.length <= LONGEST_LINE);
  const shown = fits ? rich : draw(PLAIN);
  return { of: (at) => shown[at] ?? '', as: (text) => (fits ? mrkdwn(text) : plain(text)) };
}

function texts(block: Block, cells: readonly (readonly string[])[], style: Style): readonly string[] {
  const marked = block.some(({ mark }) => mark !== undefined);
  const pairs =
    block.every((line) => line.cells.length === 2) && block.some(({ mark }) => mark === undefined);
  return block.map((line, at) => {
    const shown = cells[at] ?? [];
    return pairs ? pair(line, shown, style) : row(line, shown, marked, style);
  });
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
  return `${called}${isCommand ? ' — ' : ': '}${mark === undefined ? '' : `${MARKS[mark]} `}${style.data(value)}`;
}

function row(
  { mark, subject = '' }: Line,
  [first = '', ...others]: readonly string[],
  marked: boolean,
  style: Style,
): string {
  const sign = mark === undefined ? (marked && others.length > 0 ? `${NO_MARK} ` : '') : `${MARKS[mark]} `;
  if (others.length > 0) {
    const rest = others.filter((cell) => cell !== '').map(style.data);
    return `${sign}${[...(first === '' ? [] : [style.name(first)]), ...rest].join(' · ')}`;
  }
  const about = plainText(subject, LONGEST_CELL);
  if (about === '' || !first.startsWith(about)) return `${sign}${style.data(first)}`;
  return `${sign}${style.name(about)}${style.data(first.slice(about.length))}`;
}
