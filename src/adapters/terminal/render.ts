import type { Action, Line, Mark, Reply } from '../../gateway/types.js';
import { displayWidth, padEnd, plain, wrap } from './text.js';

export interface Look {
  /** ANSI colours: only for a terminal, and only around what is ours. */
  readonly colour: boolean;
  /** Columns; absent: nothing is wrapped (a pipe). */
  readonly width?: number;
  /** What stands before a button's label: `[1]`, where a number can be typed. */
  readonly button: (action: Action) => string;
  /** Where nothing can be pressed (a shell), a command button says what to type. */
  readonly spellsCommands?: boolean;
}

const MARKS: Record<Mark, { readonly sign: string; readonly code: string }> = {
  ok: { sign: '✓', code: '32' },
  attention: { sign: '●', code: '33' },
  failed: { sign: '✗', code: '31' },
  neutral: { sign: '–', code: '2' },
};
const GAP = '   ';
/** Where a title's aside ends at most: links make lines longer than eyes like to follow. */
const FAR_ENOUGH = 80;
const LEAST_WIDTH_TO_WRAP = 24;

/** A Reply as lines of text, without a line end. Everything in it but marks, numbers and spaces is data. */
export function renderReply(reply: Reply, look: Look): readonly string[] {
  const body = groups(reply.lines).flatMap((group) => renderGroup(group, look));
  const widest = Math.max(0, ...body.map(displayWidth));
  return [...renderTitle(reply, widest, look), ...body, ...renderActions(reply.actions, look)];
}

function paint(text: string, code: string, look: Look): string {
  return look.colour && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text;
}

function renderTitle(reply: Reply, widest: number, look: Look): readonly string[] {
  const title = plain(reply.title);
  const aside = plain(reply.aside ?? '');
  if (aside === '')
    return title === '' ? [] : wrap(title, look.width ?? Infinity).map((line) => paint(line, '1', look));
  const room = Math.min(widest, look.width ?? FAR_ENOUGH, FAR_ENOUGH) - displayWidth(aside);
  return [padEnd(paint(title, '1', look), Math.max(room, displayWidth(title) + GAP.length)) + aside];
}

/** Neighbours with the same number of cells, more than one, are a table; every other line stands alone. */
function groups(lines: readonly Line[]): readonly (readonly Line[])[] {
  const found: Line[][] = [];
  for (const line of lines) {
    const last = found.at(-1);
    if (last?.[0] !== undefined && line.cells.length > 1 && last[0].cells.length === line.cells.length)
      last.push(line);
    else found.push([line]);
  }
  return found;
}

function renderGroup(group: readonly Line[], look: Look): readonly string[] {
  const rows = group.map((line) => ({ ...line, cells: line.cells.map(plain) }));
  const columns = (rows[0]?.cells ?? []).map((_, column) =>
    Math.max(...rows.map((row) => displayWidth(row.cells[column] ?? ''))),
  );
  const marked = rows.some((row) => row.mark !== undefined);
  return rows.flatMap((row) => renderRow(row, columns, marked, look));
}

/** The last cell may be long: it wraps below itself, and the button then stands on a line of its own. */
function renderRow(row: Line, columns: readonly number[], marked: boolean, look: Look): readonly string[] {
  const widths = columns.slice(0, -1);
  const fixed = widths.map((width, column) => padEnd(row.cells[column] ?? '', width) + GAP).join('');
  const margin = (marked ? 2 : 0) + displayWidth(fixed);
  const room = (look.width ?? Infinity) - margin;
  const last = row.cells.at(-1) ?? '';
  const [first = '', ...more] = room < LEAST_WIDTH_TO_WRAP ? [last] : wrap(last, room);
  const lines = [
    renderMark(row.mark, marked, look) + fixed + first,
    ...more.map((piece) => ' '.repeat(margin) + piece),
  ];
  return withButton(lines, row.action, margin + Math.min(columns.at(-1) ?? 0, room), look).map((line) =>
    line.trimEnd(),
  );
}

function renderMark(mark: Mark | undefined, marked: boolean, look: Look): string {
  if (mark === undefined) return marked ? '  ' : '';
  return `${paint(MARKS[mark].sign, MARKS[mark].code, look)} `;
}

function withButton(
  lines: readonly string[],
  action: Action | undefined,
  end: number,
  look: Look,
): readonly string[] {
  if (action === undefined) return lines;
  const button = renderAction(action, look);
  const [first = '', ...more] = lines;
  if (more.length === 0 && end + GAP.length + displayWidth(button) <= (look.width ?? Infinity))
    return [padEnd(first, end) + GAP + button];
  return [...lines, `  ${button}`];
}

function renderAction(action: Action, look: Look): string {
  const name = `${paint(look.button(action), '36', look)} ${plain(action.label)}`;
  if (action.kind === 'link') return `${name}  ${plain(action.url)}`;
  return look.spellsCommands === true ? `${name}: ${plain(['mcp', ...action.words].join(' '))}` : name;
}

/** Links have a line each, so that the address can be copied; the others share lines as far as they fit. */
function renderActions(actions: readonly Action[], look: Look): readonly string[] {
  const lines: string[] = [];
  let open = false;
  for (const action of actions) {
    const button = renderAction(action, look);
    const longer = `${lines.at(-1) ?? ''}  ${button}`;
    const joins = open && action.kind !== 'link' && displayWidth(longer) <= (look.width ?? Infinity);
    if (joins) lines[lines.length - 1] = longer;
    else lines.push(button);
    open = action.kind !== 'link';
  }
  return lines;
}
