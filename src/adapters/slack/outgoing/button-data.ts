import { type Kept, keepAction, keptKey, type Pressable, readKept } from '../../common/kept-actions.js';
import type { Meaning, Pressed } from '../types.js';

/** `callback_id` of our forms. */
export const FORM = 'mcp:form';

/** Our id of a message, and for whom it is: both stand in each of its blocks that has a button. */
export type Mark = Pick<Pressed, 'id' | 'owner'>;

const BLOCK = /^mcp:([\w-]{16}):([A-Z0-9]{2,32}\/[A-Z0-9]{2,32}):\d{1,3}$/;
/** Block Kit, button: `value`. */
const LONGEST_VALUE = 2000;

/** Unique within the message (Block Kit, `block_id`: 255 characters). */
export function blockId({ id, owner }: Mark, nth: number): string {
  return `mcp:${id}:${owner}:${nth}`;
}

/** Undefined: not ours. Slack passes on what a client says was pressed: it is worth no more than what it names. */
export function readBlockId(value: unknown): Mark | undefined {
  const [, id, owner] = (typeof value === 'string' && BLOCK.exec(value)) || [];
  return id === undefined || owner === undefined ? undefined : { id, owner };
}

/** A button's `value`, so that a form opens without asking anybody. `kept` has to be remembered before it is sent. */
export function buttonValue(action: Pressable): { readonly value: string; readonly kept?: Kept } {
  const { hash, key, value } = keepAction(action);
  const text = JSON.stringify(value);
  return text.length <= LONGEST_VALUE ? { value: text } : { value: `#${hash}`, kept: { key, value } };
}

/** Undefined: nothing that `buttonValue` makes. A link has no value. */
export function readValue(value: unknown): Meaning | undefined {
  if (value === undefined) return { kind: 'link' };
  if (typeof value !== 'string' || value.length > LONGEST_VALUE) return undefined;
  if (!value.startsWith('#')) return readKept(parsed(value));
  const key = keptKey(value.slice(1));
  return key === undefined ? undefined : { kind: 'kept', key };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
