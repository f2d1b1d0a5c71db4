import type { Log } from '../../observability/log.js';
import type { Store } from '../../storage/types.js';
import { forgetClient } from '../clients/registration-records.js';
import { dropDiscovery } from '../discovery/records.js';
import { sectionOfError } from '../refusal-codes.js';
import type { CredentialKey, OAuthCredential } from '../types.js';
import type { KeptTokens } from './kept-tokens.js';

/** `code` is the provider's, or `invalid_token`: the server refuses what there is, and no refresh helps (RFC 6750 §3.1). */
export interface Refusal {
  readonly sinceMs: number;
  readonly code: string;
}

/** Waited for before the mark is written, so that a kill after it loses nobody's notice. Must not reject. */
export type OnRefusing = (key: CredentialKey, refusal: Refusal) => Promise<void>;
export type OnRefused = (key: CredentialKey, refusal: Refusal) => void;

export interface MarkingOptions {
  readonly store: Store;
  readonly kept: KeptTokens;
  readonly onRefusing?: OnRefusing;
  readonly onRefused?: OnRefused;
  readonly log: Log;
}

/** RFC 6749 §5.2: it is the client that is refused, and not what it came with. */
const OF_THE_CLIENT = new Set(['invalid_client', 'unauthorized_client']);

/**
 * A credential has ended: the mark is written, then whoever is to know is told, and the next sign-in looks anew where
 * to go, and as whom. To be called under the credential's lock; where that was lost, and somebody has renewed these
 * tokens, signed in anew or out, nothing has ended.
 *
 * @returns what counts now
 */
export async function markRefused(
  key: CredentialKey,
  tokens: OAuthCredential,
  refusal: Refusal,
  { store, kept, onRefusing, onRefused, log }: MarkingOptions,
): Promise<OAuthCredential | undefined> {
  const marked = { ...tokens, refused: refusal };
  await onRefusing?.(key, refusal);
  const counts = await kept.replace(key, tokens, marked);
  if (counts !== marked) return counts;
  const rfc = sectionOfError(refusal.code, 'token');
  log.warn({ ...key, reason: refusal.code, rfc }, 'the provider ended this credential');
  try {
    onRefused?.(key, refusal);
  } catch (error) {
    log.error({ ...key, err: error }, 'nobody could be told that this credential has ended');
  }
  await dropDiscovery(store, key.server);
  if (tokens.client.kind === 'dynamic' && OF_THE_CLIENT.has(refusal.code))
    await forgetClient(store, key.server, tokens.client.clientId);
  return marked;
}
