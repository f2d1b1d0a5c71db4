import {
  type AddClientAuthentication,
  exchangeAuthorization,
  type FetchLike,
  type OAuthTokens,
  validateAuthorizationResponseIssuer,
} from '@modelcontextprotocol/client';
import { authenticate } from '../clients/client-auth.js';
import type { Sign } from '../clients/client-keys.js';
import { revocationEndpoint } from '../discovery/metadata-checks.js';
import { conforming, expiry } from '../keeper/token-answer.js';
import type { OAuthCredential } from '../types.js';
import type { OAuthFlow } from './records.js';

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
function clientAuthentication(
  { client, discovery }: OAuthFlow,
  sign: Sign | undefined,
): AddClientAuthentication {
  const { issuer, token_endpoint_auth_methods_supported: methods } = discovery.metadata;
  return (headers, parameters) => authenticate({ client, issuer, methods, sign }, headers, parameters);
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
    grantedAtMs: askedAtMs,
    client: flow.client,
    issuer: metadata.issuer,
    tokenEndpoint: metadata.token_endpoint,
    ...(tokens.refresh_token === undefined ? {} : { refreshToken: tokens.refresh_token }),
    ...(scope === undefined ? {} : { scope }),
    ...(flow.scope === undefined || flow.scope === scope ? {} : { requestedScope: flow.scope }),
    ...expiry(askedAtMs, tokens.expires_in),
    ...(revocation === undefined ? {} : { revocationEndpoint: revocation }),
    ...(methods === undefined ? {} : { authMethodsSupported: methods }),
    ...(flow.resource === undefined ? { serverUrl: flow.discovery.serverUrl } : { resource: flow.resource }),
  };
}

export interface ExchangeOptions {
  readonly fetchFn: FetchLike;
  readonly now: () => number;
  /** For clients that prove themselves by a key. */
  readonly sign: Sign | undefined;
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
  { fetchFn, now, sign }: ExchangeOptions,
): Promise<OAuthCredential> {
  // The clock is read before the request: the token expires rather a little early than late.
  const askedAtMs = now();
  const tokens = await exchangeAuthorization(flow.discovery.authorizationServerUrl, {
    metadata: flow.discovery.metadata,
    clientInformation: { client_id: flow.client.clientId },
    authorizationCode: code,
    codeVerifier: flow.verifier,
    redirectUri: flow.redirectUri,
    addClientAuthentication: clientAuthentication(flow, sign),
    fetchFn: async (url, init) => conforming(await fetchFn(url, init)),
    ...(iss === undefined ? {} : { iss }),
    ...(flow.resource === undefined ? {} : { resource: flow.resource }),
  });
  return credentialOf(flow, tokens, askedAtMs);
}
