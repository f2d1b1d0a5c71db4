import { randomBytes } from 'node:crypto';
import type { Actor, AdapterMemory } from '../../../gateway/types.js';
import { isMembers } from '../refs.js';

/** What a tapped `t.me/<bot>?start=…` stands for. Payloads are 64 characters of A–Z, a–z, 0–9, _ and - at most. */
export type StartMeaning =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** It was made for another account. */
  | { readonly kind: 'foreign' }
  /** Not one of ours: the host bot's, or none. */
  | { readonly kind: 'other' };

const CODE = /^mcp_c_(\d{6})$/;
const AGAIN = /^mcp_r_([\w-]{22})$/;
const PLAIN = 'mcp_servers';
const LIFETIME_MS = 15 * 60_000;

/** With `{digits}` for the six digits of a code page. */
export function confirmUrlOf(username: string): string {
  return `${chatUrlOf(username)}?start=mcp_c_{digits}`;
}

export function chatUrlOf(username: string): string {
  return `https://t.me/${username}`;
}

/**
 * A link that runs a command again in the private chat of the person who gave it. It stands where others can read it, so
 * it says nothing: what it stands for is remembered, for this person alone and for a quarter of an hour. While the store
 * is away nothing can be remembered, and it stands for `/mcp` alone.
 */
export async function rememberWords(
  memory: AdapterMemory,
  actor: Actor,
  words: readonly string[],
  username: string,
): Promise<string> {
  const id = randomBytes(16).toString('base64url');
  const value = { user: actor.userId, words: [...words] };
  const kept = memory.set(`start/${id}`, value, LIFETIME_MS).then(
    () => true,
    () => false,
  );
  return `${chatUrlOf(username)}?start=${(await kept) ? `mcp_r_${id}` : PLAIN}`;
}

/** One that has expired, or was used, stands for `/mcp` alone. */
export async function meaningOf(payload: string, actor: Actor, memory: AdapterMemory): Promise<StartMeaning> {
  const digits = CODE.exec(payload)?.[1];
  if (digits !== undefined) return { kind: 'words', words: ['confirm', digits] };
  const id = AGAIN.exec(payload)?.[1];
  if (id === undefined) return { kind: payload.startsWith('mcp_') ? 'words' : 'other', words: [] };
  const key = `start/${id}`;
  const kept = await memory.get(key);
  if (!isMembers(kept)) return { kind: 'words', words: [] };
  if (kept.user !== actor.userId) return { kind: 'foreign' };
  // Tapped twice at once, it still works once.
  if ((await memory.take(key)) === undefined) return { kind: 'words', words: [] };
  const words = Array.isArray(kept.words) ? kept.words.filter((word) => typeof word === 'string') : [];
  return { kind: 'words', words };
}
