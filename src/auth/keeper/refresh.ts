import type { FetchLike } from '@modelcontextprotocol/client';
import {
  allowInsecureRequests,
  customFetch,
  processRefreshTokenResponse,
  ResponseBodyError,
  refreshTokenGrantRequest,
  type TokenEndpointResponse,
} from 'oauth4webapi';
import { clientAuthOf, issuerOf, mayBePlain } from '../clients/client-auth.js';
import type { Sign } from '../clients/client-keys.js';
import { failureOf } from '../errors.js';
import { namingProvider } from '../naming-provider.js';
import { sectionOfError } from '../refusal-codes.js';
import { retryAfterMs } from '../requests/retry-after.js';
import type { AuthFailure, OAuthCredential } from '../types.js';
import { conforming, expiry } from './token-answer.js';

export type RefreshOutcome =
  | { readonly kind: 'refreshed'; readonly tokens: OAuthCredential }
  /** The grant is over, or the client is: only a new sign-in helps. */
  | { readonly kind: 'refused'; readonly code: string; readonly failure: AuthFailure }
  /** Says nothing about the grant: network, 5xx, 429, nonsense. The credential stays as it is. */
  | { readonly kind: 'failed'; readonly failure: AuthFailure; readonly retryAfterMs?: number }
  /** The lock was lost before anything was sent. */
  | { readonly kind: 'not-sent' };

/** RFC 6749 §5.2 and RFC 8707 §2: final with any status. */
const FINAL_ERRORS = new Set([
  'invalid_grant',
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
]);

/** `invalid_grant`, and not the `Forbidden` that a proxy or a framework puts there. */
const OAUTH_CODE = /^(?=.{1,64}$)[a-z]+(_[a-z]+)+$/i;

/** Codes that ask for patience in their own words: OAuth's, Google's `internal_failure`, Salesforce's `unknown_error`. */
const PASSING =
  /unavailable|internal|server_error|fatal_error|unknown_error|slow_down|pending|rate_?limit|too_many|quota|throttl|timed?_?out|busy|overload|maintenance|try_again|retry|^not_found$/i;

/**
 * Whether asking again would end the same. Providers have many words for a refresh token that is no longer good (Microsoft's
 * `interaction_required`, GitHub's `bad_refresh_token`, `invalid_request` of several): one that is not known is final, as
 * waiting for it to pass would be for ever.
 */
const isFinal = ({ error, status }: ResponseBodyError): boolean =>
  FINAL_ERRORS.has(error) || (status === 400 && OAUTH_CODE.test(error) && !PASSING.test(error));

class LeaseLostError extends Error {}

/** Sends only while the lock is held; what was sent is never cut off by losing it. */
function fetchWithin(
  fetch: FetchLike,
  lease: AbortSignal,
  answered: (response: Response) => void,
): FetchLike {
  return async (url, init) => {
    if (lease.aborted) throw new LeaseLostError();
    const response = await fetch(url, init);
    answered(response);
    return response;
  };
}

/** What the answer leaves out carries over: refresh token (RFC 6749 §6) and scope (§5.1). A missing lifetime is unknown. */
function refreshed(
  before: OAuthCredential,
  answer: TokenEndpointResponse,
  sentAtMs: number,
): OAuthCredential {
  const { refused: _refused, expiresAtMs: _expiresAtMs, replacesRefused: _replaces, ...kept } = before;
  return {
    ...kept,
    accessToken: answer.access_token,
    issuedAtMs: sentAtMs,
    ...(answer.refresh_token === undefined ? {} : { refreshToken: answer.refresh_token }),
    ...(answer.scope === undefined ? {} : { scope: answer.scope }),
    ...expiry(sentAtMs, answer.expires_in),
  };
}

export interface RefreshOptions {
  readonly fetch: FetchLike;
  readonly now: () => number;
  /** Aborts when the credential's lock is lost. */
  readonly lease: AbortSignal;
  /** For clients that prove themselves by a key. */
  readonly sign?: Sign | undefined;
}

/** One refresh, sent to where the token came from and nowhere else, with the client, issuer and resource it came with. */
export async function refresh(
  credential: OAuthCredential,
  refreshToken: string,
  { fetch, now, lease, sign }: RefreshOptions,
): Promise<RefreshOutcome> {
  const sentAtMs = now();
  const server = issuerOf(credential);
  const client = { client_id: credential.client.clientId };
  let answer: Response | undefined;
  try {
    const response = await refreshTokenGrantRequest(
      server,
      client,
      clientAuthOf(credential, sign),
      refreshToken,
      {
        additionalParameters: credential.resource === undefined ? {} : { resource: credential.resource },
        [allowInsecureRequests]: mayBePlain(credential.tokenEndpoint),
        [customFetch]: fetchWithin(fetch, lease, (received) => {
          answer = received;
        }),
      },
    );
    const tokens = await processRefreshTokenResponse(server, client, await conforming(response));
    return { kind: 'refreshed', tokens: refreshed(credential, tokens, sentAtMs) };
  } catch (error) {
    if (error instanceof LeaseLostError) return { kind: 'not-sent' };
    const failure = failureOf(namingProvider(error, credential.issuer, credential.client));
    if (error instanceof ResponseBodyError && isFinal(error))
      return {
        kind: 'refused',
        code: error.error,
        failure: { ...failure, rfc: sectionOfError(error.error, 'refresh') },
      };
    const after = retryAfterMs(answer, now());
    return { kind: 'failed', failure, ...(after === undefined ? {} : { retryAfterMs: after }) };
  }
}
