import type { Action, Line, Reply } from '../../../gateway/types.js';
import type { Kept } from '../../common/kept-actions.js';
import { blocks } from '../../common/line-blocks.js';
import { plainText } from '../../common/text.js';
import { inRows, type MadeButton, madeButton, sameness } from './buttons.js';
import { type Container, type Part, section, text } from './components.js';
import { data, line } from './markdown.js';
import { copiedLink, rowTexts } from './row-text.js';

/** A Reply as Discord takes it. */
export interface RenderedMessage {
  readonly components: readonly [Container];
  /** What its buttons stand for, to be remembered before the message is sent. */
  readonly kept: readonly Kept[];
}

/** "All text of a message together: up to 4000 characters", of which what is left out takes some to be counted. */
const LONGEST_TEXT = 3_960;
/** "Up to 40 components in all", those inside others too; one line of text says what finds no room. */
const MOST_COMPONENTS = 39;
const MOST_OWN_BUTTONS = 15;
const LONGEST_TITLE = 256;
/** A section, its text, its button. */
const SECTION = 3;

interface Row {
  /** With a line's end in front where a block begins. */
  readonly content: string;
  readonly made?: MadeButton;
}

/**
 * In Components V2 and not as an embed: a row's button stands beside the row itself, as people know it from settings, and
 * so needs no server's name in its label. One message, in one container.
 */
export function renderReply(reply: Reply): RenderedMessage {
  const seen = new Set<string>();
  const rows = [...heading(reply), ...once(rowsOf(reply.lines), seen), ...ownLinks(reply)];
  const own = ownButtons(reply.actions, seen);
  const buttons = inRows(own.map(({ button }) => button));
  const room = MOST_COMPONENTS - 1 - buttons.length - own.length;
  const shown = fitted(rows, room);
  const left = rows.length - shown.length;
  const counted = left === 0 ? [] : [{ content: `\n… ${left} more ${left === 1 ? 'line' : 'lines'}` }];
  const parts: readonly Part[] = [...inParts([...shown, ...counted]), ...buttons];
  return {
    components: [{ type: 17, components: parts.length === 0 ? [text('–')] : parts }],
    kept: [...shown.flatMap(({ made }) => made?.kept ?? []), ...own.flatMap(({ kept }) => kept ?? [])],
  };
}

function heading({ title, aside = '' }: Reply): readonly Row[] {
  const shown = plainText(title, LONGEST_TITLE);
  const beside = plainText(aside, LONGEST_TITLE);
  const lines = [
    ...(shown === '' ? [] : [`### ${line(data(shown))}`]),
    ...(beside === '' ? [] : [`-# ${line(data(beside))}`]),
  ];
  return lines.length === 0 ? [] : [{ content: lines.join('\n') }];
}

function rowsOf(lines: readonly Line[]): readonly Row[] {
  const rows: Row[] = [];
  for (const [nth, block] of blocks(lines).entries()) {
    const texts = rowTexts(block);
    for (const [at, { action }] of block.entries()) {
      const content = texts[at] ?? '';
      const made = action === undefined ? undefined : madeButton(action);
      if (content === '' && made === undefined) continue;
      const shown = `${nth > 0 && at === 0 ? '\n' : ''}${content || '–'}`;
      rows.push(made === undefined ? { content: shown } : { content: shown, made });
    }
  }
  return rows;
}

function ownLinks({ actions }: Reply): readonly Row[] {
  return actions.flatMap((action) => copiedLink({ action })).map((content) => ({ content }));
}

/** Two rows that wait for the same code need one button. */
function once(rows: readonly Row[], seen: Set<string>): readonly Row[] {
  return rows.map(({ content, made }) =>
    made !== undefined && isNew(made, seen) ? { content, made } : { content },
  );
}

function ownButtons(actions: readonly Action[], seen: Set<string>): readonly MadeButton[] {
  const made = actions.flatMap((action) => madeButton(action) ?? []);
  return made.filter((one) => isNew(one, seen)).slice(0, MOST_OWN_BUTTONS);
}

function isNew({ button }: MadeButton, seen: Set<string>): boolean {
  const before = seen.size;
  return seen.add(sameness(button)).size > before;
}

/** Whole rows only: what finds no room is counted. */
function fitted(rows: readonly Row[], room: number): readonly Row[] {
  let components = 0;
  let length = 0;
  for (const [at, { content, made }] of rows.entries()) {
    const joins = at > 0 && rows[at - 1]?.made === undefined;
    components += made === undefined ? Number(!joins) : SECTION;
    length += content.length + 1;
    if (components > room || length > LONGEST_TEXT) return rows.slice(0, at);
  }
  return rows;
}

/** Rows without a button share one text, so that they stand close together. */
function inParts(rows: readonly Row[]): readonly Part[] {
  const parts: (Part | string[])[] = [];
  for (const { content, made } of rows) {
    const last = parts.at(-1);
    if (made !== undefined) parts.push(section(content.trimStart(), made.button));
    else if (Array.isArray(last)) last.push(content);
    else parts.push([content]);
  }
  return parts.map((part) => (Array.isArray(part) ? text(part.join('\n').replace(/^\n+/, '')) : part));
}
