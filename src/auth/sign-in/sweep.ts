import { keySegments, type Records } from '../../storage/types.js';
import { failureOf } from '../errors.js';
import type { SignInParts } from './deps.js';
import { clearSignIn, type OpenSignIn, type PendingRecord } from './records.js';
import { isExpired } from './state.js';
import { INTERRUPTED_AFTER_MS } from './transitions.js';
import type { SignInResult } from './types.js';
import { unreturned } from './unreturned.js';
import { takesPaste } from './way.js';

function overdue(signIn: OpenSignIn, nowMs: number): SignInResult | undefined {
  if (isExpired(signIn, nowMs)) return { kind: 'expired', lifetimeMs: signIn.record.lifetimeMs };
  const dead = signIn.kind === 'finishing' && signIn.record.aliveAtMs + INTERRUPTED_AFTER_MS <= nowMs;
  return dead ? { kind: 'interrupted' } : undefined;
}

/** A pending record does not change; but it may be damaged, or what ended it may not have cleared up. */
const LOOK_AGAIN_MS = 60_000;

/** What a look at a pending sign-in found. */
interface Seen {
  /** Until then it needs no other look. */
  readonly untilMs: number;
  /** Where it comes back to on this machine, if it does. */
  readonly redirect: string | undefined;
  readonly isDevice: boolean;
}

function seenOf({ way, expiresAtMs }: PendingRecord, nowMs: number): Seen {
  const redirect = way.kind === 'oauth' && takesPaste(way) ? way.flow.redirectUri : undefined;
  const untilMs = Math.min(expiresAtMs, nowMs + LOOK_AGAIN_MS);
  return { untilMs, redirect, isDevice: way.kind === 'device' };
}

/** Resolves to what is pending and in time. */
async function sweepOne(parts: SignInParts, id: string): Promise<Seen | undefined> {
  const signIn = await parts.transitions.read(id);
  if (signIn === undefined) {
    await parts.transitions.dropDamaged(id);
    return;
  }
  // Ended by a process that died before it cleared up.
  if (signIn.kind === 'ended') {
    await clearSignIn(parts.at, signIn.record.facts);
    return;
  }
  // Judged again under the lock: of all processes that sweep, one writes the outcome.
  if (overdue(signIn, parts.now()) !== undefined) {
    const flow = await unreturned(parts, id, signIn);
    if (flow !== undefined) await parts.challenges.doubt(signIn.record.facts, flow.scope);
    await parts.transitions.end(id, (current) => overdue(current, parts.now()));
    return;
  }
  return signIn.kind === 'pending' ? seenOf(signIn.record, parts.now()) : undefined;
}

/** Index entries of sign-ins that ended, or left no record at all. `open` are those of which one was just seen. */
async function clearIndex(
  parts: SignInParts,
  open: ReadonlySet<string>,
  index: Records<unknown>,
  idOf: (key: string) => string,
): Promise<void> {
  for (const key of await index.keys()) {
    if (open.has(idOf(key))) continue;
    const signIn = await parts.transitions.read(idOf(key));
    if (signIn === undefined || signIn.kind === 'ended') await index.delete(key);
  }
}

const lastSegment = (key: string): string => keySegments(key).at(-1) ?? '';
const firstSegment = (key: string): string => keySegments(key)[0] ?? '';

/**
 * Ends what expired and what was interrupted, at each call; one unreadable record holds up no other. Rejects with the first
 * failure. A pending sign-in is read once a minute by each process, and when it expires or has moved on.
 */
export function createSweep(parts: SignInParts): () => Promise<void> {
  const { pending, waiting, finishing, open, started, browser } = parts.at;
  let seen: ReadonlyMap<string, Seen> = new Map();

  async function seenNow(id: string, hasMoved: boolean): Promise<Seen | undefined> {
    const before = hasMoved ? undefined : seen.get(id);
    if (before !== undefined && before.untilMs > parts.now()) return before;
    return sweepOne(parts, id).catch((error: unknown) => {
      parts.log.warn({ signIn: id.slice(0, 8), failure: failureOf(error) }, 'a sign-in could not be swept');
      return undefined;
    });
  }

  return async () => {
    const keys = await Promise.all([pending.keys(), waiting.keys(), finishing.keys()]);
    const moved = new Set([...keys[1], ...keys[2]]);
    const ids = new Set(keys.flat());
    const now = new Map<string, Seen>();
    for (const id of ids) {
      const found = await seenNow(id, moved.has(id));
      if (found === undefined) continue;
      now.set(id, found);
      // Begun by a process that may be gone.
      if (found.isDevice) parts.devices.follow(id);
    }
    seen = now;
    const awaited = [...now.values()].flatMap(({ redirect }) => redirect ?? []);
    await parts.redirects.keepOnly([...new Set(awaited)]);
    await clearIndex(parts, ids, open, lastSegment);
    await clearIndex(parts, ids, started, lastSegment);
    await clearIndex(parts, ids, browser, firstSegment);
  };
}
