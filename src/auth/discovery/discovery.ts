import type {
  AuthorizationServerMetadata,
  FetchLike,
  OAuthProtectedResourceMetadata,
} from '@modelcontextprotocol/client';
import { failureOf } from '../errors.js';
import type { HttpServer } from '../types.js';
import { findAuthorizationServer } from './authorization-servers.js';
import { type Challenge, parseChallenge } from './challenge.js';
import { deviceEndpoint, offersMetadataDocuments, revocationEndpoint } from './metadata-checks.js';
import { resourceMetadata } from './resource-metadata.js';

/** What is known of a server's authorization: enough to begin a sign-in without asking anyone. Plain JSON. */
export interface Discovery {
  readonly serverUrl: string;
  readonly configuredIssuer?: string;
  readonly authorizationServerUrl: string;
  readonly metadata: AuthorizationServerMetadata;
  /** There is no metadata: these are the endpoints that MCP 2025-03-26 assumes. */
  readonly assumed?: true;
  /** RFC 9728 metadata, cut down to what is used. Absent: the server has none. */
  readonly resource?: { readonly resource: string; readonly scopes_supported?: readonly string[] };
  /** `scope` of the server's WWW-Authenticate challenge (RFC 6750 §3). */
  readonly challengeScope?: string;
  readonly atMs: number;
}

/** A server that does not answer at once is not waited for: its metadata may still be found at the well-known place. */
const PROBE_MS = 5_000;
const MAX_SCOPE_LENGTH = 2_000;

/** `ping` opens no session on a server that answers without a credential. */
function probeRequest(server: HttpServer): RequestInit {
  const signal = AbortSignal.timeout(PROBE_MS);
  if (server.kind === 'sse') return { method: 'GET', headers: { accept: 'text/event-stream' }, signal };
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
    signal,
  };
}

/** One unauthenticated request, for the challenge that says where the metadata is (RFC 9728 §5.1) and which scope. */
async function challengeOf(server: HttpServer, fetch: FetchLike): Promise<Challenge> {
  try {
    const response = await fetch(server.url, probeRequest(server));
    await response.body?.cancel();
    if (response.status !== 401 && response.status !== 403) return {};
    return parseChallenge(response.headers.get('www-authenticate'));
  } catch (error) {
    if (failureOf(error).code === 'blocked-address') throw error;
    return {};
  }
}

/** Only what is used: the record goes into every pending sign-in. */
function trimmed(metadata: AuthorizationServerMetadata): AuthorizationServerMetadata {
  const revocation = revocationEndpoint(metadata);
  const device = deviceEndpoint(metadata);
  return {
    issuer: metadata.issuer,
    authorization_endpoint: metadata.authorization_endpoint,
    token_endpoint: metadata.token_endpoint,
    response_types_supported: ['code'].filter((type) => metadata.response_types_supported.includes(type)),
    code_challenge_methods_supported: ['S256'],
    scopes_supported: ['offline_access'].filter((scope) => metadata.scopes_supported?.includes(scope)),
    authorization_response_iss_parameter_supported:
      metadata.authorization_response_iss_parameter_supported === true,
    ...(offersMetadataDocuments(metadata) ? { client_id_metadata_document_supported: true } : {}),
    ...(metadata.registration_endpoint === undefined
      ? {}
      : { registration_endpoint: metadata.registration_endpoint }),
    ...(revocation === undefined ? {} : { revocation_endpoint: revocation }),
    ...(device === undefined ? {} : { device_authorization_endpoint: device }),
    ...(metadata.token_endpoint_auth_methods_supported === undefined
      ? {}
      : {
          token_endpoint_auth_methods_supported: metadata.token_endpoint_auth_methods_supported.slice(0, 10),
        }),
  };
}

function trimmedResource(metadata: OAuthProtectedResourceMetadata): NonNullable<Discovery['resource']> {
  const scopes = metadata.scopes_supported ?? [];
  const usable = scopes.length > 0 && scopes.join(' ').length <= MAX_SCOPE_LENGTH;
  return { resource: metadata.resource, ...(usable ? { scopes_supported: scopes } : {}) };
}

/**
 * Which authorization server a server's sign-in goes to, and what it can do: at most one probe of the server, its
 * resource metadata, and the authorization server's metadata, whose issuer the SDK compares (RFC 8414 §3.3).
 * @throws {AuthError} and whatever `failureOf` understands
 */
export async function discover(server: HttpServer, fetch: FetchLike, nowMs: number): Promise<Discovery> {
  const challenge = await challengeOf(server, fetch);
  const resource = await resourceMetadata(server, challenge.resourceMetadataUrl, fetch);
  const { issuer } = server.oauth;
  const listed = resource?.authorization_servers;
  const pkce = server.auth !== 'client_credentials';
  const known = server.oauth.clientId !== undefined;
  const found = await findAuthorizationServer({ serverUrl: server.url, issuer, listed, pkce, known }, fetch);
  return {
    serverUrl: server.url,
    authorizationServerUrl: found.url,
    metadata: trimmed(found.metadata),
    atMs: nowMs,
    ...(found.assumed === undefined ? {} : { assumed: found.assumed }),
    ...(issuer === undefined ? {} : { configuredIssuer: issuer }),
    ...(resource === undefined ? {} : { resource: trimmedResource(resource) }),
    ...(challenge.scope === undefined ? {} : { challengeScope: challenge.scope }),
  };
}
