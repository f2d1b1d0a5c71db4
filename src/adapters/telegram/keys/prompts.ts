import type { Actor, AdapterMemory, Field, Json, MessageRef } from '../../../gateway/types.js';
import { integer, isMembers } from '../refs.js';

/** A form, asked field by field in the private chat: Telegram has none of its own. */
export interface Prompt {
  readonly words: readonly string[];
  readonly title: string;
  readonly fields: readonly Field[];
  readonly given: Readonly<Record<string, string>>;
  /** The message whose button was pressed. */
  readonly form?: MessageRef;
}

export const PROMPT_LIFETIME_MS = 10 * 60_000;

const keyOf = ({ userId }: Actor): string => `prompt/${userId}`;
const questionKeyOf = ({ userId }: Actor): string => `question/${userId}`;

/** The field that is still to be given. */
export function nextField({ fields, given }: Prompt): Field | undefined {
  return fields.find((field) => !Object.hasOwn(given, field.name));
}

/** One at a time for each person: a new one takes the place of the old. */
export async function keepPrompt(memory: AdapterMemory, actor: Actor, prompt: Prompt): Promise<void> {
  const { words, title, fields, given, form } = prompt;
  const kept: Json = {
    words: [...words],
    title,
    fields: fields.map((field) => ({ ...field })),
    given: { ...given },
    ...(form === undefined ? {} : { form }),
  };
  await memory.set(keyOf(actor), kept, PROMPT_LIFETIME_MS);
}

/** The prompt that this person has not answered; it is theirs to answer once. */
export async function takePrompt(memory: AdapterMemory, actor: Actor): Promise<Prompt | undefined> {
  const key = keyOf(actor);
  if ((await memory.get(key)) === undefined) return undefined;
  return readPrompt(await memory.take(key));
}

/** The same, which stays theirs to answer. */
export async function peekPrompt(memory: AdapterMemory, actor: Actor): Promise<Prompt | undefined> {
  return readPrompt(await memory.get(keyOf(actor)));
}

export async function hasPrompt(memory: AdapterMemory, actor: Actor): Promise<boolean> {
  return (await memory.get(keyOf(actor))) !== undefined;
}

/** The message that asks, in a record of its own: it is known later than the prompt, which may be answered by then. */
export async function keepQuestion(memory: AdapterMemory, actor: Actor, message: number): Promise<void> {
  await memory.set(questionKeyOf(actor), message, PROMPT_LIFETIME_MS);
}

/** The message that asks now. */
export async function openQuestion(memory: AdapterMemory, actor: Actor): Promise<number | undefined> {
  return integer((await memory.get(questionKeyOf(actor))) ?? null);
}

export async function takeQuestion(memory: AdapterMemory, actor: Actor): Promise<number | undefined> {
  return integer((await memory.take(questionKeyOf(actor))) ?? null);
}

function readPrompt(kept: Json | undefined): Prompt | undefined {
  if (!isMembers(kept) || !Array.isArray(kept.words) || !Array.isArray(kept.fields)) return undefined;
  return {
    words: kept.words.filter((word) => typeof word === 'string'),
    title: typeof kept.title === 'string' ? kept.title : '',
    fields: kept.fields.flatMap(readField),
    given: readGiven(kept.given),
    ...(isMembers(kept.form) ? { form: kept.form } : {}),
  };
}

function readField(kept: Json): readonly Field[] {
  if (!isMembers(kept) || typeof kept.name !== 'string' || typeof kept.label !== 'string') return [];
  const hint = typeof kept.hint === 'string' ? { hint: kept.hint } : {};
  return [{ name: kept.name, label: kept.label, secret: kept.secret === true, ...hint }];
}

function readGiven(kept: Json | undefined): Readonly<Record<string, string>> {
  if (!isMembers(kept)) return {};
  const given = Object.entries(kept).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(given);
}
