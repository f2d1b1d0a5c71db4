import type { Log } from '../../observability/log.js';
import { recordKey, type Store } from '../../storage/types.js';
import type { CredentialRecords } from '../credentials/credentials.js';
import { failureOf } from '../errors.js';
import { keptBy } from './kept.js';
import {
  addEnded,
  addWaiting,
  clearSignIn,
  type EndedRecord,
  type FinishingRecord,
  noteFailure,
  type OpenSignIn,
  type PendingRecord,
  readSignIn,
  removeDamaged,
  type SetAside,
  type SignInCollections,
  type StoredSignIn,
  type WaitingRecord,
} from './records.js';
import { endedState, stateOf } from './state.js';
import type { OnSignInChange, SignInResult, SignInState } from './types.js';

/** A `finishing` that nobody renewed for so long belongs to a process that died. */
export const INTERRUPTED_AFTER_MS = 60_000;
const RENEW_EVERY_MS = 15_000;
const CODE_TRIES = 5;

export interface TransitionDeps {
  readonly store: Store;
  readonly at: SignInCollections;
  readonly credentials: Pick<CredentialRecords, 'get'>;
  readonly onChange: OnSignInChange;
  readonly log: Log;
  readonly now: () => number;
}

/** Every change of a sign-in's state. Each happens under the sign-in's lock and is seen by all processes or by none. */
export interface Transitions {
  read(id: string): Promise<StoredSignIn | undefined>;
  /** Pending → finishing. Of all callers in all processes one gets the record, the rest undefined. */
  takePending(id: string): Promise<PendingRecord | undefined>;
  /** Waiting → finishing, likewise. */
  takeWaiting(id: string): Promise<WaitingRecord | undefined>;
  /** Runs `work` on a taken sign-in and shows meanwhile that somebody is at it. */
  whileFinishing<T>(id: string, work: () => Promise<T>): Promise<T>;
  /** Finishing → waiting. Undefined when it was ended meanwhile. */
  setAside(id: string, digits: string, aside: SetAside): Promise<SignInState | undefined>;
  /** One wrong code. */
  spendCodeTry(id: string): Promise<StoredSignIn | undefined>;
  /**
   * Writes the outcome that `decide` gives, once; undefined leaves everything as it is. What `decide` does (keeping a
   * credential) happens only while the sign-in is still open. Whose credential is kept is connected, whatever `decide` says,
   * and also where that cannot be written: then a sweep tells it. Resolves to where it stands afterwards.
   */
  end(
    id: string,
    decide: (signIn: OpenSignIn) => SignInResult | undefined | Promise<SignInResult | undefined>,
  ): Promise<StoredSignIn | undefined>;
  /** Removes it where a record of it cannot be read: whoever looks then sees that its link no longer works. */
  dropDamaged(id: string): Promise<void>;
}

export function createTransitions(deps: TransitionDeps): Transitions {
  const { store, at, now } = deps;
  const locked = <T>(id: string, work: () => Promise<T>): Promise<T> =>
    store.lock(recordKey('sign-in', id), work);

  /** The chat hears of it by itself: a page does not wait for a platform, and a failing one changes no outcome. */
  function tell(state: SignInState): void {
    Promise.resolve(state)
      .then(deps.onChange)
      .catch((error: unknown) => deps.log.error({ error }, 'a sign-in outcome could not be told'));
  }

  const leftToSweeper = (error: unknown): void =>
    deps.log.warn({ failure: failureOf(error) }, 'what a sign-in leaves behind is left to the sweeper');

  async function take<T extends PendingRecord | WaitingRecord>(
    kind: 'pending' | 'waiting',
    id: string,
  ): Promise<T | undefined> {
    return locked(id, async () => {
      const signIn = await readSignIn(at, id);
      if (signIn?.kind !== kind) return undefined;
      const { facts, expiresAtMs, lifetimeMs } = signIn.record;
      const record = { facts, expiresAtMs, lifetimeMs, sinceMs: now(), aliveAtMs: now() };
      await at.finishing.set(id, record);
      return store.claim<T>(kind, id);
    });
  }

  async function renew(id: string): Promise<void> {
    await locked(id, async () => {
      const record = await at.finishing.get(id);
      if (record !== undefined) await at.finishing.set(id, { ...record, aliveAtMs: now() });
    });
  }

  /** False: it was kept, and the store does not take that it was. */
  async function write(record: EndedRecord, expiresAtMs: number): Promise<boolean> {
    const { facts, result, atMs } = record;
    // First: who reads that it failed, and asks why, is to be told.
    await noteFailure(at, facts, result, atMs).catch(leftToSweeper);
    const once = () => addEnded(at, record, expiresAtMs);
    try {
      await once().catch(once);
      return true;
    } catch (error) {
      if (result.kind !== 'connected') throw error;
      leftToSweeper(error);
      return false;
    }
  }

  async function end(id: string, decide: Parameters<Transitions['end']>[1]): ReturnType<Transitions['end']> {
    const { signIn, first } = await locked(id, async () => {
      const current = await readSignIn(at, id);
      if (current === undefined || current.kind === 'ended') return { signIn: current, first: false };
      const decided = await decide(current);
      if (decided === undefined) return { signIn: current, first: false };
      const { facts, expiresAtMs } = current.record;
      const kept = decided.kind === 'connected' ? undefined : await keptBy(facts, deps.credentials);
      const record: EndedRecord = { facts, atMs: now(), result: kept ?? decided };
      const first = await write(record, expiresAtMs);
      return { signIn: { kind: 'ended' as const, record }, first };
    });
    if (first && signIn?.kind === 'ended') {
      tell(endedState(signIn.record));
      await clearSignIn(at, signIn.record.facts).catch(leftToSweeper);
    }
    return signIn;
  }

  const waitingRecord = (
    { facts, lifetimeMs }: FinishingRecord,
    digits: string,
    aside: SetAside,
  ): WaitingRecord => ({
    facts,
    lifetimeMs,
    // A lifetime of its own: who consented in the last minute still gets to type the code.
    expiresAtMs: now() + lifetimeMs,
    digits,
    triesLeft: CODE_TRIES,
    aside,
  });

  return {
    read: (id) => readSignIn(at, id),
    takePending: (id) => take<PendingRecord>('pending', id),
    takeWaiting: (id) => take<WaitingRecord>('waiting', id),

    async whileFinishing(id, work) {
      const timer = setInterval(() => {
        renew(id).catch((error: unknown) => deps.log.warn({ error }, 'a sign-in under way was not renewed'));
      }, RENEW_EVERY_MS);
      timer.unref();
      try {
        return await work();
      } finally {
        clearInterval(timer);
      }
    },

    async setAside(id, digits, aside) {
      const state = await locked(id, async () => {
        const signIn = await readSignIn(at, id);
        if (signIn?.kind !== 'finishing') return undefined;
        const record = waitingRecord(signIn.record, digits, aside);
        await addWaiting(at, record, now());
        // It waits from here on, whatever becomes of the older record: its digits must reach the browser.
        await at.finishing.delete(id).catch(leftToSweeper);
        return stateOf({ kind: 'waiting', record }, now());
      });
      if (state !== undefined) tell(state);
      return state;
    },

    async spendCodeTry(id) {
      const spent = await locked(id, async () => {
        const record = await at.waiting.get(id);
        if (record === undefined || record.triesLeft <= 0) return record;
        const fewer = { ...record, triesLeft: record.triesLeft - 1 };
        await addWaiting(at, fewer, now());
        return fewer;
      });
      if (spent === undefined || spent.triesLeft > 0) return readSignIn(at, id);
      return end(id, () => ({ kind: 'wrong-code' }));
    },

    end,

    async dropDamaged(id) {
      const dropped = await locked(id, () => removeDamaged(at, id));
      if (dropped)
        deps.log.error({ signIn: id.slice(0, 8) }, 'a sign-in whose record is damaged was dropped');
    },
  };
}
