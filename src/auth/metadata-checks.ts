import type { AuthorizationServerMetadata } from '@modelcontextprotocol/client';
import { isLoopbackHost } from './address-guard.js';
import { AuthError } from './errors.js';

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

function requireSecure(name: string, endpoint: string | undefined): void {
  if (endpoint === undefined || isSecureEndpoint(endpoint)) return;
  throw new AuthError(
    'insecure-endpoint',
    `${name} is neither https nor on this machine`,
    hostOfUrl(endpoint),
  );
}

/**
 * What the SDK leaves unchecked at the beginning: endpoints beyond TLS (threat 9), and an authorization server that
 * does not say it does PKCE with S256, which would let a stolen code be redeemed (RFC 7636; MCP requires the refusal).
 * @throws {AuthError}
 */
export function checkMetadata(
  authorizationServerUrl: string,
  metadata: AuthorizationServerMetadata | undefined,
): AuthorizationServerMetadata {
  const host = hostOfUrl(authorizationServerUrl);
  if (metadata === undefined) {
    throw new AuthError('bad-metadata', 'no authorization server metadata (RFC 8414) was found', host);
  }
  requireSecure('the issuer', metadata.issuer);
  requireSecure('authorization_endpoint', metadata.authorization_endpoint);
  requireSecure('token_endpoint', metadata.token_endpoint);
  requireSecure('registration_endpoint', metadata.registration_endpoint);
  requireSecure('revocation_endpoint', revocationEndpoint(metadata));
  if (!(metadata.code_challenge_methods_supported ?? []).includes('S256')) {
    throw new AuthError('pkce-unsupported', 'the metadata does not offer PKCE with S256', host);
  }
  return metadata;
}

/** RFC 8414 §2; OpenID metadata carries it as an extension that the SDK's type does not name. */
export function revocationEndpoint(metadata: AuthorizationServerMetadata): string | undefined {
  const value: unknown = 'revocation_endpoint' in metadata ? metadata.revocation_endpoint : undefined;
  return typeof value === 'string' ? value : undefined;
}
