/**
 * What no eye sees: zero-width characters, byte order marks, overrides of the reading direction, tag characters
 * (Unicode TR36 §2.4; `Cf`, and what renderers ignore by default).
 */
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
/** The same but for the joiners that Persian words and composed emoji are made with. */
const HARMFUL = /(?!\u200c|\u200d|\ufe0e|\ufe0f)[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

export function withoutInvisible(text: string): string {
  return text.replaceAll(INVISIBLE, '');
}

/** At most this many UTF-16 units, with an ellipsis where something is missing; never half a character. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const kept = text.slice(0, most - 1);
  return `${kept.isWellFormed() ? kept : kept.slice(0, -1)}…`;
}

/** Printable ASCII with single spaces: most cells, and nothing to do for them. */
const SIMPLE = /^[!-~]+(?: [!-~]+)*$/;

/**
 * Data as one line that shows what it holds (threat 18): an escape sequence becomes `�[31m`, not a colour, and half a
 * surrogate pair, for which platforms refuse the whole message, becomes `�`.
 */
export function plainText(text: string, most: number): string {
  if (text.length <= most && SIMPLE.test(text)) return text;
  const line = text
    .slice(0, 4 * most)
    .toWellFormed()
    .replaceAll(HARMFUL, '')
    .replaceAll(/\s+/gu, ' ')
    .replaceAll(/\p{Cc}/gu, '\ufffd')
    .trim();
  return withoutInvisible(line).trim() === '' ? '' : cut(line, most);
}
