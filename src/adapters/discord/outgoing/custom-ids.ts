import { type Kept, keepAction, keptKey, type Pressable } from '../../common/kept-actions.js';
import { wordsIn } from '../../common/words.js';

/** What a button says: the words themselves, or the key under which they are remembered. */
export type Decoded =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'kept'; readonly key: string };

const WORDS = 'mcp:';
const KEPT = 'mcp#';
const FORM = 'mcp?';
/** "Custom IDs: 1–100 characters". */
const MOST = 100;

/** A button's custom id. `kept` has to be remembered before the button is sent. */
export function encodeAction(action: Pressable): { readonly customId: string; readonly kept?: Kept } {
  const customId = `${WORDS}${action.words.join(' ')}`;
  if (action.kind === 'command' && saysTheSame(customId, action.words)) return { customId };
  const { hash, ...kept } = keepAction(action);
  return { customId: `${KEPT}${hash}`, kept };
}

/** Undefined: not ours. A client may send any custom id, so that it is worth no more than typed words. */
export function decodeCustomId(customId: string): Decoded | undefined {
  if (customId.length > MOST) return undefined;
  if (customId.startsWith(WORDS)) return { kind: 'words', words: wordsIn(customId.slice(WORDS.length)) };
  return customId.startsWith(KEPT) ? keptOf(customId.slice(KEPT.length)) : undefined;
}

/** A form's custom id: its button is a kept one, and the form is remembered in the same place. */
export function formIdOf(customId: string): string {
  return `${FORM}${customId.slice(KEPT.length)}`;
}

export function decodeFormId(customId: string): Extract<Decoded, { kind: 'kept' }> | undefined {
  return customId.startsWith(FORM) ? keptOf(customId.slice(FORM.length)) : undefined;
}

function keptOf(hash: string): Extract<Decoded, { kind: 'kept' }> | undefined {
  const key = keptKey(hash);
  return key === undefined ? undefined : { kind: 'kept', key };
}

function saysTheSame(customId: string, words: readonly string[]): boolean {
  const decoded = decodeCustomId(customId);
  if (decoded?.kind !== 'words' || decoded.words.length !== words.length) return false;
  return decoded.words.every((word, at) => word === words[at]);
}
