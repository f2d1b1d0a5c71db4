import type { Line, Reply } from '../../../gateway/types.js';
import type { Kept } from '../../common/kept-actions.js';
import { blocks as blocksOf, MARKS } from '../../common/line-blocks.js';
import { plainText } from '../../common/text.js';
import { blockId, type Mark } from './button-data.js';
import { type Button, buttonOf, type Made } from './buttons.js';
import { drawn } from './lines.js';
import { escaped, plain, type TextObject } from './mrkdwn.js';

/** As much of Block Kit as is used here. */
export type SlackBlock =
  | { readonly type: 'header'; readonly text: TextObject }
  | { readonly type: 'context'; readonly elements: readonly TextObject[] }
  | {
      readonly type: 'section';
      readonly text: TextObject;
      readonly block_id?: string;
      readonly accessory?: Button;
    }
  | { readonly type: 'actions'; readonly block_id: string; readonly elements: readonly Button[] };

/** A Reply as Slack takes it. */
export interface RenderedMessage {
  /** What a notification says: neither links nor keys, because it stands on a locked screen. */
  readonly text: string;
  readonly blocks: readonly SlackBlock[];
  /** What its buttons stand for, to be remembered before it is sent. */
  readonly kept: readonly Kept[];
}

const MOST_BLOCKS = 50;
const LONGEST_HEADER = 150;
const LONGEST_TEXT = 3000;
const LONGEST_SUMMARY = 150;
/** An `actions` block takes 25; so many stand in a line on a desktop. */
const BESIDE = 5;
const MOST_ROWS_OF_BUTTONS = 5;

/** Neighbouring lines without buttons, or one line with its own. */
interface Piece {
  readonly text: TextObject;
  readonly lines: number;
  readonly made?: Made;
}

/**
 * Rows wrap where a table would break on a phone: each is a section, with its button beside it. Everything but marks and
 * what stands between cells is data, and shown as text (threat 18).
 */
export function renderReply(reply: Reply, mark: Mark): RenderedMessage {
  const count = counter();
  const top = heading(reply);
  const pieces = blocksOf(reply.lines).flatMap((block) => piecesOf(block, count));
  const own = reply.actions
    .flatMap((action) => buttonOf(action, count()) ?? [])
    .slice(0, BESIDE * MOST_ROWS_OF_BUTTONS);
  const rows = inRows(own).map(
    (row) => ({ type: 'actions', block_id: blockId(mark, count()), elements: row }) as const,
  );
  const middle = fitted(pieces, MOST_BLOCKS - top.length - rows.length, (piece) =>
    sectionOf(piece, mark, count),
  );
  const all = [...top, ...middle, ...rows];
  return {
    text: summary(reply),
    blocks: all.length === 0 ? [{ type: 'section', text: plain('–') }] : all,
    kept: [...pieces.flatMap(({ made }) => made ?? []), ...own].flatMap(({ kept }) => kept ?? []),
  };
}

/** A message of one sentence, of our own words. */
export function renderSentence(sentence: string): RenderedMessage {
  return { text: escaped(sentence), blocks: [{ type: 'section', text: plain(sentence) }], kept: [] };
}

function heading({ title, aside = '' }: Reply): readonly SlackBlock[] {
  const shown = plainText(title, LONGEST_HEADER);
  const beside = plainText(aside, LONGEST_HEADER);
  return [
    ...(shown === '' ? [] : [{ type: 'header', text: plain(shown) } as const]),
    ...(beside === '' ? [] : [{ type: 'context', elements: [plain(beside)] } as const]),
  ];
}

function piecesOf(block: readonly Line[], count: () => number): readonly Piece[] {
  const texts = drawn(block);
  const pieces: Piece[] = [];
  let open: { text: string; lines: number } | undefined;
  const close = (): void => {
    if (open !== undefined) pieces.push({ text: texts.as(open.text), lines: open.lines });
    open = undefined;
  };
  for (const [at, line] of block.entries()) {
    const text = texts.of(at);
    const made = line.action === undefined ? undefined : buttonOf(line.action, count());
    if (made !== undefined || text === '') {
      close();
      if (text !== '' || made !== undefined)
        pieces.push({ text: texts.as(text || '–'), lines: 1, ...(made === undefined ? {} : { made }) });
    } else if (open !== undefined && open.text.length + text.length < LONGEST_TEXT) {
      open = { text: `${open.text}\n${text}`, lines: open.lines + 1 };
    } else {
      close();
      open = { text, lines: 1 };
    }
  }
  close();
  return pieces;
}

function sectionOf({ text, made }: Piece, mark: Mark, count: () => number): SlackBlock {
  return made === undefined
    ? { type: 'section', text }
    : { type: 'section', text, block_id: blockId(mark, count()), accessory: made.button };
}

/** What finds no room is counted. */
function fitted(
  pieces: readonly Piece[],
  most: number,
  draw: (piece: Piece) => SlackBlock,
): readonly SlackBlock[] {
  if (pieces.length <= most) return pieces.map(draw);
  const shown = pieces.slice(0, most - 1);
  const left = pieces.slice(most - 1).reduce((sum, { lines }) => sum + lines, 0);
  return [...shown.map(draw), { type: 'context', elements: [plain(`… ${left} more`)] }];
}

function inRows(all: readonly Made[]): readonly (readonly Button[])[] {
  const rows = Math.ceil(all.length / BESIDE);
  return Array.from({ length: rows }, (_, row) =>
    all.slice(row * BESIDE, (row + 1) * BESIDE).map(({ button }) => button),
  );
}

function summary({ title, aside, lines }: Reply): string {
  const [first] = lines;
  const cells =
    first?.cells.map((cell) => plainText(cell, LONGEST_SUMMARY)).filter((cell) => cell !== '') ?? [];
  const opening = first?.mark === undefined ? cells.join(' · ') : `${MARKS[first.mark]} ${cells.join(' · ')}`;
  const words =
    title.trim() === '' ? opening : [title, aside ?? ''].filter((part) => part !== '').join(' · ');
  return escaped(withoutAddresses(plainText(words, LONGEST_SUMMARY))) || '–';
}

function withoutAddresses(text: string): string {
  return text.replaceAll(/\b[a-z][a-z\d+.-]*:\/\/\S+/gi, '…');
}

/** Ids have to differ within a message. */
function counter(): () => number {
  let last = 0;
  return () => {
    last += 1;
    return last;
  };
}
