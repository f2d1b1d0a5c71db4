import { randomBytes } from 'node:crypto';
import type { Actor, AdapterMemory } from '../../gateway/types.js';
import { isMembers } from './refs.js';

/** What a tapped `t.me/<bot>?start=…` stands for. Payloads are 64 characters of A–Z, a–z, 0–9, _ and - at most. */
export type StartMeaning =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** It was made for another account. */
  | { readonly kind: 'foreign' }
  /** Not one of ours: the host bot's, or none. */
  | { readonly kind: 'other' };

const CODE = /^mcp_c_(\d{6})$/;
const AGAIN = /^mcp_r_([\w-]{22})$/;
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
 * it says nothing: what it stands for is remembered, for this person alone and for a quarter of an hour.
 */
export async function rememberWords(
  memory: AdapterMemory,
  actor: Actor,
  words: readonly string[],
  username: string,
): Promise<string> {
  const id = randomBytes(16).toString('base64url');
  await memory.set(`start/${id}`, { user: actor.userId, words: [...words] }, LIFETIME_MS);
  return `${chatUrlOf(username)}?start=mcp_r_${id}`;
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
  await memory.take(key);
  const words = Array.isArray(kept.words) ? kept.words.filter((word) => typeof word === 'string') : [];
  return { kind: 'words', words };
}
