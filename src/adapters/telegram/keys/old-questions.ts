import { setTimeout as sleep } from 'node:timers/promises';
import type { AdapterMemory, MessageRef } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import { messageRef } from '../refs.js';
import {
  type Asked,
  everybodyAsked,
  hasPrompt,
  keepQuestion,
  standingQuestion,
  takeQuestion,
} from './prompts.js';

export interface OldQuestionsParts {
  readonly memory: () => AdapterMemory;
  /** False: Telegram does not let us. Throws where it is to be tried again. */
  readonly remove: (message: MessageRef) => Promise<boolean>;
  /** Between two looks. @default a minute */
  readonly everyMs?: number;
  readonly log: Log;
}

const LOOK_EVERY_MS = 60_000;

/**
 * Takes away the questions that may not be answered any more, of whatever process: who reads "Send me …" sends it.
 * Resolves after `ending`; never rejects.
 */
export async function removeOldQuestions(parts: OldQuestionsParts, ending: AbortSignal): Promise<void> {
  const { memory, remove, everyMs = LOOK_EVERY_MS, log } = parts;
  /** Telegram is not asked again for what it refused. */
  const refused = new Set<string>();

  async function end(asked: Asked): Promise<void> {
    const question = await standingQuestion(memory(), asked);
    if (question === undefined || (await hasPrompt(memory(), asked))) return;
    const { message } = question;
    const id = `${asked.userId}/${message}`;
    if (refused.has(id)) return;
    if (!(await remove(messageRef({ chat: Number(asked.userId), message })))) return void refused.add(id);
    const taken = await takeQuestion(memory(), asked);
    // They were asked something new in this very moment.
    if (taken !== undefined && taken.message !== message) await keepQuestion(memory(), asked, taken);
  }

  const later = (error: unknown): void => log.debug({ error }, 'an old question could not be taken away yet');

  async function look(): Promise<void> {
    for (const asked of await everybodyAsked(memory())) await end(asked).catch(later);
  }

  while (!ending.aborted) {
    await look().catch(later);
    await sleep(everyMs, undefined, { signal: ending, ref: false }).catch(() => undefined);
  }
}
