import { withoutInvisible } from '../outgoing/text.js';

/** `text` of a message: 0–4096 characters (Bot API, Message). */
export const LONGEST_TEXT = 4096;
/** Words beyond these are nobody's command. */
const MOST_WORDS = 64;

/** Split at white space, without what no eye sees: a copied server name may hide a zero-width space. */
export function wordsIn(text: string): readonly string[] {
  return withoutInvisible(text.slice(0, LONGEST_TEXT).toWellFormed())
    .split(/\s+/u)
    .filter((word) => word !== '')
    .slice(0, MOST_WORDS);
}
