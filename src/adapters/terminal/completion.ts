import { wordsBeingTyped } from './read.js';
import { plain } from './text.js';

export interface Completion {
  /** The end of the line that `insert` replaces. */
  readonly typed: string;
  readonly insert?: string;
  /** What could follow, where that is not settled. */
  readonly candidates: readonly string[];
}

function commonStart(words: readonly string[]): string {
  const [first = '', ...rest] = words;
  let length = first.length;
  for (const word of rest) while (!word.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
}

/** What Tab does at the end of this line; `suggest` is the gateway's answer for the words after `/mcp`. */
export async function completeLine(
  line: string,
  suggest: (words: readonly string[]) => Promise<readonly string[]>,
): Promise<Completion> {
  const words = wordsBeingTyped(line);
  if (words === undefined) {
    const start = line.trimStart();
    const fits = '/mcp'.startsWith(start) ? '/mcp ' : 'mcp'.startsWith(start) ? 'mcp ' : undefined;
    return fits === undefined
      ? { typed: start, candidates: [] }
      : { typed: start, insert: fits, candidates: [] };
  }
  const typed = words.at(-1) ?? '';
  const fits = (await suggest(words))
    .map(plain)
    .filter((word) => word.toLowerCase().startsWith(typed.toLowerCase()));
  if (fits.length === 1) return { typed, insert: `${fits[0]} `, candidates: [] };
  const start = commonStart(fits);
  return start.length > typed.length ? { typed, insert: start, candidates: [] } : { typed, candidates: fits };
}
