import { setTimeout as sleep } from 'node:timers/promises';
import type { AdapterMemory, Json } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import { createLatest } from '../../common/latest.js';
import { membersOf } from '../../common/payload.js';
import { isMembers, readKey } from '../refs.js';
import type { Token } from './outbox.js';

/** "Interaction tokens are valid for 15 minutes": the way takes some of it. */
export const TOKEN_LIVES_MS = 15 * 60_000 - 20_000;
const REMEMBERED = 1_000;
const WRITTEN_MOST = 300;
const TOGETHER_MS = 1_000;
const KEY = 'tokens';

/** A message that only this person sees. */
export interface Whispered {
  readonly user: string;
  readonly message: string;
}

/**
 * What may edit a message that only one person sees: the token of the interaction that made it, or of the latest press on
 * it. Not part of the message's reference, which stays the same. Whose it is belongs to it: an interaction that names
 * another's message must not lead to what edits that (threat 11).
 */
export interface Tokens {
  note(whispered: Whispered, token: Token, sinceMs: number): void;
  /** Undefined: nothing may edit it any more. */
  of(whispered: Whispered): Promise<Token | undefined>;
  /** Writes down what is not written yet. */
  flush(): Promise<void>;
}

interface Kept extends Token {
  readonly untilMs: number;
}

export interface TokensParts {
  readonly memory: AdapterMemory;
  /** No other process serves this bot. */
  readonly single: boolean;
  readonly now: () => number;
  readonly log: Log;
}

export function createTokens(parts: TokensParts): Tokens {
  return parts.single ? createList(parts) : createEach(parts);
}

function keyOf({ user, message }: Whispered): string {
  return `${user}/${message}`;
}

function createLiving(now: () => number) {
  const latest = createLatest<Kept>(REMEMBERED);
  return {
    add(key: string, token: Kept): void {
      latest.add(key, token);
    },
    of(key: string): Kept | undefined {
      const found = latest.of(key);
      return found !== undefined && found.untilMs > now() ? found : undefined;
    },
    all: () => latest.all().filter(([, { untilMs }]) => untilMs > now()),
  };
}

/** For one process: a record of all, written a moment later and for many at a time. After a kill the last ones are missing: their news comes into the DM. */
function createList({ memory, now, log }: TokensParts): Tokens {
  const latest = createLiving(now);
  const before = memory
    .get(KEY)
    .then((value) => {
      if (!Array.isArray(value)) return;
      for (const one of value) {
        const token = readKept(one);
        const { of: key } = membersOf(one);
        if (token !== undefined && typeof key === 'string') latest.add(key, token);
      }
    })
    .catch((error: unknown) => log.warn({ error }, 'what may edit earlier messages could not be read'));
  const hurry = new AbortController();
  let due = false;
  let writing = Promise.resolve();

  async function write(): Promise<void> {
    const all = latest.all().slice(-WRITTEN_MOST);
    await memory
      .set(
        KEY,
        all.map(([key, token]) => ({ of: key, ...recordOf(token) })),
        TOKEN_LIVES_MS,
      )
      .catch((error: unknown) => log.warn({ error }, 'what may edit a message could not be written down'));
  }

  async function soon(): Promise<void> {
    await sleep(TOGETHER_MS, undefined, { ref: false, signal: hurry.signal }).catch(() => undefined);
    due = false;
    await write();
  }

  return {
    note(whispered, token, sinceMs) {
      latest.add(keyOf(whispered), { ...token, untilMs: sinceMs + TOKEN_LIVES_MS });
      if (!due) writing = writing.then(soon);
      due = true;
    },
    async of(whispered) {
      await before;
      return latest.of(keyOf(whispered));
    },
    async flush() {
      hurry.abort();
      await writing;
    },
  };
}

/** For several processes: each has a record, because the next news may be another one's to tell. */
function createEach({ memory, now, log }: TokensParts): Tokens {
  const latest = createLiving(now);
  const writing = new Set<Promise<void>>();

  return {
    note(whispered, token, sinceMs) {
      const kept = { ...token, untilMs: sinceMs + TOKEN_LIVES_MS };
      latest.add(keyOf(whispered), kept);
      const work = memory
        .set(`token/${keyOf(whispered)}`, recordOf(kept), Math.max(1, kept.untilMs - now()))
        .catch((error: unknown) => log.warn({ error }, 'what may edit a message could not be written down'))
        .finally(() => writing.delete(work));
      writing.add(work);
    },
    async of(whispered) {
      const key = keyOf(whispered);
      const known = latest.of(key);
      if (known !== undefined) return known;
      const kept = readKept(await memory.get(`token/${key}`));
      return kept !== undefined && kept.untilMs > now() ? kept : undefined;
    },
    async flush() {
      await Promise.all(writing);
    },
  };
}

function recordOf({ key, original, untilMs }: Kept): { readonly [name: string]: Json } {
  return { key: { ...key }, original, untilMs };
}

function readKept(value: Json | undefined): Kept | undefined {
  if (!isMembers(value)) return undefined;
  const { original, untilMs } = value;
  const key = readKey(value.key);
  if (key === undefined || typeof original !== 'boolean' || typeof untilMs !== 'number') return undefined;
  return { key, original, untilMs };
}
