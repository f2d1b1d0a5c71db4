import { createHash } from 'node:crypto';
import type { Action, Field, Json } from '../../../gateway/types.js';
import { membersOf } from '../incoming/payload.js';
import { wordsIn } from '../incoming/words.js';
import type { Kept } from '../types.js';

/** What a button can stand for, other than a link. */
export type Pressable = Exclude<Action, { readonly kind: 'link' }>;

/** What a button's data says: the words themselves, or the key under which they are remembered. */
export type Decoded =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'kept'; readonly key: string };

/** An action as it comes back from storage: what a form's button needs, without its label. */
export type KeptAction =
  | { readonly kind: 'command'; readonly words: readonly string[] }
  | {
      readonly kind: 'form';
      readonly words: readonly string[];
      readonly title: string;
      readonly fields: readonly Field[];
    };

const WORDS = 'mcp:';
const KEPT = 'mcp#';
/** InlineKeyboardButton.callback_data: 1–64 bytes. */
const MOST_BYTES = 64;
const HASH = /^[\w-]{22}$/;

/** Data for a button. `kept` has to be remembered before the button is sent. */
export function encodeAction(action: Pressable): { readonly data: string; readonly kept?: Kept } {
  const data = `${WORDS}${action.words.join(' ')}`;
  if (action.kind === 'command' && saysTheSame(data, action.words)) return { data };
  const value = contentOf(action);
  const hash = createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 22);
  return { data: `${KEPT}${hash}`, kept: { key: keyOf(hash), value } };
}

/** Undefined: not ours. A client may send any data, so that it is worth no more than typed words. */
export function decodeData(data: string): Decoded | undefined {
  if (Buffer.byteLength(data) > MOST_BYTES) return undefined;
  const rest = data.slice(WORDS.length);
  if (data.startsWith(WORDS)) return { kind: 'words', words: wordsIn(rest) };
  return data.startsWith(KEPT) && HASH.test(rest) ? { kind: 'kept', key: keyOf(rest) } : undefined;
}

/** What was remembered for a button; undefined where it is nothing that `encodeAction` makes. */
export function readKept(value: Json): KeptAction | undefined {
  const { words, title, fields } = membersOf(value);
  if (!isWords(words)) return undefined;
  if (fields === undefined) return { kind: 'command', words };
  if (typeof title !== 'string' || !Array.isArray(fields)) return undefined;
  const read = fields.flatMap(readField);
  return read.length < fields.length ? undefined : { kind: 'form', words, title, fields: read };
}

function keyOf(hash: string): string {
  return `button/${hash}`;
}

function saysTheSame(data: string, words: readonly string[]): boolean {
  const decoded = decodeData(data);
  return decoded?.kind === 'words' && JSON.stringify(decoded.words) === JSON.stringify(words);
}

/** In this order and no other: the hash is of its text. */
function contentOf(action: Pressable): Json {
  const words = [...action.words];
  if (action.kind === 'command') return { words };
  return { words, title: action.title, fields: action.fields.map(fieldValue) };
}

function fieldValue({ name, label, secret, hint }: Field): Json {
  return { name, label, secret, ...(hint === undefined ? {} : { hint }) };
}

function isWords(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((word) => typeof word === 'string');
}

function readField(value: unknown): readonly Field[] {
  const { name, label, secret, hint } = membersOf(value);
  if (typeof name !== 'string' || typeof label !== 'string' || typeof secret !== 'boolean') return [];
  return [{ name, label, secret, ...(typeof hint === 'string' ? { hint } : {}) }];
}
