import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { unlessUnreadable } from '../../storage/sealing/unreadable.js';
import { recordKey } from '../../storage/types.js';
import { createPinnedIssuers } from '../discovery/pinned-issuers.js';
import { failureOf } from '../errors.js';
import type { OAuthCredential } from '../types.js';
import { about, type DevicePolling, failed, type SignInParts } from './deps.js';
import type { PollOutcome } from './device-grant.js';
import type { DeviceFlow, PendingRecord, PollRecord } from './records.js';
import { askForLess, REFUSED_SCOPE } from './refused-scope.js';
import { isOver, serverOf, settle } from './settle.js';
import { isExpired } from './state.js';
import type { SignInResult } from './types.js';

/** The clock may jump while we sleep: a laptop was closed. */
const LONGEST_SLEEP_MS = 1_000;
/** The store did not answer. */
const TRY_AGAIN_MS = 5_000;
/** The same, when the provider has answered: sooner than another process may ask it, which would hear that the code is spent. */
const WRITE_AGAIN_MS = 1_000;

type Device = { readonly pending: PendingRecord; readonly flow: DeviceFlow };

/** Undefined: it has ended, or is being finished, and there is nothing left to ask. */
async function openDevice(parts: SignInParts, id: string): Promise<Device | undefined> {
  const signIn = await parts.transitions.read(id);
  if (signIn?.kind !== 'pending' || signIn.record.way.kind !== 'device') return undefined;
  if (!isExpired(signIn, parts.now())) return { pending: signIn.record, flow: signIn.record.way.flow };
  const { lifetimeMs } = signIn.record;
  await parts.transitions.end(id, (open) =>
    isExpired(open, parts.now()) ? { kind: 'expired', lifetimeMs } : undefined,
  );
  return undefined;
}

/** When it may be asked next; for the first time an interval after it began. */
async function pollOf(parts: SignInParts, { pending, flow }: Device): Promise<PollRecord> {
  const { facts, expiresAtMs, lifetimeMs } = pending;
  const { intervalMs } = flow;
  const first = { atMs: expiresAtMs - lifetimeMs + intervalMs, intervalMs };
  return (await unlessUnreadable(parts.at.polls.get(facts.id))) ?? first;
}

async function note(parts: SignInParts, { pending }: Device, intervalMs: number): Promise<number> {
  const atMs = parts.now() + intervalMs;
  const ttlMs = Math.max(pending.expiresAtMs - parts.now(), 1) + intervalMs;
  await parts.at.polls.set(pending.facts.id, { atMs, intervalMs }, ttlMs);
  return atMs;
}

type Asked =
  /** Nobody is to ask before. */
  | { readonly kind: 'later'; readonly atMs: number }
  | { readonly kind: 'over'; readonly result: SignInResult }
  | { readonly kind: 'tokens'; readonly credential: OAuthCredential };

async function understood(parts: SignInParts, device: Device, outcome: PollOutcome): Promise<Asked> {
  if (outcome.kind === 'wait') return { kind: 'later', atMs: await note(parts, device, outcome.intervalMs) };
  if (outcome.kind === 'tokens') return outcome;
  const { facts, lifetimeMs } = device.pending;
  // Whoever declines, or takes too long, does what the page offers: nothing for an operator to look at.
  const level = outcome.kind === 'failed' ? 'warn' : 'info';
  parts.log[level]({ ...about(facts), failure: outcome.failure }, 'the provider ended a sign-in by code');
  return { kind: 'over', result: outcome.kind === 'expired' ? { ...outcome, lifetimeMs } : outcome };
}

/**
 * Asks once, if it is time. When the next time is stands in the store, and is written before the question is sent: however
 * many processes follow, and whichever of them dies, the provider is never asked more often than it allows.
 */
async function ask(parts: SignInParts, device: Device, lease: AbortSignal): Promise<Asked> {
  const { facts } = device.pending;
  const { atMs, intervalMs } = await pollOf(parts, device);
  if (parts.now() < atMs) return { kind: 'later', atMs };
  const server = serverOf(parts, facts, device.flow.serverUrl);
  if (isOver(server)) return { kind: 'over', result: server };
  if (server.kind === 'stdio')
    return { kind: 'over', result: failed('internal', 'a stdio server has no sign-in') };
  const nextMs = await note(parts, device, intervalMs);
  if (lease.aborted) return { kind: 'later', atMs: nextMs };
  const { pollDevice } = await import('./device-grant.js');
  const asking = {
    fetch: parts.fetchFor(server),
    sign: parts.clientKeys.signFor(server),
    now: parts.now,
    intervalMs,
  };
  const outcome = await pollDevice(device.flow, asking);
  if (outcome.kind === 'tokens') {
    const { client, discovery } = device.flow;
    const pinned = createPinnedIssuers(parts.store).pin(server, client, discovery.metadata.issuer);
    await pinned.catch((error: unknown) => parts.log.warn({ error }, 'that a client works was not noted'));
  }
  return understood(parts, device, outcome);
}

/**
 * Pending → finishing. It is finishing already where the store failed in the middle of that the last time: only who was given
 * the tokens takes a sign-in by code, and they are given once.
 */
async function takes(parts: SignInParts, id: string): Promise<boolean> {
  if ((await parts.transitions.takePending(id)) !== undefined) return true;
  return (await parts.transitions.read(id))?.kind === 'finishing';
}

async function keep(parts: SignInParts, { pending, flow }: Device, credential: OAuthCredential) {
  const { facts } = pending;
  // Cancelled, or replaced, while the answer was on its way: dropped, not revoked.
  if (!(await takes(parts, facts.id))) return;
  const aside = { kind: 'oauth' as const, serverUrl: flow.serverUrl, credential };
  await parts.transitions.whileFinishing(facts.id, () => settle(parts, facts, aside));
}

/** What a provider's last answer came to: it gives that once, so it is kept until the store has it. */
interface Answered {
  readonly device: Device;
  readonly asked: Exclude<Asked, { kind: 'later' }>;
}

type Held = { answered?: Answered };

async function write(parts: SignInParts, { device, asked }: Answered): Promise<void> {
  if (asked.kind === 'tokens') return keep(parts, device, asked.credential);
  const { id, subject, server } = device.pending.facts;
  const refusal = asked.result.kind === 'failed' ? asked.result.failure.error : undefined;
  if (refusal === REFUSED_SCOPE) await askForLess(parts, { subject, server });
  await parts.transitions.end(id, (open) => (open.kind === 'pending' ? asked.result : undefined));
}

/** Asks, if it is time. Resolves to when that is next, be it only to end it; undefined: never. */
async function turn(parts: SignInParts, id: string, held: Held): Promise<number | undefined> {
  const device = await openDevice(parts, id);
  if (device === undefined) return undefined;
  const { expiresAtMs } = device.pending;
  const due = await pollOf(parts, device);
  if (parts.now() < due.atMs) return Math.min(due.atMs, expiresAtMs);
  return await parts.store.lock(recordKey('device', id), async (lease) => {
    const still = await openDevice(parts, id);
    if (still === undefined) return undefined;
    const asked = await ask(parts, still, lease);
    if (asked.kind === 'later') return Math.min(asked.atMs, expiresAtMs);
    held.answered = { device: still, asked };
    return undefined;
  });
}

async function next(parts: SignInParts, id: string, held: Held): Promise<number | undefined> {
  if (held.answered === undefined) {
    const dueMs = await turn(parts, id, held);
    if (dueMs !== undefined) return dueMs;
  }
  if (held.answered !== undefined) await write(parts, held.answered);
  return undefined;
}

export function createDevicePolling(parts: () => SignInParts): DevicePolling {
  const followed = new Map<string, Promise<void>>();
  const ending = new AbortController();
  const { signal } = ending;
  // Each that waits listens: many are no leak.
  setMaxListeners(0, signal);

  async function until(atMs: number): Promise<void> {
    for (let left = atMs - parts().now(); left > 0 && !signal.aborted; left = atMs - parts().now()) {
      await delay(Math.min(left, LONGEST_SLEEP_MS), undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async function run(id: string): Promise<void> {
    const held: Held = {};
    while (!signal.aborted) {
      const dueMs = await next(parts(), id, held).catch((error: unknown) => {
        const facts = { signIn: id.slice(0, 8), failure: failureOf(error) };
        const [what, afterMs] =
          held.answered === undefined
            ? ['whether a code was typed could not be asked', TRY_AGAIN_MS]
            : ['what a sign-in by code came to could not be stored', WRITE_AGAIN_MS];
        parts().log.warn(facts, what);
        return parts().now() + afterMs;
      });
      if (dueMs === undefined) return;
      await until(dueMs);
    }
  }

  return {
    follow(id) {
      if (followed.has(id) || signal.aborted) return;
      followed.set(
        id,
        run(id).finally(() => followed.delete(id)),
      );
    },
    async close() {
      ending.abort();
      await Promise.all(followed.values());
    },
  };
}
