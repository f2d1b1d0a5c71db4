import { stripVTControlCharacters } from 'node:util';

/**
 * Data as one line of text that a terminal shows and does not obey (threat 18): escape sequences, control
 * characters and invisible formatting (right-to-left overrides) go; the joiner within emoji stays.
 */
export function plain(data: string): string {
  return stripVTControlCharacters(data.toWellFormed().replaceAll('\u009b', '\u001b['))
    .replaceAll(/[\s\u0085]+/gu, ' ')
    .replaceAll(/(?!\u200d)[\p{Cc}\p{Cf}]/gu, '');
}

const ASCII = /^[\u0020-\u007e]*$/;
const WIDE =
  /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|[\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|\ufe0f/u;
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;

/** How many columns a terminal gives this text. Our own colours take none. */
export function displayWidth(text: string): number {
  const bare = stripVTControlCharacters(text);
  if (ASCII.test(bare)) return bare.length;
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(bare)) {
    if (!NO_WIDTH.test(segment)) width += WIDE.test(segment) ? 2 : 1;
  }
  return width;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** Broken at spaces into pieces of at most `width` columns; a longer word (an address) stays whole. */
export function wrap(text: string, width: number): readonly string[] {
  if (displayWidth(text) <= width) return [text];
  const pieces: string[] = [];
  let piece = '';
  for (const word of text.split(' ')) {
    const longer = piece === '' ? word : `${piece} ${word}`;
    if (piece !== '' && displayWidth(longer) > width) {
      pieces.push(piece);
      piece = word;
    } else piece = longer;
  }
  return [...pieces, piece];
}

/** How many rows of the screen these lines take at this width. */
export function rowsOf(lines: readonly string[], columns: number): number {
  return lines.reduce((rows, line) => rows + Math.max(1, Math.ceil(displayWidth(line) / columns)), 0);
}
