import type { InlineKeyboardButton } from 'grammy/types';
import type { Action, Line, Reply } from '../../../gateway/types.js';
import type { Kept } from '../../common/kept-actions.js';
import { plainText } from '../../common/text.js';
import { encodeAction } from './callback-data.js';
import { linkWay } from './links.js';

export interface Keyboard {
  readonly rows: readonly (readonly InlineKeyboardButton[])[];
  /** To be remembered before the message is sent. */
  readonly kept: readonly Kept[];
}

interface Made {
  readonly button: InlineKeyboardButton;
  readonly kept?: Kept;
}

const LONGEST_LABEL = 64;
/** Telegram takes a hundred. */
const MOST_BUTTONS = 100;
/** What fits beside others of its kind on a phone 320 px wide, in letters of ordinary width. */
const WIDTHS = [
  { upTo: 9, beside: 3 },
  { upTo: 15, beside: 2 },
] as const;
/** About half as wide as the others. */
const NARROW = /[ ·.,:()'fijlrtI-]/gu;

/** The buttons of the rows first, as they stand, then the reply's own. */
export function keyboardOf({ lines, actions }: Reply): Keyboard {
  const several = lines.filter(isAboutSomething).length > 1;
  const ofLines = lines.flatMap((line) => lineButton(line, several));
  const own = actions.flatMap((action) => made(action, action.label));
  const once = distinct([...ofLines, ...own]).slice(0, MOST_BUTTONS);
  const groups = [ofLines, own].map((group) => once.filter((one) => group.includes(one)));
  return {
    rows: groups.flatMap(inRows).map((row) => row.map(({ button }) => button)),
    kept: once.flatMap(({ kept }) => kept ?? []),
  };
}

/** A row about a server or a person; not a sentence that explains. */
function isAboutSomething({ mark, cells }: Line): boolean {
  return mark !== undefined || cells.length > 1;
}

/** A button stands below all the text, so that its label names its row where there are several. */
function lineButton(line: Line, several: boolean): readonly Made[] {
  const { action } = line;
  if (action === undefined) return [];
  const name = several ? nameOf(line, action) : '';
  return made(action, name === '' ? action.label : `${plainText(action.label, 32)} · ${name}`);
}

/** What the row is about, if its button is about that too: "Cancel all" on the row of one server is not. */
function nameOf({ cells: [first = '', ...others], subject = '' }: Line, action: Action): string {
  const name = plainText(others.length > 0 ? first : subject, 32);
  return action.kind === 'link' || action.words.includes(name) ? name : '';
}

function made(action: Action, text: string): readonly Made[] {
  const label = plainText(text, LONGEST_LABEL) || '–';
  if (action.kind === 'link')
    return linkWay(action.url) === 'button' ? [{ button: { text: label, url: action.url } }] : [];
  const { data, kept } = encodeAction(action);
  return [{ button: { text: label, callback_data: data }, ...(kept === undefined ? {} : { kept }) }];
}

/** Two rows that wait for the same code need one button. */
function distinct(all: readonly Made[]): readonly Made[] {
  const seen = new Set<string>();
  return all.filter(({ button }) => {
    const before = seen.size;
    return seen.add(JSON.stringify(button)).size > before;
  });
}

/** Two that fit share a row. Of more, neighbours of one kind of width do, as evenly as they can: four are two and two. */
function inRows(all: readonly Made[]): readonly (readonly Made[])[] {
  if (all.length === 2 && all.every((one) => beside(one) > 1)) return [all];
  const runs: Made[][] = [];
  for (const one of all) {
    const run = runs.at(-1);
    if (run?.[0] !== undefined && beside(run[0]) === beside(one)) run.push(one);
    else runs.push([one]);
  }
  return runs.flatMap(evenly);
}

/** How many of its kind share a row. */
function beside({ button: { text } }: Made): number {
  const narrow = text.match(NARROW)?.length ?? 0;
  const width = [...text].length - narrow / 2;
  return WIDTHS.find(({ upTo }) => width <= upTo)?.beside ?? 1;
}

function evenly(run: readonly Made[]): readonly (readonly Made[])[] {
  const [first] = run;
  const rows = Math.ceil(run.length / (first === undefined ? 1 : beside(first)));
  const each = Math.ceil(run.length / rows);
  return Array.from({ length: rows }, (_, row) => run.slice(row * each, (row + 1) * each));
}
