import type { EndedRecord, PendingRecord, StoredSignIn } from './records.js';
import type { SignInState } from './types.js';

export type EndedState = Extract<SignInState, { kind: 'ended' }>;

export function endedState({ facts, atMs, result }: EndedRecord): EndedState {
  return { ...facts, kind: 'ended', atMs, result };
}

/** Past its time, whether or not a sweeper has been there yet. */
export function isExpired(signIn: StoredSignIn, nowMs: number): boolean {
  return (signIn.kind === 'pending' || signIn.kind === 'waiting') && signIn.record.expiresAtMs <= nowMs;
}

function shownOf(way: PendingRecord['way']) {
  switch (way.kind) {
    case 'key-form':
      return { fields: way.fields };
    case 'device':
      return { userCode: way.flow.userCode };
    case 'oauth':
      return way.paste === true ? ({ paste: true } as const) : {};
  }
}

/** What may be shown of a stored sign-in: no verifier, no digits, no token. What expired is shown as ended. */
export function stateOf(signIn: StoredSignIn | undefined, nowMs: number): SignInState {
  if (signIn === undefined) return { kind: 'unknown' };
  if (signIn.kind === 'ended') return endedState(signIn.record);
  const { facts, expiresAtMs, lifetimeMs } = signIn.record;
  if (isExpired(signIn, nowMs)) {
    return endedState({ facts, atMs: expiresAtMs, result: { kind: 'expired', lifetimeMs } });
  }
  switch (signIn.kind) {
    case 'pending': {
      const { host, url, way } = signIn.record;
      return { ...facts, kind: 'pending', host, url, expiresAtMs, ...shownOf(way) };
    }
    case 'finishing':
      return { ...facts, kind: 'finishing', sinceMs: signIn.record.sinceMs };
    case 'waiting':
      return { ...facts, kind: 'waiting-for-code', expiresAtMs, triesLeft: signIn.record.triesLeft };
  }
}
