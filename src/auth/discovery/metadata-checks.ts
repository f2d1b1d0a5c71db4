import type { AuthorizationServerMetadata } from '@modelcontextprotocol/client';
import { AuthError, NoMetadataError } from '../errors.js';
import { isLoopbackHost } from '../requests/address-guard.js';

/** `https:` anywhere, `http:` to loopback (RFC 8252 §8.3); nothing else gets a code, a token, or a person's browser. */
export function isSecureEndpoint(endpoint: string): boolean {
  if (!URL.canParse(endpoint)) return false;
  const url = new URL(endpoint);
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));
}

/** Host and port, for messages. */
export function hostOfUrl(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}

/** Far beyond any real one; each goes into every pending record, and the authorization endpoint into a redirect. */
const LONGEST_ENDPOINT = 2048;

/** No fragment (RFC 6749 §3.1, §3.2), and no user info, behind which a page's address can look like another's. */
function isPlainEndpoint(endpoint: string): boolean {
  const { username, password, hash } = new URL(endpoint);
  return endpoint.length <= LONGEST_ENDPOINT && username === '' && password === '' && hash === '';
}

/** Where the standards ask for TLS at this endpoint. */
const SECTIONS: Readonly<Record<string, string>> = {
  authorization_endpoint: 'RFC 6749 §3.1',
  token_endpoint: 'RFC 6749 §3.2',
  registration_endpoint: 'RFC 7591 §5',
  revocation_endpoint: 'RFC 7009 §2',
  device_authorization_endpoint: 'RFC 8628 §4',
};
const OF_THE_ISSUER = 'RFC 8414 §2';

/** @throws {AuthError} insecure-endpoint */
export function requireSecure(name: string, endpoint: string | undefined): void {
  if (endpoint === undefined) return;
  if (isSecureEndpoint(endpoint)) {
    if (isPlainEndpoint(endpoint)) return;
    const why = `${name} has a user name, a fragment, or more than ${LONGEST_ENDPOINT} characters`;
    throw new AuthError('bad-metadata', why, hostOfUrl(endpoint), { rfc: SECTIONS[name] ?? OF_THE_ISSUER });
  }
  const why = `${name} is neither https nor on this machine`;
  throw new AuthError('insecure-endpoint', why, hostOfUrl(endpoint), {
    rfc: SECTIONS[name] ?? OF_THE_ISSUER,
  });
}

/**
 * What the SDK leaves unchecked at the beginning: endpoints beyond TLS (threat 9), and an authorization server that
 * does not say it does PKCE with S256, which would let a stolen code be redeemed (RFC 7636; MCP requires the refusal).
 * @throws {AuthError}
 */
export function checkMetadata(
  authorizationServerUrl: string,
  metadata: AuthorizationServerMetadata | undefined,
  pkce = true,
): AuthorizationServerMetadata {
  const host = hostOfUrl(authorizationServerUrl);
  if (metadata === undefined) {
    const why = 'no authorization server metadata was found';
    throw new NoMetadataError('bad-metadata', why, host, { rfc: 'RFC 8414 §3' });
  }
  requireSecure('the issuer', metadata.issuer);
  requireSecure('authorization_endpoint', metadata.authorization_endpoint);
  requireSecure('token_endpoint', metadata.token_endpoint);
  requireSecure('registration_endpoint', metadata.registration_endpoint);
  requireSecure('revocation_endpoint', revocationEndpoint(metadata));
  requireSecure('device_authorization_endpoint', deviceEndpoint(metadata));
  // The SDK finds this only when the sign-in is about to begin, and throws what looks like our own mistake.
  if (pkce && !metadata.response_types_supported.includes('code')) {
    const why = 'the metadata does not offer the response type "code"';
    throw new AuthError('bad-metadata', why, host, { rfc: 'RFC 8414 §2' });
  }
  if (pkce && !(metadata.code_challenge_methods_supported ?? []).includes('S256')) {
    throw new AuthError('pkce-unsupported', 'the metadata does not offer PKCE with S256', host);
  }
  return metadata;
}

export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** RFC 8628 §4. Undefined too where the metadata lists its grants and leaves this one out. */
export function deviceEndpoint(metadata: AuthorizationServerMetadata): string | undefined {
  const value: unknown =
    'device_authorization_endpoint' in metadata ? metadata.device_authorization_endpoint : undefined;
  const grants = metadata.grant_types_supported;
  const offered = grants === undefined || grants.includes(DEVICE_GRANT);
  return typeof value === 'string' && offered ? value : undefined;
}

/** RFC 8414 §2; OpenID metadata carries it as an extension that the SDK's type does not name. */
export function revocationEndpoint(metadata: AuthorizationServerMetadata): string | undefined {
  const value: unknown = 'revocation_endpoint' in metadata ? metadata.revocation_endpoint : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** Client ID Metadata Documents: a member that the SDK's types know for OAuth metadata alone. */
export function offersMetadataDocuments(metadata: AuthorizationServerMetadata): boolean {
  return (
    'client_id_metadata_document_supported' in metadata &&
    metadata.client_id_metadata_document_supported === true
  );
}
