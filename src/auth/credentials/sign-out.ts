import type { FetchLike } from '@modelcontextprotocol/client';
import type { Log } from '../../observability/log.js';
import type { Store } from '../../storage/types.js';
import type { Sign } from '../clients/client-keys.js';
import { type KeptTokens, lockOf } from '../keeper/kept-tokens.js';
import { forgetStepUp } from '../step-ups.js';
import type { CredentialKey, SignOutOutcome } from '../types.js';
import type { CredentialRecords } from './credentials.js';
import { revoke } from './revocation.js';

export interface SignOutOptions {
  readonly store: Store;
  readonly credentials: CredentialRecords;
  readonly fetchFor: (server: string) => FetchLike | undefined;
  readonly signFor?: (server: string) => Sign | undefined;
  readonly log: Log;
}

/** Deletes, and revokes where the provider can. */
export async function signOut(
  key: CredentialKey,
  kept: KeptTokens,
  { store, credentials, fetchFor, signFor, log }: SignOutOptions,
): Promise<SignOutOutcome> {
  // Whoever signs out begins anew, also with what the server asked for.
  await forgetStepUp(store, key);
  // Deleted under the lock, so that no refresh under way brings it back; revoked after, as a provider may be slow.
  const credential = await store.lock(lockOf(key), async () => {
    const found = (await kept.underLock(key)) ?? (await credentials.get(key));
    if (found !== undefined) await credentials.delete(key);
    return found;
  });
  if (credential === undefined) return { kind: 'nothing' };
  if (credential.kind !== 'oauth') return { kind: 'deleted-only', why: 'not-oauth' };
  const fetch = fetchFor(key.server);
  if (fetch === undefined) return { kind: 'deleted-only', why: 'failed' };
  const outcome = await revoke(credential, { fetch, sign: signFor?.(key.server) });
  if (outcome.kind === 'revoked') return { kind: 'revoked' };
  if (outcome.kind === 'failed')
    log.warn({ ...key, failure: outcome.failure }, 'revocation failed; the credential is deleted');
  else if (outcome.failure !== undefined)
    log.info(
      { ...key, failure: outcome.failure },
      'the provider does not revoke all; the credential is deleted',
    );
  return { kind: 'deleted-only', why: outcome.kind };
}
