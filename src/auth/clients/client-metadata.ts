import type { OAuthClientMetadata } from '@modelcontextprotocol/client';
import { DEVICE_GRANT, offersMetadataDocuments } from '../discovery/metadata-checks.js';
import { isLoopbackHost } from '../requests/address-guard.js';
import type { HttpServer } from '../types.js';
import { CLIENT_METADATA_PATH } from './client-metadata-paths.js';
import type { RegistrationRequest } from './registration-request.js';

const DEFAULT_CLIENT_NAME = 'MCP Chat Gateway';
const GRANTS = ['authorization_code', 'refresh_token'];

const callbackOf = (publicUrl: string): string => `${publicUrl}/oauth/callback`;

/** OpenID Connect Registration §2: a web client may not redirect to loopback, a native one only there or to its own scheme. */
function applicationType(redirectUri: string): 'native' | 'web' {
  const { protocol, hostname } = new URL(redirectUri);
  return protocol === 'https:' && !isLoopbackHost(hostname) ? 'web' : 'native';
}

/** A public client with PKCE, unless the authorization server wants its clients to prove themselves. */
export function authMethodFor(server: HttpServer, supported: readonly string[] | undefined): string {
  const { tokenEndpointAuthMethod: configured } = server.oauth;
  if (configured !== undefined) return configured;
  if (supported === undefined || supported.includes('none')) return 'none';
  const usable = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];
  return usable.find((method) => supported.includes(method)) ?? 'none';
}

/** RFC 7591 §2. */
export function registrationMetadata(request: RegistrationRequest): OAuthClientMetadata {
  const { server, discovery, redirectUri, scope, device } = request;
  return {
    client_name: server.oauth.clientName ?? DEFAULT_CLIENT_NAME,
    redirect_uris: [redirectUri],
    grant_types: device === true ? [...GRANTS, DEVICE_GRANT] : GRANTS,
    response_types: ['code'],
    token_endpoint_auth_method: authMethodFor(
      server,
      discovery.metadata.token_endpoint_auth_methods_supported,
    ),
    application_type: applicationType(redirectUri),
    ...(scope === undefined ? {} : { scope }),
  };
}

/**
 * The client's id where the authorization server takes metadata documents: the configured one, else the gateway's own,
 * which an authorization server can only fetch over https, which is that of a public client, and which does not have the
 * loopback addresses of a paste: a web client may not redirect there.
 */
export function metadataDocumentFor(
  { server, discovery, redirectUri }: RegistrationRequest,
  publicUrl: string,
): string | undefined {
  const { metadataDocument = true, clientMetadataUrl, clientName, tokenEndpointAuthMethod } = server.oauth;
  if (!metadataDocument || !offersMetadataDocuments(discovery.metadata)) return undefined;
  if (clientMetadataUrl !== undefined) return clientMetadataUrl;
  const { token_endpoint_auth_methods_supported: supported } = discovery.metadata;
  const isPublic = (tokenEndpointAuthMethod ?? authMethodFor(server, supported)) === 'none';
  const isOurs = clientName === undefined && publicUrl.startsWith('https:');
  const isListed = redirectUri === callbackOf(publicUrl) || redirectUri === server.oauth.redirectUri;
  return isOurs && isPublic && isListed ? `${publicUrl}${CLIENT_METADATA_PATH}` : undefined;
}

/** The gateway's own document (draft-ietf-oauth-client-id-metadata-document): one for all servers, so with all their redirect URIs. */
export function clientMetadataDocument(publicUrl: string, servers: readonly HttpServer[]): object {
  const redirects = servers.flatMap(({ oauth }) => oauth.redirectUri ?? []);
  return {
    client_id: `${publicUrl}${CLIENT_METADATA_PATH}`,
    client_name: DEFAULT_CLIENT_NAME,
    client_uri: publicUrl,
    redirect_uris: [...new Set([callbackOf(publicUrl), ...redirects])],
    grant_types: servers.some(({ oauth }) => oauth.flow === 'device') ? [...GRANTS, DEVICE_GRANT] : GRANTS,
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: applicationType(callbackOf(publicUrl)),
  };
}
