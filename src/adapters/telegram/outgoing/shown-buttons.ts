import { membersOf, textOf } from '../../common/payload.js';

export type ShownButton =
  | { readonly text: string; readonly url: string }
  | { readonly text: string; readonly callback_data: string };

/** The rows of buttons below a message, as Telegram tells them with a press. */
export type ShownButtons = readonly (readonly ShownButton[])[];

/** Of all of them as JSON: what is kept for a moment must not be of any size. */
const LONGEST = 20_000;

/** @returns undefined where there are none, or others than this adapter makes */
export function readShownButtons(rows: unknown): ShownButtons | undefined {
  if (!Array.isArray(rows) || rows.length === 0 || JSON.stringify(rows).length > LONGEST) return undefined;
  const read = rows.map((row: unknown) => (Array.isArray(row) ? row.map(readButton) : [undefined]));
  const known = read.map((row) => row.filter((button) => button !== undefined));
  return known.every((row, at) => row.length === read[at]?.length) ? known : undefined;
}

function readButton(button: unknown): ShownButton | undefined {
  const members = membersOf(button);
  const text = textOf(members.text);
  const url = textOf(members.url);
  const data = textOf(members.callback_data);
  if (text === undefined) return undefined;
  if (url !== undefined) return { text, url };
  return data === undefined ? undefined : { text, callback_data: data };
}
