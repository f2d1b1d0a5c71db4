import {
  type AuthorizationServerMetadata,
  checkResourceAllowed,
  discoverAuthorizationServerMetadata,
  discoverOAuthProtectedResourceMetadata,
  extractWWWAuthenticateParams,
  type FetchLike,
  type OAuthProtectedResourceMetadata,
  resourceUrlFromServerUrl,
} from '@modelcontextprotocol/client';
import { AuthError, failureOf } from './errors.js';
import {
  checkMetadata,
  deviceEndpoint,
  hostOfUrl,
  requireSecure,
  revocationEndpoint,
} from './metadata-checks.js';
import type { HttpServer } from './types.js';

/** What is known of a server's authorization: enough to begin a sign-in without asking anyone. Plain JSON. */
export interface Discovery {
  readonly serverUrl: string;
  readonly configuredIssuer?: string;
  readonly authorizationServerUrl: string;
  readonly metadata: AuthorizationServerMetadata;
  /** RFC 9728 metadata, cut down to what is used. Absent: the server has none. */
  readonly resource?: { readonly resource: string; readonly scopes_supported?: readonly string[] };
  /** `scope` of the server's WWW-Authenticate challenge (RFC 6750 §3). */
  readonly challengeScope?: string;
  readonly atMs: number;
}

/** A server that does not answer at once is not waited for: its metadata may still be found at the well-known place. */
const PROBE_MS = 5_000;
const MAX_SCOPE_LENGTH = 2_000;

interface Challenge {
  readonly resourceMetadataUrl?: URL;
  readonly scope?: string;
}

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
    return response.status === 401 || response.status === 403 ? extractWWWAuthenticateParams(response) : {};
  } catch (error) {
    if (failureOf(error).code === 'blocked-address') throw error;
    return {};
  }
}

/**
 * RFC 9728 metadata, or undefined where the server has none. The SDK takes any failure for "none" and then the MCP
 * server for the authorization server; here only a refusal (4xx) means none, and an answer that cannot be read is one.
 */
async function resourceMetadata(
  server: HttpServer,
  challenge: Challenge,
  fetch: FetchLike,
): Promise<OAuthProtectedResourceMetadata | undefined> {
  let status = 0;
  const watched: FetchLike = async (url, init) => {
    const response = await fetch(url, init);
    status = response.status;
    return response;
  };
  const { resourceMetadataUrl } = challenge;
  try {
    return await discoverOAuthProtectedResourceMetadata(
      server.url,
      resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl },
      watched,
    );
  } catch (error) {
    if (status >= 400 && status < 500) return undefined;
    if (status < 500 || error instanceof TypeError) throw error;
    throw new AuthError(
      'http-error',
      `the resource metadata was answered with ${status}`,
      hostOfUrl(server.url),
      {
        cause: error,
      },
    );
  }
}

/** RFC 8707, RFC 9728 §3.3: metadata of another resource says nothing about this one. */
function checkResource(server: HttpServer, metadata: OAuthProtectedResourceMetadata | undefined): void {
  if (metadata === undefined) return;
  const requestedResource = resourceUrlFromServerUrl(server.url);
  if (checkResourceAllowed({ requestedResource, configuredResource: metadata.resource })) return;
  throw new AuthError('bad-metadata', 'the resource metadata names another resource', hostOfUrl(server.url));
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
  const resource = await resourceMetadata(server, challenge, fetch);
  checkResource(server, resource);
  const { issuer } = server.oauth;
  const named = issuer ?? resource?.authorization_servers?.[0];
  requireSecure('the authorization server', named);
  const authorizationServerUrl = named ?? String(new URL('/', server.url));
  const metadata = checkMetadata(
    authorizationServerUrl,
    await discoverAuthorizationServerMetadata(authorizationServerUrl, { fetchFn: fetch }),
  );
  const scope = challenge.scope;
  return {
    serverUrl: server.url,
    authorizationServerUrl,
    metadata: trimmed(metadata),
    atMs: nowMs,
    ...(issuer === undefined ? {} : { configuredIssuer: issuer }),
    ...(resource === undefined ? {} : { resource: trimmedResource(resource) }),
    ...(scope === undefined || scope.length > MAX_SCOPE_LENGTH ? {} : { challengeScope: scope }),
  };
}
