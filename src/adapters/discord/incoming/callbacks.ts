import { CALLBACKS, EPHEMERAL, NO_MENTIONS } from '../outgoing/outbox.js';
import type { Callback } from '../types.js';

/** A sentence that only this person sees. */
export function noteCallback(content: string): Callback {
  return { type: CALLBACKS.message, data: { content, flags: EPHEMERAL, ...NO_MENTIONS } };
}

/** Nothing happens, and nothing has failed. */
export const NOTHING: Callback = { type: CALLBACKS.deferredUpdate };

/** "Up to 25 choices", whose names and values have up to 100 characters. */
const MOST_CHOICES = 25;
const LONGEST_CHOICE = 100;

export function choicesCallback(texts: readonly string[]): Callback {
  const choices = texts
    .filter(({ length }) => length > 0 && length <= LONGEST_CHOICE)
    .slice(0, MOST_CHOICES)
    .map((text) => ({ name: text, value: text }));
  return { type: CALLBACKS.choices, data: { choices } };
}
