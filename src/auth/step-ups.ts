import { type Records, recordKey, type Store } from '../storage/types.js';
import { firstScopes, hasScopes, scopeUnion } from './sign-in/scopes.js';
import type { CredentialKey, OAuthCredential } from './types.js';

/** What a person's token was refused for the lack of. */
export interface StepUp {
  /** The newest first. */
  readonly scopes: string;
  /** Sign-ins that asked for all of these scopes, after which they were still missing. */
  readonly tries: number;
  /** Sign-ins after which anything was missing. */
  readonly total: number;
  /** `grantedAtMs` of the credential that was counted last. */
  readonly countedMs?: number;
  readonly sinceMs: number;
}

/** Once more than once: a person may have left out a tick. */
const MOST_TRIES = 2;
/** A server that asks for something else each time. */
const MOST_IN_ALL = 6;
const DAY_MS = 24 * 3_600_000;

const FIRST: Pick<StepUp, 'tries' | 'total'> = { tries: 0, total: 0 };

/** What is known once a server has refused this credential for the lack of these scopes. */
export function nextStepUp(
  before: StepUp | undefined,
  missing: readonly string[],
  credential: OAuthCredential | undefined,
  nowMs: number,
): StepUp {
  const scopes = firstScopes(...missing);
  const isNews = before === undefined || !hasScopes(before.scopes, scopes);
  // Either way: a clock that was put back must not make the day longer.
  const isOld = before === undefined || Math.abs(nowMs - before.sinceMs) > DAY_MS;
  const { tries, total } = isOld ? FIRST : { tries: isNews ? 0 : before.tries, total: before.total };
  const granted = credential?.grantedAtMs;
  const isCounted = granted === undefined || granted === before?.countedMs;
  const asked = scopeUnion(credential?.requestedScope, credential?.scope);
  return {
    scopes: isNews ? (firstScopes(scopes, before?.scopes) ?? '') : before.scopes,
    tries: !isCounted && hasScopes(asked, scopes) ? tries + 1 : tries,
    total: isCounted ? total : total + 1,
    sinceMs: isOld ? nowMs : before.sinceMs,
    ...(granted === undefined ? {} : { countedMs: granted }),
  };
}

export const isExhausted = ({ tries, total }: StepUp): boolean => tries >= MOST_TRIES || total >= MOST_IN_ALL;

export const stepUpKey = ({ subject, server }: CredentialKey): string => recordKey(subject, server);

export const stepUpRecords = (store: Store): Records<StepUp> => store.records<StepUp>('step-ups');

/** The next sign-in asks for what it would without the server's refusals. */
export async function forgetStepUp(store: Store, key: CredentialKey): Promise<void> {
  await stepUpRecords(store).delete(stepUpKey(key));
}
