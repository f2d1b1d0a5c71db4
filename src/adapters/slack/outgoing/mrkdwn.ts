/** A text as Block Kit takes it. */
export type TextObject =
  | { readonly type: 'plain_text'; readonly text: string; readonly emoji: false }
  /** `verbatim`: nothing in it becomes a link, a name or a channel by itself. */
  | { readonly type: 'mrkdwn'; readonly text: string; readonly verbatim: true };

/**
 * Text in which Slack sees nothing but text. mrkdwn cannot be escaped but for `&`, `<` and `>`: `*bold*`, `_italic_`,
 * `:emoji:` mean something wherever they stand. So what others wrote (a tool named `*all*`, a provider's error) stands in
 * plain text, and only where it is as tame as this may it stand beside our own bold (threat 18).
 */
const TAME = /^(?:[\p{L}\p{N} ,.;()%…–—·’“”"'/+=?!✓●✗○-]|:(?= |$)|(?<=[\p{L}\p{N}])_(?=[\p{L}\p{N}]))*$/u;

export function isTame(text: string): boolean {
  return TAME.test(text);
}

/** Of tame text. */
export function bold(text: string): string {
  return text.trim() === '' ? text : `*${text.trim()}*`;
}

/** Of tame text. */
export function code(text: string): string {
  return `\`${text}\``;
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
