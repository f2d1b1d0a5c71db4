import type { FetchLike } from '@modelcontextprotocol/client';
import {
  allowInsecureRequests,
  customFetch,
  processRevocationResponse,
  revocationRequest,
} from 'oauth4webapi';
import { clientAuthOf, issuerOf, mayBePlain } from './client-auth.js';
import type { Sign } from './client-keys.js';
import { failureOf } from './errors.js';
import type { AuthFailure, OAuthCredential } from './types.js';

export type RevocationOutcome =
  | { readonly kind: 'revoked' }
  /** The provider named no revocation endpoint. */
  | { readonly kind: 'unsupported' }
  | { readonly kind: 'failed'; readonly failure: AuthFailure };

export interface RevocationOptions {
  readonly fetch: FetchLike;
  /** For clients that prove themselves by a key. */
  readonly sign?: Sign | undefined;
}

type TokenKind = 'refresh_token' | 'access_token';

async function revokeOne(
  credential: OAuthCredential,
  endpoint: string,
  kind: TokenKind,
  token: string,
  { fetch, sign }: RevocationOptions,
) {
  const client = { client_id: credential.client.clientId };
  const response = await revocationRequest(
    issuerOf(credential),
    client,
    clientAuthOf(credential, sign),
    token,
    {
      additionalParameters: { token_type_hint: kind },
      [allowInsecureRequests]: mayBePlain(endpoint),
      [customFetch]: fetch,
    },
  );
  await processRevocationResponse(response);
}

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
  try {
    if (refreshToken === undefined) {
      await revokeOne(credential, endpoint, 'access_token', accessToken, options);
      return { kind: 'revoked' };
    }
    await revokeOne(credential, endpoint, 'refresh_token', refreshToken, options);
  } catch (error) {
    return { kind: 'failed', failure: failureOf(error) };
  }
  await revokeOne(credential, endpoint, 'access_token', accessToken, options).catch(() => {});
  return { kind: 'revoked' };
}
