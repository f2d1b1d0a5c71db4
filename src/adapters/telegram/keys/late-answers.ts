import type { Actor, AdapterMemory } from '../../../gateway/types.js';
import { integer } from '../refs.js';
import { openQuestion } from './prompts.js';

/** As long as a bot may delete what people say to it (Bot API, "deleteMessage"). */
const LIFETIME_MS = 48 * 3_600_000;
const MOST = 8;

const keyOf = ({ userId }: Actor): string => `asked/${userId}`;

async function questionsOf(memory: AdapterMemory, actor: Actor): Promise<readonly number[]> {
  const kept = await memory.get(keyOf(actor));
  return Array.isArray(kept) ? kept.flatMap((id) => integer(id) ?? []) : [];
}

/** Remembers a message that asked for a key, for as long as somebody may still reply to it. */
export async function noteQuestion(memory: AdapterMemory, actor: Actor, message: number): Promise<void> {
  const asked = [...(await questionsOf(memory, actor)), message].slice(-MOST);
  await memory.set(keyOf(actor), asked, LIFETIME_MS);
}

/**
 * It replies to a question that is not open any more. It holds a key all the same, and not one for the server that the
 * open question, if there is one, is about: that server must not get it.
 */
export async function isLateAnswer(
  memory: AdapterMemory,
  actor: Actor,
  answers: number | undefined,
): Promise<boolean> {
  if (answers === undefined) return false;
  const asked = await questionsOf(memory, actor);
  return asked.includes(answers) && (await openQuestion(memory, actor)) !== answers;
}
