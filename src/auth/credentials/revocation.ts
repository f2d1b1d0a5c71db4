import type { FetchLike } from '@modelcontextprotocol/client';
import {
  allowInsecureRequests,
  customFetch,
  processRevocationResponse,
  ResponseBodyError,
  revocationRequest,
} from 'oauth4webapi';
import { clientAuthOf, issuerOf, mayBePlain } from '../clients/client-auth.js';
import type { Sign } from '../clients/client-keys.js';
import { failureOf } from '../errors.js';
import { namingProvider } from '../naming-provider.js';
import type { AuthFailure, OAuthCredential } from '../types.js';

export type RevocationOutcome =
  | { readonly kind: 'revoked' }
  /** The provider named no revocation endpoint, or one that takes no tokens like these: `failure`. */
  | { readonly kind: 'unsupported'; readonly failure?: AuthFailure }
  /** The access token alone: the provider keeps the grant, which a refresh token would go on using (RFC 7009 §2.2.1). */
  | { readonly kind: 'partly'; readonly failure: AuthFailure }
  | { readonly kind: 'failed'; readonly failure: AuthFailure };

export interface RevocationOptions {
  readonly fetch: FetchLike;
  /** For clients that prove themselves by a key. */
  readonly sign?: Sign | undefined;
}

type TokenKind = 'refresh_token' | 'access_token';

/** For both requests together: somebody waits for the answer, and what was stored here is deleted already. */
const PATIENCE_MS = 10_000;

interface Revoking extends RevocationOptions {
  readonly endpoint: string;
  readonly signal: AbortSignal;
}

async function revokeOne(
  credential: OAuthCredential,
  kind: TokenKind,
  token: string,
  { endpoint, fetch, sign, signal }: Revoking,
) {
  const client = { client_id: credential.client.clientId };
  const auth = clientAuthOf(credential, sign);
  const response = await revocationRequest(issuerOf(credential), client, auth, token, {
    additionalParameters: { token_type_hint: kind },
    [allowInsecureRequests]: mayBePlain(endpoint),
    [customFetch]: fetch,
    signal,
  });
  await processRevocationResponse(response);
}

const isUnsupportedType = (error: unknown): boolean =>
  error instanceof ResponseBodyError && error.error === 'unsupported_token_type';

/**
 * Revokes at the provider (RFC 7009): first the refresh token, which ends the grant (§2.1), then the access token,
 * which some providers keep alive. `revoked` is what the provider confirmed of the first; the second is a courtesy.
 */
export async function revoke(
  credential: OAuthCredential,
  options: RevocationOptions,
): Promise<RevocationOutcome> {
  const { revocationEndpoint: endpoint, refreshToken, accessToken } = credential;
  if (endpoint === undefined) return { kind: 'unsupported' };
  const revoking = { ...options, endpoint, signal: AbortSignal.timeout(PATIENCE_MS) };
  const revokeAccess = () => revokeOne(credential, 'access_token', accessToken, revoking);
  try {
    if (refreshToken === undefined) {
      await revokeAccess();
      return { kind: 'revoked' };
    }
    await revokeOne(credential, 'refresh_token', refreshToken, revoking);
  } catch (thrown) {
    const error = namingProvider(thrown, credential.issuer);
    if (!isUnsupportedType(thrown)) return { kind: 'failed', failure: failureOf(error) };
    const failure = failureOf(error);
    return refreshToken === undefined ? { kind: 'unsupported', failure } : partly(failure, revokeAccess);
  }
  await revokeAccess().catch(() => {});
  return { kind: 'revoked' };
}

async function partly(failure: AuthFailure, revokeAccess: () => Promise<void>): Promise<RevocationOutcome> {
  try {
    await revokeAccess();
    return { kind: 'partly', failure };
  } catch (error) {
    return isUnsupportedType(error)
      ? { kind: 'unsupported', failure }
      : { kind: 'failed', failure: failureOf(error) };
  }
}
