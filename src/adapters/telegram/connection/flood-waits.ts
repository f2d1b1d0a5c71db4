import type { Transformer } from 'grammy';
import { membersOf, positiveOf } from '../../common/payload.js';

/** Chats that are remembered at a time. */
const MOST = 1_000;

/**
 * A 429 says for how long a chat is to be left alone. Whoever comes before that (the sweep, another command) gets the same
 * answer from here, with what is left of the time, and Telegram is not asked: asking it again makes the wait longer. What
 * is to be deleted (a key) is not kept waiting for what was too much to send.
 */
export function createFloodWaits(now: () => number = () => performance.now()): Transformer {
  const untilMs = new Map<unknown, number>();

  function note(chat: unknown, waitMs: number): void {
    untilMs.delete(chat);
    untilMs.set(chat, now() + waitMs);
    for (const oldest of untilMs.keys()) {
      if (untilMs.size <= MOST) break;
      untilMs.delete(oldest);
    }
  }

  return async (previous, method, payload, signal) => {
    const chat = method.startsWith('delete') ? undefined : membersOf(payload).chat_id;
    const leftSeconds = Math.ceil(((untilMs.get(chat) ?? 0) - now()) / 1000);
    if (leftSeconds > 0) return tooMany(leftSeconds);
    const response = await previous(method, payload, signal);
    if (response.ok || chat === undefined) return response;
    const seconds = positiveOf(response.parameters?.retry_after);
    if (seconds !== undefined) note(chat, seconds * 1000);
    return response;
  };
}

function tooMany(seconds: number) {
  const description = `Too Many Requests: retry after ${seconds}`;
  return { ok: false, error_code: 429, description, parameters: { retry_after: seconds } } as const;
}
