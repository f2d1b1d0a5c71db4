import { type Kept, keepAction, keptKey, type Pressable } from '../../common/kept-actions.js';
import { wordsIn } from '../../common/words.js';

/** What a button's data says: the words themselves, or the key under which they are remembered. */
export type Decoded =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'kept'; readonly key: string };

const WORDS = 'mcp:';
const KEPT = 'mcp#';
/** InlineKeyboardButton.callback_data: 1–64 bytes. */
const MOST_BYTES = 64;

/** Data for a button. `kept` has to be remembered before the button is sent. */
export function encodeAction(action: Pressable): { readonly data: string; readonly kept?: Kept } {
  const data = `${WORDS}${action.words.join(' ')}`;
  if (action.kind === 'command' && saysTheSame(data, action.words)) return { data };
  const { hash, ...kept } = keepAction(action);
  return { data: `${KEPT}${hash}`, kept };
}

/** Undefined: not ours. A client may send any data, so that it is worth no more than typed words. */
export function decodeData(data: string): Decoded | undefined {
  if (Buffer.byteLength(data) > MOST_BYTES) return undefined;
  const rest = data.slice(WORDS.length);
  if (data.startsWith(WORDS)) return { kind: 'words', words: wordsIn(rest) };
  const key = data.startsWith(KEPT) ? keptKey(rest) : undefined;
  return key === undefined ? undefined : { kind: 'kept', key };
}

function saysTheSame(data: string, words: readonly string[]): boolean {
  const decoded = decodeData(data);
  return decoded?.kind === 'words' && JSON.stringify(decoded.words) === JSON.stringify(words);
}
