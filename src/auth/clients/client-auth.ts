import type { AuthorizationServer, ClientAuth } from 'oauth4webapi';
import { AuthError } from '../errors.js';
import { isLoopbackHost } from '../requests/address-guard.js';
import type { ClientRegistration, OAuthCredential } from '../types.js';
import type { Sign } from './client-keys.js';

const formEncoded = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);

/**
 * The `Authorization` value of `client_secret_basic`, form-encoded first (RFC 6749 §2.3.1). Unlike oauth4webapi's, `-`,
 * `_` and `.` stay as they are, as the form encoding says: a UUID still works where the server forgets to decode.
 */
export function basicAuthorization(clientId: string, clientSecret: string): string {
  return `Basic ${Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString('base64')}`;
}

/** The method for requests to the token and revocation endpoints: what was registered, else the best that both sides can. */
export function authMethodOf(client: ClientRegistration, supported: readonly string[] = []): string {
  const registered = client.tokenEndpointAuthMethod;
  if (registered !== undefined && (supported.length === 0 || supported.includes(registered)))
    return registered;
  if (client.clientSecret === undefined) return registered === 'private_key_jwt' ? registered : 'none';
  if (supported.length === 0 || supported.includes('client_secret_basic')) return 'client_secret_basic';
  if (supported.includes('client_secret_post')) return 'client_secret_post';
  return supported.includes('none') ? 'none' : 'client_secret_post';
}

export interface Authenticating {
  readonly client: ClientRegistration;
  /** The audience of assertions: the issuer, and not an endpoint that somebody's metadata names (RFC 9700 §2.5). */
  readonly issuer: string;
  readonly methods: readonly string[] | undefined;
  readonly sign: Sign | undefined;
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Adds to a request who the client is, and its proof (RFC 6749 §2.3, RFC 7523 §2.2). One method at a time. */
export async function authenticate(
  { client, issuer, methods, sign }: Authenticating,
  headers: Headers,
  body: URLSearchParams,
): Promise<void> {
  const { clientId, clientSecret } = client;
  const method = authMethodOf(client, methods);
  if (method === 'client_secret_basic' && clientSecret !== undefined) {
    headers.set('authorization', basicAuthorization(clientId, clientSecret));
    return;
  }
  body.set('client_id', clientId);
  if (method === 'client_secret_post' && clientSecret !== undefined) body.set('client_secret', clientSecret);
  if (method !== 'private_key_jwt') return;
  if (sign === undefined) throw new AuthError('internal', 'there is no key for private_key_jwt');
  body.set('client_assertion_type', ASSERTION_TYPE);
  body.set('client_assertion', await sign(clientId, issuer));
}

/** The same for oauth4webapi, with what the credential remembers. */
export function clientAuthOf(credential: OAuthCredential, sign: Sign | undefined): ClientAuth {
  const { client, issuer, authMethodsSupported: methods } = credential;
  return (_server, _client, body, headers) => authenticate({ client, issuer, methods, sign }, headers, body);
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
