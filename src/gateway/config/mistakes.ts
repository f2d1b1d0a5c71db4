import { distance } from 'fastest-levenshtein';

/** Something in the config that is wrong, or (as a warning) probably not meant. No field ever holds a secret's value. */
export interface ConfigMistake {
  /** As the caller named it. */
  readonly file: string;
  /** `mcp_servers.linear.oauth.scop`; empty for the file as a whole. */
  readonly path: string;
  /** Absent where the file could not be read. */
  readonly line?: number;
  readonly column?: number;
  readonly found: string;
  readonly allowed: string;
  /** The valid key, value or name that was probably meant. */
  readonly nearest?: string;
  /** What to do, as a sentence. */
  readonly remedy: string;
}

/** Counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export type ConfigPath = readonly (string | number)[];

/** A mistake before it has its place in the file. Without `found`, the value at `path` is described (masked). */
export interface Finding {
  readonly path: ConfigPath;
  /** What the line and column point at; the value by default. */
  readonly at?: 'key' | 'value';
  /** Set where `path` is not the place: a key's second occurrence. */
  readonly position?: Position;
  readonly found?: string;
  readonly allowed: string;
  readonly nearest?: string;
  readonly remedy: string;
}

const MAX_SHOWN = 80;

/** What looks like a key or token, wherever it was pasted: tokens of bots, long runs of letters with digits, and UUIDs. */
const TOKEN_LIKE =
  /\d{5,}:[\w-]{20,}|\bx(?:ox[a-z]|app)[\w.-]*-[\w-]{5,}|[\w-]{18,}\.[\w-]{4,}\.[\w-]{20,}|(?=[A-Za-z0-9+]*\d)(?=[A-Z0-9+]*[a-z])[A-Za-z0-9+]{20,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

const SCHEME = /\b(Bearer|Basic|Bot)\s+\S+/gi;
/** A word with lower-case letters; ids of chat platforms have none. */
const LONG_WORD = /(?=[\dA-Z+/=_-]*[a-z])[\w+/=-]{16,}/g;

/** Letters and digits in turn, or large and small ones, as in no word of people: `7f3a9c`, whatever stands between them. */
function isMixed(word: string): boolean {
  const signs = word.replaceAll(/[^a-z\d]/gi, '');
  const turns = (between: RegExp): number => signs.match(between)?.length ?? 0;
  if (turns(/[a-z](?=\d)|\d(?=[a-z])/gi) >= 4) return true;
  return turns(/[a-z](?=[A-Z\d])|[A-Z](?=[a-z\d])|\d(?=[A-Za-z])/g) >= signs.length * 0.45;
}

const withoutTokens = (text: string): string =>
  text
    .replaceAll(TOKEN_LIKE, '…')
    .replaceAll(SCHEME, '$1 …')
    .replaceAll(LONG_WORD, (word) => (isMixed(word) ? '…' : word));

/** Any text on one line, cut, and without characters that move a cursor or turn the text around (threat 18). */
export function quoted(text: string): string {
  const shown = withoutTokens(text.slice(0, 1000));
  const cut = shown.length > MAX_SHOWN || text.length > 1000 ? `${shown.slice(0, MAX_SHOWN)}…` : shown;
  return JSON.stringify(cut.toWellFormed()).replaceAll(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A word in a sentence: `scope`, or quoted where it is no plain one. */
export function named(word: string): string {
  const inQuotes = quoted(word);
  return /^"[\w.:/@*…-]{1,64}"$/.test(inQuotes) ? `\`${inQuotes.slice(1, -1)}\`` : inQuotes;
}

/** A key: what follows a colon in it is a value that lacks the space before it (`{client_secret:hunter2}`). */
export function keyName(key: string): string {
  return named(key.replace(/([:=\s]).*$/s, '$1…'));
}

/** `access.users[2]`; keys that are no plain words are quoted: `people["a b"]`. */
export function pathText(path: ConfigPath): string {
  return path
    .map((segment, index) => {
      if (typeof segment === 'number') return `[${segment}]`;
      const name = keyName(segment);
      if (!/^`[\w-]+`$/.test(name)) return `[${name.replace(/^`(.*)`$/, '"$1"')}]`;
      return `${index === 0 ? '' : '.'}${name.slice(1, -1)}`;
    })
    .join('');
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/** How many letters may differ from an option of this length. */
type Tolerance = (length: number) => number;
const aThird: Tolerance = (length) => Math.max(1, Math.floor(length / 3));

/** The option that was probably meant: equal but for case and punctuation, else the closest one within `tolerance`. */
export function nearest(
  word: string,
  options: readonly string[],
  tolerance: Tolerance = aThird,
): string | undefined {
  const wanted = plain(word.slice(0, 100));
  if (wanted === '') return undefined;
  const ranked = options
    .map((option) => ({ option, away: distance(wanted, plain(option)), length: plain(option).length }))
    .filter(({ away, length }) => away <= tolerance(length))
    .sort((a, b) => a.away - b.away);
  return ranked[0]?.option;
}

function heading(mistake: ConfigMistake): string {
  const where = [mistake.file, mistake.line, mistake.column].filter((part) => part !== undefined).join(':');
  return mistake.path === '' ? where : `${where} ${mistake.path}`;
}

function advice({ nearest: meant, remedy }: ConfigMistake): string {
  return `${meant === undefined ? '' : `Did you mean ${named(meant)}? `}${remedy}`;
}

function formatMistake(mistake: ConfigMistake): string {
  return [
    heading(mistake),
    `  Found: ${mistake.found}`,
    `  Allowed: ${mistake.allowed}`,
    `  ${advice(mistake)}`,
  ].join('\n');
}

/** For a chat, whose lines have no lines of their own. What is allowed comes last: it may be long, and be cut. */
export function mistakeSentence(mistake: ConfigMistake): string {
  const { allowed, found, remedy } = mistake;
  const rest = remedy.includes(allowed) ? '' : ` Allowed: ${allowed}.`;
  return `${heading(mistake)}: found ${found}. ${advice(mistake)}${rest}`;
}

/** For terminals: plain text, four lines a mistake, a blank line between two. */
export function formatMistakes(mistakes: readonly ConfigMistake[]): string {
  return mistakes.map(formatMistake).join('\n\n');
}
