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
 * The next sign-in looks anew where to go and, where the client was refused, as whom. What cannot be dropped stands in the
 * way of nothing else.
 */
export async function forgetRefused(
  server: string,
  { client }: Pick<OAuthCredential, 'client'>,
  code: string,
  { store, log }: Pick<MarkingOptions, 'store' | 'log'>,
): Promise<void> {
  const isGone = client.kind === 'dynamic' && OF_THE_CLIENT.has(code);
  const drops = [
    dropDiscovery(store, server),
    ...(isGone ? [forgetClient(store, server, client.clientId)] : []),
  ];
  for (const drop of await Promise.allSettled(drops))
    if (drop.status === 'rejected')
      log.warn({ server, err: drop.reason }, 'what is out of date could not be dropped');
}

/**
 * A credential has ended: what it came from is forgotten, then the mark is written, then whoever is to know is told. In this
 * order, so that a kill or a failing store in between leaves the next sign-in with no client that is refused. To be called
 * under the credential's lock; where that was lost, and somebody has renewed these tokens, signed in anew or out, nothing
 * has ended.
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
  await forgetRefused(key.server, tokens, refusal.code, { store, log });
  await onRefusing?.(key, refusal);
  const counts = await kept.replace(key, tokens, marked);
  if (counts !== marked) return counts;
  const rfc = sectionOfError(refusal.code, 'refresh');
  log.warn({ ...key, reason: refusal.code, rfc }, 'the provider ended this credential');
  try {
    onRefused?.(key, refusal);
  } catch (error) {
    log.error({ ...key, err: error }, 'nobody could be told that this credential has ended');
  }
  return marked;
}
