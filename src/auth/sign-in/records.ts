import { unlessUnreadable } from '../../storage/sealing/unreadable.js';
import { keySegments, recordKey, type Store, StoreError } from '../../storage/types.js';
import type { Discovery } from '../discovery/discovery.js';
import type { ClientRegistration, OAuthCredential, Subject } from '../types.js';
import type { LastFailure, SignInResult, SignInState } from './types.js';

/** What every record of a sign-in repeats, so that each can be shown by itself. */
export type SignInFacts = Omit<Extract<SignInState, { kind: 'finishing' }>, 'kind' | 'sinceMs'>;

interface Timed {
  readonly facts: SignInFacts;
  readonly expiresAtMs: number;
  readonly lifetimeMs: number;
}

/** Everything the callback needs to redeem its code: nothing is looked up anew (threats 6 and 7). */
export interface OAuthFlow {
  /** The configured URL when it began: tokens asked for one resource are never sent to another. */
  readonly serverUrl: string;
  readonly state: string;
  readonly verifier: string;
  readonly authorizationUrl: string;
  readonly discovery: Discovery;
  readonly client: ClientRegistration;
  readonly redirectUri: string;
  readonly scope?: string;
  readonly resource?: string;
}

/** Everything that asking for the tokens needs, as long as the person types the code (RFC 8628). */
export interface DeviceFlow {
  readonly serverUrl: string;
  readonly discovery: Discovery;
  readonly client: ClientRegistration;
  readonly scope?: string;
  readonly resource?: string;
  readonly deviceCode: string;
  readonly userCode: string;
  /** Where to type it. */
  readonly page: string;
  readonly intervalMs: number;
}

/** Written once by `begin`; neither GET nor POST rewrites it. */
export interface PendingRecord extends Timed {
  readonly host: string;
  readonly url: string;
  readonly confirmAlways: boolean;
  readonly way: /** `paste`: the link leads to the provider at once, and the person was asked for the last page's address. */
    | { readonly kind: 'oauth'; readonly flow: OAuthFlow; readonly paste?: true }
    | { readonly kind: 'device'; readonly flow: DeviceFlow }
    | { readonly kind: 'key-form'; readonly fields: readonly string[] };
}

export interface FinishingRecord extends Timed {
  readonly sinceMs: number;
  /** Renewed while somebody works on it; a dead process stops renewing. */
  readonly aliveAtMs: number;
}

/** When the provider may be asked next whether a code was typed, whichever process does it. */
export interface PollRecord {
  readonly atMs: number;
  readonly intervalMs: number;
}

/** What a quarantined sign-in got: used by nothing, not even to verify it, until its digits are given in the chat. */
export type SetAside =
  | { readonly kind: 'oauth'; readonly serverUrl: string; readonly credential: OAuthCredential }
  | { readonly kind: 'keys'; readonly values: Readonly<Record<string, string>> };

export interface WaitingRecord extends Timed {
  readonly digits: string;
  readonly triesLeft: number;
  readonly aside: SetAside;
}

export interface EndedRecord {
  readonly facts: SignInFacts;
  readonly atMs: number;
  readonly result: SignInResult;
}

export type StoredSignIn =
  | { readonly kind: 'pending'; readonly record: PendingRecord }
  | { readonly kind: 'finishing'; readonly record: FinishingRecord }
  | { readonly kind: 'waiting'; readonly record: WaitingRecord }
  | { readonly kind: 'ended'; readonly record: EndedRecord };

export type OpenSignIn = Exclude<StoredSignIn, { kind: 'ended' }>;

const HOUR_MS = 3_600_000;
const FAILURE_TTL_MS = 7 * 24 * HOUR_MS;
/** Long past the expiry, so that even a gateway that was down for days ends its sign-ins visibly when it is back. */
const OPEN_TTL_MS = 7 * 24 * HOUR_MS;

/** The id is base64url(SHA-256(…)): whatever else stands in a URL was never one of ours. */
export const isSignInId = (id: string): boolean => /^[\w-]{43}$/.test(id);

/** The collections that hold sign-ins. A sign-in's state is the furthest collection that holds its id. */
export function signInCollections(store: Store) {
  return {
    pending: store.records<PendingRecord>('pending'),
    finishing: store.records<FinishingRecord>('finishing'),
    waiting: store.records<WaitingRecord>('waiting'),
    ended: store.records<EndedRecord>('ended'),
    /** `{id}/{hash of the cookie}`: one a browser in which the button was pressed. */
    browser: store.records<true>('browser'),
    /** `{id}` → refused keys that the form still takes. */
    tries: store.records<number>('tries'),
    /** `{id}`, of a sign-in by code. */
    polls: store.records<PollRecord>('polls'),
    /** `{subject}/{server}/{id}`. The id is part of the key, so that an ending one never removes its successor. */
    open: store.records<true>('open'),
    /** `{startedBy}/{id}`. */
    started: store.records<true>('started'),
    /** `{subject}/{server}` → how the last sign-in failed, until one works. */
    failures: store.records<LastFailure>('failures'),
  };
}

export type SignInCollections = ReturnType<typeof signInCollections>;

/**
 * Where a sign-in stands. Read in the direction of its life: as the next record is written before the former is
 * deleted, a sign-in that moves on meanwhile is met further on, and never missed. One step leads back, from waiting
 * to finishing (its code was given): hence the second look.
 */
async function readFurthest(at: SignInCollections, id: string): Promise<StoredSignIn | undefined> {
  const pending = await at.pending.get(id);
  const before = await at.finishing.get(id);
  const waiting = await at.waiting.get(id);
  const finishing = before ?? (waiting === undefined ? await at.finishing.get(id) : undefined);
  const ended = await at.ended.get(id);
  if (ended !== undefined) return { kind: 'ended', record: ended };
  if (waiting !== undefined) return { kind: 'waiting', record: waiting };
  if (finishing !== undefined) return { kind: 'finishing', record: finishing };
  return pending === undefined ? undefined : { kind: 'pending', record: pending };
}

/** The same; one of which any record is damaged counts as gone: it cannot be finished, and holds up no other. */
export function readSignIn(at: SignInCollections, id: string): Promise<StoredSignIn | undefined> {
  return unlessUnreadable(readFurthest(at, id));
}

/**
 * Removes a sign-in of which a record is damaged, whole: what is left of it may be a step that it had passed. True
 * where there was something to remove. Records under a key that is not configured stay: the key may come back.
 */
export async function removeDamaged(at: SignInCollections, id: string): Promise<boolean> {
  try {
    await readFurthest(at, id);
    return false;
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'record_unreadable') throw error;
  }
  for (const records of [at.pending, at.finishing, at.waiting, at.ended, at.tries, at.polls])
    await records.delete(id);
  return true;
}

export async function addPending(at: SignInCollections, record: PendingRecord, nowMs: number): Promise<void> {
  const { id, subject, server, startedBy } = record.facts;
  const ttlMs = record.expiresAtMs - nowMs + OPEN_TTL_MS;
  await at.pending.set(id, record, ttlMs);
  await at.open.set(recordKey(subject, server, id), true, ttlMs);
  await at.started.set(recordKey(startedBy, id), true, ttlMs);
}

export async function addWaiting(at: SignInCollections, record: WaitingRecord, nowMs: number): Promise<void> {
  await at.waiting.set(record.facts.id, record, record.expiresAtMs - nowMs + OPEN_TTL_MS);
}

/** The outcome outlives the expiry by an hour, so that "used" and "expired" pages know what to say. */
export async function addEnded(
  at: SignInCollections,
  record: EndedRecord,
  expiresAtMs: number,
): Promise<void> {
  await at.ended.set(record.facts.id, record, Math.max(expiresAtMs - record.atMs, 0) + HOUR_MS);
}

/** For `/mcp status`: the code and the section of the standard, which no message has room for. */
export async function noteFailure(
  at: SignInCollections,
  { subject, server }: Pick<SignInFacts, 'subject' | 'server'>,
  result: SignInResult,
  atMs: number,
): Promise<void> {
  const key = recordKey(subject, server);
  if (result.kind === 'connected') await at.failures.delete(key);
  const failure = 'failure' in result ? result.failure : undefined;
  if (failure !== undefined) await at.failures.set(key, { atMs, failure }, FAILURE_TTL_MS);
}

/** Removes what an ended sign-in leaves behind. May be repeated. */
export async function clearSignIn(at: SignInCollections, facts: SignInFacts): Promise<void> {
  const { id, subject, server, startedBy } = facts;
  await at.pending.delete(id);
  await at.finishing.delete(id);
  await at.waiting.delete(id);
  await at.tries.delete(id);
  await at.polls.delete(id);
  await at.open.delete(recordKey(subject, server, id));
  await at.started.delete(recordKey(startedBy, id));
  for (const key of await at.browser.keys(recordKey(id))) await at.browser.delete(key);
}

const lastSegment = (key: string): string => keySegments(key).at(-1) ?? '';

/** Ids of this subject's sign-ins that may not have ended. */
export async function idsOf(
  at: SignInCollections,
  subject: Subject,
  server?: string,
): Promise<readonly string[]> {
  const prefix = server === undefined ? recordKey(subject) : recordKey(subject, server);
  return (await at.open.keys(prefix)).map(lastSegment);
}

/** Ids of the sign-ins that this person started and that may not have ended. */
export async function idsStartedBy(at: SignInCollections, startedBy: string): Promise<readonly string[]> {
  return (await at.started.keys(recordKey(startedBy))).map(lastSegment);
}
