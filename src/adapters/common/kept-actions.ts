import { createHash } from 'node:crypto';
import type { Action, Field, Json } from '../../gateway/types.js';
import { membersOf } from './payload.js';

/** What a button can stand for, other than a link. */
export type Pressable = Exclude<Action, { readonly kind: 'link' }>;

/** Something to be remembered before the button that names it is sent. */
export interface Kept {
  readonly key: string;
  readonly value: Json;
}

/** An action as it comes back from storage: what a form's button needs, without its label. */
export type KeptAction =
  | { readonly kind: 'command'; readonly words: readonly string[] }
  | {
      readonly kind: 'form';
      readonly words: readonly string[];
      readonly title: string;
      readonly fields: readonly Field[];
    };

const HASH = /^[\w-]{22}$/;

/** Where an action is remembered: the same action in the same place, whatever its label. */
export function keepAction(action: Pressable): Kept & { readonly hash: string } {
  const value = contentOf(action);
  const hash = createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 22);
  return { hash, key: keyOf(hash), value };
}

/** Undefined where it is no hash that `keepAction` makes. */
export function keptKey(hash: string): string | undefined {
  return HASH.test(hash) ? keyOf(hash) : undefined;
}

/** What was remembered for a button; undefined where it is nothing that `keepAction` makes. */
export function readKept(value: unknown): KeptAction | undefined {
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

/** In this order and no other: the hash is of its text. */
function contentOf(action: Pressable): Json {
  const words = [...action.words];
  if (action.kind === 'command') return { words };
  return { words, title: action.title, fields: action.fields.map(fieldValue) };
}

function fieldValue({ name, label, secret, hint, digits }: Field): Json {
  return {
    name,
    label,
    secret,
    ...(hint === undefined ? {} : { hint }),
    ...(digits === undefined ? {} : { digits }),
  };
}

function isWords(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((word) => typeof word === 'string');
}

function readField(value: unknown): readonly Field[] {
  const { name, label, secret, hint, digits } = membersOf(value);
  if (typeof name !== 'string' || typeof label !== 'string' || typeof secret !== 'boolean') return [];
  return [
    {
      name,
      label,
      secret,
      ...(typeof hint === 'string' ? { hint } : {}),
      ...(typeof digits === 'number' ? { digits } : {}),
    },
  ];
}
