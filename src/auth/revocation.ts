import type { FetchLike } from '@modelcontextprotocol/client';
import {
  allowInsecureRequests,
  customFetch,
  processRevocationResponse,
  revocationRequest,
} from 'oauth4webapi';
import { clientAuthOf, issuerOf, mayBePlain } from './client-auth.js';
import { failureOf } from './errors.js';
import type { AuthFailure, OAuthCredential } from './types.js';

export type RevocationOutcome =
  | { readonly kind: 'revoked' }
  /** The provider named no revocation endpoint. */
  | { readonly kind: 'unsupported' }
  | { readonly kind: 'failed'; readonly failure: AuthFailure };

type TokenKind = 'refresh_token' | 'access_token';

async function revokeOne(
  credential: OAuthCredential,
  endpoint: string,
  kind: TokenKind,
  token: string,
  fetch: FetchLike,
) {
  const client = { client_id: credential.client.clientId };
  const response = await revocationRequest(issuerOf(credential), client, clientAuthOf(credential), token, {
    additionalParameters: { token_type_hint: kind },
    [allowInsecureRequests]: mayBePlain(endpoint),
    [customFetch]: fetch,
  });
  await processRevocationResponse(response);
}

/**
 * Revokes at the provider (RFC 7009): first the refresh token, which ends the grant (§2.1), then the access token,
 * which some providers keep alive. `revoked` is what the provider confirmed of the first; the second is a courtesy.
 */
export async function revoke(credential: OAuthCredential, fetch: FetchLike): Promise<RevocationOutcome> {
  const { revocationEndpoint: endpoint, refreshToken, accessToken } = credential;
  if (endpoint === undefined) return { kind: 'unsupported' };
  try {
    if (refreshToken === undefined) {
      await revokeOne(credential, endpoint, 'access_token', accessToken, fetch);
      return { kind: 'revoked' };
    }
    await revokeOne(credential, endpoint, 'refresh_token', refreshToken, fetch);
  } catch (error) {
    return { kind: 'failed', failure: failureOf(error) };
  }
  await revokeOne(credential, endpoint, 'access_token', accessToken, fetch).catch(() => {});
  return { kind: 'revoked' };
}
