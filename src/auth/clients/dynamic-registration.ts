import { type FetchLike, registerClient } from '@modelcontextprotocol/client';
import { noAuthorizationServer } from '../discovery/authorization-servers.js';
import type { Discovery } from '../discovery/discovery.js';
import { AuthError, failureOf } from '../errors.js';
import type { HttpServer } from '../types.js';
import type { ClientKeys } from './client-keys.js';
import { registrationMetadata } from './client-metadata.js';
import { JWKS_PATH } from './client-metadata-paths.js';
import { usableRegistration } from './registration-answer.js';
import type { StoredRegistration } from './registration-records.js';
import type { RegistrationRequest } from './registration-request.js';

export interface RegistrationDeps {
  readonly fetchFor: (server: HttpServer) => FetchLike;
  readonly now: () => number;
  /** No trailing slash. */
  readonly publicUrl: string;
  readonly clientKeys: ClientKeys;
}

const isNo = (error: unknown): boolean =>
  !(error instanceof AuthError) && failureOf(error).code === 'registration-refused';

const statusOf = (error: unknown): number =>
  error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : 0;

/**
 * The provider's no, with its reason (RFC 7591 §3.2.2) or to whoever asks (401, 403), and not a server that is ill, busy
 * or away, or an error of our own.
 */
export function isRefusal(error: unknown): boolean {
  return isNo(error) && (failureOf(error).error !== undefined || [401, 403].includes(statusOf(error)));
}

/** Where the client proves itself by a key: its place, or the key itself where nobody could fetch it. */
async function keyMetadata(
  method: string | undefined,
  server: HttpServer,
  deps: RegistrationDeps,
): Promise<object> {
  if (method !== 'private_key_jwt') return {};
  if (deps.publicUrl.startsWith('https:')) return { jwks_uri: `${deps.publicUrl}${JWKS_PATH}` };
  return { jwks: await deps.clientKeys.published([server]) };
}

async function submit(
  request: RegistrationRequest,
  deps: RegistrationDeps,
): ReturnType<typeof registerClient> {
  const { authorizationServerUrl, metadata } = request.discovery;
  const asked = registrationMetadata(request);
  const keys = await keyMetadata(asked.token_endpoint_auth_method, request.server, deps);
  const fetchFn = deps.fetchFor(request.server);
  return await registerClient(authorizationServerUrl, {
    metadata,
    clientMetadata: { ...asked, ...keys },
    fetchFn: async (url, init) => usableRegistration(await fetchFn(url, init)),
  });
}

/** Some authorization servers refuse scopes that they do not know at registration, and grant them later all the same. */
async function submitWithOrWithoutScope(request: RegistrationRequest, deps: RegistrationDeps) {
  try {
    return await submit(request, deps);
  } catch (error) {
    if (request.scope === undefined || failureOf(error).error !== 'invalid_client_metadata') throw error;
    const { scope: _scope, ...bare } = request;
    return await submit(bare, deps);
  }
}

/** Nothing is there, so nobody has refused anything. */
const isNowhere = (error: unknown): boolean =>
  isNo(error) && !isRefusal(error) && [404, 410].includes(statusOf(error));

/** What went wrong, where the SDK's own error does not say it. */
function registrationError(error: unknown, { metadata, assumed }: Discovery): unknown {
  const { host } = new URL(metadata.issuer);
  const isUnreadable = failureOf(error).code === 'bad-metadata';
  if (assumed === true && (isUnreadable || isNo(error))) return noAuthorizationServer(host, error);
  if (isNowhere(error)) {
    const why = 'there is no registration where the metadata has it';
    return new AuthError('bad-metadata', why, host, { cause: error, rfc: 'RFC 7591 §3' });
  }
  if (!isUnreadable) return error;
  const why = 'the answer to the registration cannot be read';
  return new AuthError('http-error', why, host, { cause: error, rfc: 'RFC 7591 §3.2.1' });
}

/** The answer should repeat what was registered (RFC 7591 §3.2.1). Where it does not, a client that got no secret is what it asked to be. */
function methodWithoutSecret(request: RegistrationRequest, secret: string | undefined): string | undefined {
  return secret === undefined ? registrationMetadata(request).token_endpoint_auth_method : undefined;
}

/** Registers a client (RFC 7591). @throws {AuthError} and what the SDK throws */
export async function register(
  request: RegistrationRequest,
  deps: RegistrationDeps,
): Promise<StoredRegistration> {
  const { metadata } = request.discovery;
  if (metadata.registration_endpoint === undefined) {
    const why = 'the provider does not register clients by itself; set oauth.client_id';
    throw new AuthError('registration-refused', why, new URL(metadata.issuer).host);
  }
  const answer = await submitWithOrWithoutScope(request, deps).catch((error: unknown) => {
    throw registrationError(error, request.discovery);
  });
  const expires = answer.client_secret_expires_at ?? 0;
  const method = answer.token_endpoint_auth_method ?? methodWithoutSecret(request, answer.client_secret);
  return {
    client: {
      kind: 'dynamic',
      clientId: answer.client_id,
      ...(answer.client_secret === undefined ? {} : { clientSecret: answer.client_secret }),
      ...(method === undefined ? {} : { tokenEndpointAuthMethod: method }),
    },
    atMs: deps.now(),
    ...(request.scope === undefined ? {} : { scope: request.scope }),
    ...(expires > 0 ? { secretExpiresAtMs: expires * 1000 } : {}),
  };
}
