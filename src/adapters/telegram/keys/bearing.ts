import type { Actor, AdapterMemory } from '../../../gateway/types.js';
import { integer, readMessageRef, telegramId } from '../refs.js';
import { type Prompt, peekPrompt, QUESTION_LIFETIME_MS, standingQuestion } from './prompts.js';

/** What somebody says in their private chat is to what they were asked there. */
export type Bearing =
  /** As far as can be told: what does not reply to anything counts. */
  | { readonly kind: 'answer'; readonly prompt: Prompt }
  /** To something that is asked no more. It may hold a key all the same, and not one for the server that is asked about now. */
  | { readonly kind: 'late' }
  /** It replies to something else, whatever is asked. */
  | { readonly kind: 'elsewhere'; readonly prompt: Prompt }
  /** Nothing is asked. */
  | { readonly kind: 'none' };

const MOST = 8;

const keyOf = ({ userId }: Actor): string => `asked/${userId}`;

async function questionsOf(memory: AdapterMemory, actor: Actor): Promise<readonly number[]> {
  const kept = await memory.get(keyOf(actor));
  return Array.isArray(kept) ? kept.flatMap((id) => integer(id) ?? []) : [];
}

/** Remembers a message that asked for a key, for as long as somebody may still reply to it. */
export async function noteQuestion(memory: AdapterMemory, actor: Actor, message: number): Promise<void> {
  const asked = [...(await questionsOf(memory, actor)), message].slice(-MOST);
  await memory.set(keyOf(actor), asked, QUESTION_LIFETIME_MS);
}

/** @param answers the message that it replies to */
export async function bearingOf(
  memory: AdapterMemory,
  actor: Actor,
  answers: number | undefined,
): Promise<Bearing> {
  const prompt = await peekPrompt(memory, actor);
  if (answers === undefined && prompt !== undefined) return { kind: 'answer', prompt };
  const question = await standingQuestion(memory, actor);
  // It still says "Send me …", and nobody may answer it any more.
  if (answers === undefined) return { kind: question?.secret === true ? 'late' : 'none' };
  const isToIt = answers === question?.message;
  if (prompt !== undefined && (isToIt || isForm(prompt, actor, answers))) return { kind: 'answer', prompt };
  if (isToIt || (await questionsOf(memory, actor)).includes(answers)) return { kind: 'late' };
  if (prompt === undefined) return { kind: 'none' };
  // Another process asks just now: which message that becomes is not known yet.
  return { kind: question === undefined ? 'answer' : 'elsewhere', prompt };
}

/** The message whose button made us ask. */
function isForm({ form }: Prompt, actor: Actor, message: number): boolean {
  const shown = form && readMessageRef(form);
  if (shown === undefined || !('message' in shown)) return false;
  return shown.chat === telegramId(actor) && shown.message === message;
}
