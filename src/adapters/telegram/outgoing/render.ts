import type { InlineKeyboardButton } from 'grammy/types';
import type { Line, Reply } from '../../../gateway/types.js';
import type { Kept } from '../../common/kept-actions.js';
import { type Block, blocks, MARKS, NO_MARK } from '../../common/line-blocks.js';
import { plainText } from '../../common/text.js';
import { keyboardOf } from './keyboard.js';
import { linkWay } from './links.js';
import { bold, code, data, joined, prose, type Rich, sign } from './rich-text.js';

/** A Reply as Telegram takes it. */
export interface RenderedMessage {
  /** For `parse_mode: 'HTML'`. */
  readonly text: string;
  readonly keyboard: readonly (readonly InlineKeyboardButton[])[];
  /** What the keyboard's buttons stand for, to be remembered before the message is sent. */
  readonly kept: readonly Kept[];
}

/** After parsing of entities (sendMessage, `text`). */
const LONGEST_MESSAGE = 4096;
const LONGEST_CELL = 300;

/**
 * Made for a phone, where a table would break: a row is one line that may wrap, with its name in bold. Everything in it
 * but marks and what stands between cells is data, and shown as text (threat 18).
 */
export function renderReply(reply: Reply): RenderedMessage {
  const { rows, kept } = keyboardOf(reply);
  const paragraphs = [heading(reply), ...blocks(reply.lines).map(renderBlock), ownLinks(reply)];
  return { text: fitted(paragraphs).html, keyboard: rows, kept };
}

function heading({ title, aside = '' }: Reply): readonly Rich[] {
  const shown = plainText(title, LONGEST_CELL);
  const beside = plainText(aside, LONGEST_CELL);
  const parts = [...(shown === '' ? [] : [bold(shown)]), ...(beside === '' ? [] : [data(beside)])];
  return parts.length === 0 ? [] : [joined(parts, ' · ')];
}

function renderBlock(block: Block): readonly Rich[] {
  const marked = block.some((line) => line.mark !== undefined);
  const pairs =
    block.every((line) => line.cells.length === 2) && block.some((line) => line.mark === undefined);
  return block.flatMap((line) => {
    const cells = line.cells.map((cell) => plainText(cell, LONGEST_CELL));
    const drawn = pairs ? pair(line, cells) : row(line, cells, marked);
    return [...(drawn.length === 0 ? [] : [drawn]), ...copiedLink(line)];
  });
}

/** A fact, a tool, or a command that help explains: what it is called, and what is to be said of it. */
function pair({ mark }: Line, [name = '', value = '']: readonly string[]): Rich {
  const called = name.startsWith('/') ? code(name) : bold(name);
  if (value === '') return called;
  const between = name.startsWith('/') ? ' — ' : ': ';
  return joined([
    called,
    sign(between),
    ...(mark === undefined ? [] : [sign(`${MARKS[mark]} `)]),
    data(value),
  ]);
}

function row({ mark, subject = '' }: Line, cells: readonly string[], marked: boolean): Rich {
  const [first = '', ...others] = cells;
  if (others.length > 0) {
    const shown = named(first, others);
    return marked ? joined([sign(mark === undefined ? NO_MARK : MARKS[mark]), shown], ' ') : shown;
  }
  return mark === undefined
    ? prose(first)
    : joined([sign(MARKS[mark]), about(plainText(subject, LONGEST_CELL), first)], ' ');
}

/** A sentence that begins with what it is about. */
function about(subject: string, text: string): Rich {
  if (subject === '' || !text.startsWith(subject)) return prose(text);
  return joined([bold(subject), prose(text.slice(subject.length))]);
}

function named(first: string, others: readonly string[]): Rich {
  const rest = others.filter((cell) => cell !== '').map(data);
  return joined([...(first === '' ? [] : [bold(first)]), ...rest], ' · ');
}

function copiedLink({ action }: Pick<Line, 'action'>): readonly Rich[] {
  return action?.kind === 'link' && linkWay(action.url) === 'text' ? [code(action.url)] : [];
}

function ownLinks({ actions }: Reply): readonly Rich[] {
  return actions.flatMap((action) => copiedLink({ action }));
}

/** Whole lines only, so that no tag is cut: what finds no room is counted. A message is never empty. */
function fitted(paragraphs: readonly (readonly Rich[])[]): Rich {
  const all = paragraphs.filter((lines) => lines.length > 0);
  const lines = all.flatMap((paragraph, at) =>
    paragraph.map((line, index) => (at > 0 && index === 0 ? joined([sign('\n'), line]) : line)),
  );
  const whole = joined(lines, '\n');
  if (lines.length === 0) return sign('–');
  return whole.length <= LONGEST_MESSAGE ? whole : shortened(lines);
}

function shortened(lines: readonly Rich[]): Rich {
  let kept = lines.length - 1;
  while (kept > 0 && joined(lines.slice(0, kept), '\n').length > LONGEST_MESSAGE - 30) kept -= 1;
  const left = lines.length - kept;
  return joined([...lines.slice(0, kept), sign(`\n… ${left} more ${left === 1 ? 'line' : 'lines'}`)], '\n');
}
