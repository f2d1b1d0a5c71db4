import {
  type AddClientAuthentication,
  exchangeAuthorization,
  type FetchLike,
  type OAuthTokens,
  validateAuthorizationResponseIssuer,
} from '@modelcontextprotocol/client';
import { authMethodOf, basicAuthorization } from './client-auth.js';
import { revocationEndpoint } from './metadata-checks.js';
import type { OAuthFlow } from './sign-in-records.js';
import type { ClientRegistration, OAuthCredential } from './types.js';

/**
 * RFC 9207 §2.4: the answer is from the issuer that was asked. Checked before anything of the answer is used, on
 * error answers too; a missing `iss` is refused where the metadata promised one.
 */
export function isFromIssuer(flow: OAuthFlow, iss: string | undefined): boolean {
  const { metadata } = flow.discovery;
  try {
    validateAuthorizationResponseIssuer({
      iss,
      expectedIssuer: metadata.issuer,
      issParameterSupported: metadata.authorization_response_iss_parameter_supported === true,
    });
    return true;
  } catch {
    return false;
  }
}

/** Ours instead of the SDK's, which leaves out the form encoding of Basic credentials (RFC 6749 §2.3.1). */
function clientAuthentication(client: ClientRegistration): AddClientAuthentication {
  return (headers, parameters, _url, metadata) => {
    const { clientId, clientSecret } = client;
    const method = authMethodOf(client, metadata?.token_endpoint_auth_methods_supported);
    if (method === 'client_secret_basic' && clientSecret !== undefined) {
      headers.set('authorization', basicAuthorization(clientId, clientSecret));
      return;
    }
    parameters.set('client_id', clientId);
    if (method === 'client_secret_post' && clientSecret !== undefined)
      parameters.set('client_secret', clientSecret);
  };
}

/** What the provider's answer gave, with all that a refresh will need. */
export function credentialOf(
  flow: Pick<OAuthFlow, 'discovery' | 'client' | 'scope' | 'resource'>,
  tokens: Pick<OAuthTokens, 'access_token' | 'scope' | 'refresh_token' | 'expires_in'>,
  askedAtMs: number,
): OAuthCredential {
  const { metadata } = flow.discovery;
  const revocation = revocationEndpoint(metadata);
  // RFC 6749 §5.1: an answer without `scope` granted what was asked for.
  const scope = tokens.scope ?? flow.scope;
  const methods = metadata.token_endpoint_auth_methods_supported;
  return {
    kind: 'oauth',
    accessToken: tokens.access_token,
    issuedAtMs: askedAtMs,
    client: flow.client,
    issuer: metadata.issuer,
    tokenEndpoint: metadata.token_endpoint,
    ...(tokens.refresh_token === undefined ? {} : { refreshToken: tokens.refresh_token }),
    ...(scope === undefined ? {} : { scope }),
    ...(tokens.expires_in === undefined ? {} : { expiresAtMs: askedAtMs + tokens.expires_in * 1000 }),
    ...(revocation === undefined ? {} : { revocationEndpoint: revocation }),
    ...(methods === undefined ? {} : { authMethodsSupported: methods }),
    ...(flow.resource === undefined ? {} : { resource: flow.resource }),
  };
}

/**
 * Redeems the code: one request, never repeated (`auth()` would redeem a refused code a second time, which RFC 6749
 * §4.1.2 answers by revoking what the code gave).
 * @throws whatever `failureOf` understands
 */
export async function exchangeCode(
  flow: OAuthFlow,
  code: string,
  iss: string | undefined,
  fetchFn: FetchLike,
  now: () => number,
): Promise<OAuthCredential> {
  // The clock is read before the request: the token expires rather a little early than late.
  const askedAtMs = now();
  const tokens = await exchangeAuthorization(flow.discovery.authorizationServerUrl, {
    metadata: flow.discovery.metadata,
    clientInformation: { client_id: flow.client.clientId },
    authorizationCode: code,
    codeVerifier: flow.verifier,
    redirectUri: flow.redirectUri,
    addClientAuthentication: clientAuthentication(flow.client),
    fetchFn,
    ...(iss === undefined ? {} : { iss }),
    ...(flow.resource === undefined ? {} : { resource: flow.resource }),
  });
  return credentialOf(flow, tokens, askedAtMs);
}
