/** A text as Block Kit takes it. */
export type TextObject =
  | { readonly type: 'plain_text'; readonly text: string; readonly emoji: false }
  /** `verbatim`: nothing in it becomes a link, a name or a channel by itself. */
  | { readonly type: 'mrkdwn'; readonly text: string; readonly verbatim: true };

/**
 * A word in which Slack sees nothing but text. mrkdwn cannot be escaped but for `&`, `<` and `>`: `*bold*`, `_italic_`,
 * `:emoji:` and addresses mean something wherever they stand (threat 18).
 */
const TAME =
  /^(?:[\p{L}\p{N},.;()%…–—·’“”"'/+=?!✓●✗○-]|:$|(?<=^\d\d):(?=\d\d$)|(?<=[\p{L}\p{N}])_(?=[\p{L}\p{N}]))*$/u;

/** Whether text of others can stand beside our own bold: with a backquote in it, it can't. */
export function isRich(text: string): boolean {
  return !text.includes('`');
}

/**
 * Text of others as mrkdwn: words that could mean something (a tool named `*all*`, an address, an id) stand in code, where
 * nothing does, and from where they are easily copied.
 */
export function literal(text: string): string {
  return text
    .split(' ')
    .map((word) => (TAME.test(word) ? word : wild(word)))
    .join(' ');
}

/** What ends a sentence is no part of what is copied. */
function wild(word: string): string {
  const [, inside = '', end = ''] = /^(.*?)([,.;:)]*)$/u.exec(word) ?? [];
  return inside === '' ? code(word) : `${code(inside)}${end}`;
}

export function bold(text: string): string {
  return TAME.test(text.replaceAll(' ', '')) && text.trim() !== '' ? `*${text.trim()}*` : literal(text);
}

export function code(text: string): string {
  return `\`${escaped(text)}\``;
}

export function plain(text: string): TextObject {
  return { type: 'plain_text', text, emoji: false };
}

export function mrkdwn(text: string): TextObject {
  return { type: 'mrkdwn', text, verbatim: true };
}

/** For `text`, which notifications show and which is read as mrkdwn where no block is. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
