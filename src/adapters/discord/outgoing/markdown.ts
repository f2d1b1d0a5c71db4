/**
 * Text as Discord's markdown, and nothing of others in it acts as such (threat 18): a backslash before a sign that would
 * begin something; a word joiner, which has no width, where a backslash is not enough.
 */
const JOINER = '\u2060';

/** Emphasis, code, spoilers, links; `<` begins every mention, emoji, timestamp and hidden link. */
const SIGNS = /[\\*_~`|<[\]]/gu;
/** What makes a line a heading, a quote, a list, or small text. */
const LINE_START = /^(?=[#>+-])/u;
const NUMBERED = /^(\d+)(?=[.)])/u;
const STARTS = /^[#>+\-\d]/;
/** Names that may be drawn as a mention although nobody is pinged (`allowed_mentions`). */
const EVERYBODY = /@(?=everyone|here)/gu;
/** The scheme of an address: without it nothing becomes a link. */
const SCHEME = /:(?=\/\/)/gu;
const ANY = /[\\*_~`|<[\]@:]/;

export function plain(text: string): string {
  if (!ANY.test(text)) return text;
  return text.replaceAll(SIGNS, '\\$&').replaceAll(EVERYBODY, `@${JOINER}`).replaceAll(SCHEME, `:${JOINER}`);
}

export function bold(text: string): string {
  return text === '' ? '' : `**${plain(text)}**`;
}

/** A tap copies it on a phone, and nothing in it becomes a link or a mention. */
export function code(text: string): string {
  return `\`${text.replaceAll('`', '\u02cb')}\``;
}

/** A whole address, or a person's id as an operator needs it, where a word starts. */
const COPIED = /(?<=^|[\s("'“<[])([a-z][a-z\d+.-]*:\/\/[^\s<>"'()]*[^\s<>"'().,:;!?]|discord:\d{1,20}\b)/giu;

/** A sentence, of ours or of others: addresses can be copied, nothing can be pressed. */
export function data(text: string): string {
  if (!text.includes(':')) return plain(text);
  // Split at a pattern with one group: what it matched stands at the odd places.
  const parts = text.split(COPIED);
  return parts.map((part, at) => (at % 2 === 1 ? code(part) : plain(part))).join('');
}

/** A line of text, whatever it begins with. */
export function line(markdown: string): string {
  if (!STARTS.test(markdown)) return markdown;
  return markdown.replace(LINE_START, '\\').replace(NUMBERED, '$1\\');
}
