import type { Action, Field, Line, Mark, Reply } from '../../gateway/types.js';

/** What the page draws: a Reply with its tables found, its texts made harmless, its links checked. */
export interface PageReply {
  readonly title: string;
  readonly aside?: string;
  readonly blocks: readonly Block[];
  readonly actions: readonly Action[];
}

export type Block =
  | { readonly kind: 'sentence'; readonly line: PageLine }
  /** `facts`: two columns, and rows without a mark: a label and its value. */
  | { readonly kind: 'table'; readonly facts: boolean; readonly lines: readonly PageLine[] };

export interface PageLine {
  readonly mark?: Mark;
  readonly cells: readonly string[];
  readonly action?: Action;
}

/** One entry of a person's conversation: what they typed, or what the gateway said. */
export type PageMessage =
  | { readonly from: 'person'; readonly id: string; readonly atMs: number; readonly text: string }
  | {
      readonly from: 'gateway';
      readonly id: string;
      readonly atMs: number;
      /** Set once the message was replaced in place. */
      readonly updatedAtMs?: number;
      readonly reply: PageReply;
    };

const LONGEST_TEXT = 2000;
/** Overrides and isolates that turn the reading direction, and marks that cannot be seen (Unicode TR36 §2.4). */
const UNSEEN = /[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g;

/** One line of text that shows what it holds: an escape sequence becomes `�[31m`, not a colour. */
export function plainText(text: string): string {
  const cut = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
  return cut.replaceAll(UNSEEN, '').replaceAll(/\s+/g, ' ').replaceAll(CONTROLS, '\ufffd');
}

/** Only what a new tab may open: never `javascript:`, `data:` or `file:`. */
function opensInTab(url: string): boolean {
  return URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol);
}

function field(from: Field): Field {
  const hint = from.hint === undefined ? {} : { hint: plainText(from.hint) };
  return { name: from.name, label: plainText(from.label), secret: from.secret, ...hint };
}

/** The action to draw; a link that must not be opened gives none. */
function pageAction(action: Action): Action | undefined {
  const label = plainText(action.label);
  switch (action.kind) {
    case 'link':
      return opensInTab(action.url) ? { kind: 'link', label, url: action.url } : undefined;
    case 'command':
      return { kind: 'command', label, words: action.words };
    case 'form':
      return {
        kind: 'form',
        label,
        title: plainText(action.title),
        words: action.words,
        fields: action.fields.map(field),
      };
  }
}

function pageLine({ mark, cells, action }: Line): PageLine {
  const drawn = action === undefined ? undefined : pageAction(action);
  return {
    ...(mark === undefined ? {} : { mark }),
    cells: cells.map(plainText),
    ...(drawn === undefined ? {} : { action: drawn }),
  };
}

/** Consecutive lines with the same number of cells (more than one) stand in one table. */
function inBlocks(lines: readonly Line[]): Line[][] {
  const blocks: Line[][] = [];
  for (const line of lines) {
    const last = blocks.at(-1);
    const joins = line.cells.length > 1 && last?.[0]?.cells.length === line.cells.length;
    if (joins && last !== undefined) last.push(line);
    else blocks.push([line]);
  }
  return blocks;
}

function block(lines: readonly Line[]): Block {
  const drawn = lines.map(pageLine);
  const [first] = drawn;
  if (first === undefined || first.cells.length < 2)
    return { kind: 'sentence', line: first ?? { cells: [] } };
  const facts = first.cells.length === 2 && drawn.some((line) => line.mark === undefined);
  return { kind: 'table', facts, lines: drawn };
}

/** A Reply as the page's JSON. */
export function renderReply(reply: Reply): PageReply {
  return {
    title: plainText(reply.title),
    ...(reply.aside === undefined ? {} : { aside: plainText(reply.aside) }),
    blocks: inBlocks(reply.lines).map(block),
    actions: reply.actions.map(pageAction).filter((action) => action !== undefined),
  };
}

/** What a person typed, as it stands in their conversation. */
export function renderTyped(id: string, atMs: number, text: string): PageMessage {
  return { from: 'person', id, atMs, text: plainText(text) };
}
