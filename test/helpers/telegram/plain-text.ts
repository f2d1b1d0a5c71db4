import type { Entity } from './shapes.js';

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what the platform replaces
const CONTROL = /[\u0000-\u0009\u000b\u000c\u000e-\u001f]/g;
/** Carriage returns, bidirectional overrides and combining lines. */
const REMOVED = /\r|[\u2028-\u202e]|\u0333|\u033f|\u030a/gu;
const BLANK = /^[\s\u00a0\u1680\u180e\u2000-\u200f\u202f\u205f\u2800\u3000\ufeff\ufffc]*$/u;

const COMMAND = /(?<![\p{L}\p{N}_/<>@])\/([A-Za-z0-9_]{1,64})(@[A-Za-z0-9_]{3,32})?(?![\p{L}\p{N}_/<>@])/gu;
const MENTION = /(?<![\p{L}\p{N}_@])@[A-Za-z][A-Za-z0-9_]{3,31}(?![\p{L}\p{N}_])/gu;
const URL_TEXT =
  /\b(?:https?:\/\/[^\s<>"]+[^\s<>".,;:!?)]|(?:[a-z0-9-]+\.)+(?:com|org|net|me|dev|io|app|ai|co|example)\b(?:\/[^\s<>"]*)?)/gi;

/** What the platform makes of any text before it looks at it (TDLib `clean_input_string`). */
export const cleaned = (text: string): string => text.replace(CONTROL, ' ').replace(REMOVED, '');

/** Nothing in it that a person could see. */
export const isBlank = (text: string): boolean => BLANK.test(text);

function found(text: string, pattern: RegExp, type: string): Entity[] {
  return [...text.matchAll(pattern)].map((match) => ({ type, offset: match.index, length: match[0].length }));
}

/** The commands, mentions and addresses that the platform finds by itself, outside of `taken`. */
export function foundEntities(text: string, taken: readonly Entity[] = []): Entity[] {
  const free = (entity: Entity): boolean =>
    !taken.some(
      (other) =>
        ['code', 'pre', 'text_link', 'url'].includes(other.type) &&
        entity.offset < other.offset + other.length &&
        other.offset < entity.offset + entity.length,
    );
  const urls = found(text, URL_TEXT, 'url');
  const outsideUrls = (entity: Entity): boolean =>
    !urls.some((url) => entity.offset >= url.offset && entity.offset < url.offset + url.length);
  const marks = [...found(text, COMMAND, 'bot_command'), ...found(text, MENTION, 'mention')];
  return [...urls, ...marks.filter(outsideUrls)].filter(free).sort((a, b) => a.offset - b.offset);
}
