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

/** The message that asks. */
export interface Question {
  readonly message: number;
  /** It asks for a secret. */
  readonly secret: boolean;
}

/** Whose they are. */
export type Asked = Pick<Actor, 'userId'>;

export const PROMPT_LIFETIME_MS = 10 * 60_000;
/** As long as a bot may delete what was said (Bot API, "deleteMessage"): the message stands longer than it may be answered. */
export const QUESTION_LIFETIME_MS = 48 * 3_600_000;

const QUESTIONS = 'question';

const keyOf = ({ userId }: Asked): string => `prompt/${userId}`;
const questionKeyOf = ({ userId }: Asked): string => `${QUESTIONS}/${userId}`;

/** The field that is still to be given. */
export function nextField({ fields, given }: Prompt): Field | undefined {
  return fields.find((field) => !Object.hasOwn(given, field.name));
}

/** It is for a key: an address or six digits look like other things that people say. */
export function asksForKey({ fields }: Prompt): boolean {
  return fields.some(({ name, secret }) => secret && name !== 'address');
}

/** One at a time for each person: a new one takes the place of the old. */
export async function keepPrompt(memory: AdapterMemory, asked: Asked, prompt: Prompt): Promise<void> {
  const { words, title, fields, given, form } = prompt;
  const kept: Json = {
    words: [...words],
    title,
    fields: fields.map((field) => ({ ...field })),
    given: { ...given },
    ...(form === undefined ? {} : { form }),
  };
  await memory.set(keyOf(asked), kept, PROMPT_LIFETIME_MS);
}

/** The prompt that this person has not answered; it is theirs to answer once. */
export async function takePrompt(memory: AdapterMemory, asked: Asked): Promise<Prompt | undefined> {
  const key = keyOf(asked);
  if ((await memory.get(key)) === undefined) return undefined;
  return readPrompt(await memory.take(key));
}

/** The same, which stays theirs to answer. */
export async function peekPrompt(memory: AdapterMemory, asked: Asked): Promise<Prompt | undefined> {
  return readPrompt(await memory.get(keyOf(asked)));
}

export async function hasPrompt(memory: AdapterMemory, asked: Asked): Promise<boolean> {
  return (await memory.get(keyOf(asked))) !== undefined;
}

/** In a record of its own: the message is known later than the prompt, which may be answered by then. */
export async function keepQuestion(
  memory: AdapterMemory,
  asked: Asked,
  { message, secret }: Question,
): Promise<void> {
  await memory.set(questionKeyOf(asked), { message, secret }, QUESTION_LIFETIME_MS);
}

/** The message that stands in their chat and asks, whether it may still be answered or not. */
export async function standingQuestion(memory: AdapterMemory, asked: Asked): Promise<Question | undefined> {
  return readQuestion(await memory.get(questionKeyOf(asked)));
}

export async function takeQuestion(memory: AdapterMemory, asked: Asked): Promise<Question | undefined> {
  return readQuestion(await memory.take(questionKeyOf(asked)));
}

/** All in whose chats a question stands. */
export async function everybodyAsked(memory: AdapterMemory): Promise<readonly Asked[]> {
  return (await memory.keys(QUESTIONS)).map((userId) => ({ userId }));
}

function readQuestion(kept: Json | undefined): Question | undefined {
  if (!isMembers(kept)) return undefined;
  const message = integer(kept.message);
  return message === undefined ? undefined : { message, secret: kept.secret === true };
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
