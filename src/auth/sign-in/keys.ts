import { unlessUnreadable } from '../../storage/sealing/unreadable.js';
import { recordKey } from '../../storage/types.js';
import type { Server } from '../types.js';
import { afterwards } from './afterwards.js';
import { failed, type SignInParts } from './deps.js';
import { quarantine } from './quarantine.js';
import type { PendingRecord } from './records.js';
import { isOver, serverOf } from './settle.js';
import { isExpired, stateOf } from './state.js';
import type { ReturnOutcome, SignInResult } from './types.js';

const KEY_TRIES = 5;

type Values = Readonly<Record<string, string>>;

async function triesLeft(parts: SignInParts, id: string): Promise<number> {
  return (await unlessUnreadable(parts.at.tries.get(id))) ?? KEY_TRIES;
}

async function spendTry(parts: SignInParts, { facts, expiresAtMs }: PendingRecord): Promise<number> {
  return parts.store.lock(recordKey('tries', facts.id), async () => {
    const left = (await triesLeft(parts, facts.id)) - 1;
    await parts.at.tries.set(facts.id, left, Math.max(expiresAtMs - parts.now(), 1) + 3_600_000);
    return left;
  });
}

async function end(
  parts: SignInParts,
  { facts }: PendingRecord,
  ending: () => SignInResult | Promise<SignInResult>,
): Promise<ReturnOutcome> {
  const signIn = await parts.transitions.end(facts.id, (open) =>
    open.kind === 'pending' ? ending() : undefined,
  );
  const state = stateOf(signIn, parts.now());
  return state.kind === 'ended' ? { kind: 'ended', state } : { kind: 'used', state };
}

async function again(
  parts: SignInParts,
  pending: PendingRecord,
  why: Extract<ReturnOutcome, { kind: 'again' }>['why'],
): Promise<ReturnOutcome> {
  const { id } = pending.facts;
  const left = why === 'refused' ? await spendTry(parts, pending) : await triesLeft(parts, id);
  if (left <= 0) return end(parts, pending, () => failed('credential-refused', 'five keys were refused'));
  const state = stateOf({ kind: 'pending', record: pending }, parts.now());
  return { kind: 'again', state, why, triesLeft: left };
}

/** Not even a look at the server with a key of which nobody knows who typed it. */
async function setAside(
  parts: SignInParts,
  { facts }: PendingRecord,
  values: Values,
): Promise<ReturnOutcome> {
  const taken = await parts.transitions.takePending(facts.id);
  if (taken !== undefined) return quarantine(parts, facts, { kind: 'keys', values });
  return { kind: 'used', state: stateOf(await parts.transitions.read(facts.id), parts.now()) };
}

async function check(
  parts: SignInParts,
  pending: PendingRecord,
  server: Server,
  values: Values,
): Promise<ReturnOutcome> {
  const { subject, id } = pending.facts;
  const checked = await parts.apiKeys.check(server, subject, values);
  if (checked.kind !== 'works') return again(parts, pending, checked.kind);
  return end(parts, pending, async () => {
    const masked = await parts.apiKeys.keep({ subject, server: server.name }, checked, id);
    return { kind: 'connected', tools: checked.tools, unproven: checked.unproven, masked };
  });
}

/** The key form's POST. The form stays open until a key is accepted, five are refused, or its time is over. */
export async function submitKeys(
  parts: SignInParts,
  id: string,
  pageToken: string,
  values: Values,
  browser: string | undefined,
): Promise<ReturnOutcome> {
  if (!parts.bound.pageToken.fits(id, pageToken)) return { kind: 'bad-request' };
  const signIn = await parts.transitions.read(id);
  if (signIn === undefined) return { kind: 'bad-request' };
  if (signIn.kind !== 'pending' || isExpired(signIn, parts.now())) return afterwards(parts, signIn);
  const pending = signIn.record;
  if (pending.way.kind !== 'key-form') return { kind: 'bad-request' };
  const server = serverOf(parts, pending.facts, undefined);
  if (isOver(server)) return end(parts, pending, () => server);
  const inspected = parts.apiKeys.inspect(server, values);
  if ('kind' in inspected) return again(parts, pending, 'malformed');
  const known = browser !== undefined && parts.bound.keyFormBrowser.fits(id, browser);
  if (pending.confirmAlways || !known) return setAside(parts, pending, inspected.values);
  return check(parts, pending, server, inspected.values);
}
