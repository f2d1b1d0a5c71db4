import { type AuthorizationServer, type ClientAuth, ClientSecretPost, None } from 'oauth4webapi';
import { isLoopbackHost } from './address-guard.js';
import type { ClientRegistration, OAuthCredential } from './types.js';

const formEncoded = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);

/**
 * The `Authorization` value of `client_secret_basic`, form-encoded first (RFC 6749 §2.3.1). Unlike oauth4webapi's, `-`,
 * `_` and `.` stay as they are, as the form encoding says: a UUID still works where the server forgets to decode.
 */
export function basicAuthorization(clientId: string, clientSecret: string): string {
  return `Basic ${Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString('base64')}`;
}

/** The method for requests to the token and revocation endpoints: the same choice as the MCP SDK makes at sign-in. */
export function authMethodOf(client: ClientRegistration, supported: readonly string[] = []): string {
  const registered = client.tokenEndpointAuthMethod;
  if (registered !== undefined && (supported.length === 0 || supported.includes(registered)))
    return registered;
  if (client.clientSecret === undefined) return 'none';
  if (supported.length === 0 || supported.includes('client_secret_basic')) return 'client_secret_basic';
  if (supported.includes('client_secret_post')) return 'client_secret_post';
  return supported.includes('none') ? 'none' : 'client_secret_post';
}

export function clientAuthOf({
  client,
  authMethodsSupported,
}: Pick<OAuthCredential, 'client' | 'authMethodsSupported'>): ClientAuth {
  const secret = client.clientSecret;
  if (secret === undefined) return None();
  switch (authMethodOf(client, authMethodsSupported)) {
    case 'none':
      return None();
    case 'client_secret_post':
      return ClientSecretPost(secret);
    default:
      return (_server, _client, _body, headers) => {
        headers.set('authorization', basicAuthorization(client.clientId, secret));
      };
  }
}

/** The authorization server as the credential remembers it: nothing is discovered again (threat 7). */
export function issuerOf(credential: OAuthCredential): AuthorizationServer {
  return {
    issuer: credential.issuer,
    token_endpoint: credential.tokenEndpoint,
    ...(credential.revocationEndpoint === undefined
      ? {}
      : { revocation_endpoint: credential.revocationEndpoint }),
  };
}

/** Plain http is for loopback only (RFC 8252 §8.3); oauth4webapi then refuses it elsewhere before sending. */
export function mayBePlain(endpoint: string): boolean {
  return URL.canParse(endpoint) && isLoopbackHost(new URL(endpoint).hostname);
}
