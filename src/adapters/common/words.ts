import { withoutInvisible } from './text.js';

/** Longer messages than any platform delivers whole; what comes behind is nobody's command. */
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
