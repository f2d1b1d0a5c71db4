import type { Actor, Invocation, MessageRef } from '../../gateway/types.js';

/** What the page posts: a typed line, or a button or form of a message. */
export type Submission = {
  /** The person whom the page shows; the cookie may have changed in another tab since. */
  readonly as: string;
  /** Made by the page, once for each press of a key or button: a repeated request repeats it. */
  readonly delivery: string;
} & (
  | { readonly kind: 'typed'; readonly text: string }
  | {
      readonly kind: 'pressed';
      readonly words: readonly string[];
      readonly message: string;
      readonly fields?: Readonly<Record<string, string>>;
    }
);

/** Ids are ours or the page's: letters and digits, so that they can stand anywhere. */
const ID = /^[\w-]{8,64}$/;
const LONGEST_LINE = 4000;
const LONGEST_VALUE = 16_000;
const MOST_WORDS = 100;
const MOST_FIELDS = 20;

type JsonObject = { readonly [key: string]: unknown };

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}

function isText(value: unknown, longest: number): value is string {
  return typeof value === 'string' && value.length <= longest;
}

/** A list of words, as a button or the completion sends them. */
export function readWords(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length > MOST_WORDS) return undefined;
  return value.every((word) => isText(word, LONGEST_LINE)) ? value : undefined;
}

function readFields(value: unknown): Readonly<Record<string, string>> | undefined {
  if (!isObject(value)) return undefined;
  const entries = Object.entries(value);
  const sound = ([, text]: [string, unknown]) => isText(text, LONGEST_VALUE);
  if (entries.length > MOST_FIELDS || !entries.every(sound)) return undefined;
  return Object.fromEntries(entries.map(([name, text]) => [name, String(text)]));
}

function readPressed(body: JsonObject, as: string, delivery: string): Submission | undefined {
  const words = readWords(body.words);
  if (words === undefined || !isId(body.message)) return undefined;
  const pressed = { kind: 'pressed', as, delivery, words, message: body.message } as const;
  if (body.fields === undefined) return pressed;
  const fields = readFields(body.fields);
  return fields === undefined ? undefined : { ...pressed, fields };
}

/** The posted JSON as a Submission; undefined where it is not one. */
export function readSubmission(body: unknown): Submission | undefined {
  if (!isObject(body) || !isText(body.as, 200) || !isId(body.delivery)) return undefined;
  const { as, delivery, text } = body;
  if (text === undefined) return readPressed(body, as, delivery);
  if (!isText(text, LONGEST_LINE) || text.trim() === '') return undefined;
  return { kind: 'typed', as, delivery, text };
}

/** The words of a typed line. This chat has one purpose, so `auth linear` means `/mcp auth linear`. */
export function wordsOf(text: string): readonly string[] {
  const words = text.trim().split(/\s+/);
  return /^\/?mcp$/i.test(words[0] ?? '') ? words.slice(1) : words;
}

/** The typed message's own id. */
export function typedId(delivery: string): string {
  return `typed-${delivery}`;
}

/** A message of one person's conversation: where it goes, and which it is. */
export interface WebMessageRef {
  readonly [key: string]: string;
  readonly person: string;
  readonly id: string;
}

export function messageRef(person: string, id: string): WebMessageRef {
  return { person, id };
}

/** The ref as this adapter made it; undefined for another adapter's. */
export function readMessageRef(ref: MessageRef): WebMessageRef | undefined {
  const { person, id } = ref;
  if (typeof person !== 'string' || !isId(id)) return undefined;
  return { person, id };
}

/**
 * A Submission as the Invocation that the gateway runs. A typed line has no `message` (nothing is to be replaced), and
 * its own ref as `typed`, so that `remove` can take it away.
 */
export function toInvocation(submission: Submission, actor: Actor): Invocation {
  const person = actor.userId;
  const deliveryId = `web:${person}:${submission.delivery}`;
  if (submission.kind === 'typed') {
    const typed = messageRef(person, typedId(submission.delivery));
    return { deliveryId, actor, words: wordsOf(submission.text), conversation: { person }, typed };
  }
  const { words, fields, message } = submission;
  return {
    deliveryId,
    actor,
    words,
    ...(fields === undefined ? {} : { fields }),
    conversation: { person },
    message: messageRef(person, message),
  };
}
