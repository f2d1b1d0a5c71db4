import { type FetchLike, type OAuthClientMetadata, registerClient } from '@modelcontextprotocol/client';
import { recordKey, type Store } from '../storage/types.js';
import { unlessUnreadable } from '../storage/unreadable.js';
import { isLoopbackHost } from './address-guard.js';
import type { Discovery } from './discovery.js';
import { AuthError } from './errors.js';
import { DEVICE_GRANT } from './metadata-checks.js';
import type { ClientRegistration, HttpServer } from './types.js';

const DEFAULT_CLIENT_NAME = 'MCP Chat Gateway';

interface StoredRegistration {
  readonly client: ClientRegistration;
  /** What was asked for: an authorization server may refuse a client more than it registered with. */
  readonly scope?: string;
  readonly secretExpiresAtMs?: number;
}

export interface RegistrationDeps {
  readonly store: Store;
  readonly fetchFor: (server: HttpServer) => FetchLike;
  readonly now: () => number;
}

export interface RegistrationRequest {
  readonly server: HttpServer;
  readonly discovery: Discovery;
  readonly redirectUri: string;
  readonly scope?: string;
  /** The client is to sign people in by code (RFC 8628): a registration of its own, as some providers refuse the grant. */
  readonly device?: boolean;
}

/** One client a server, issuer and redirect URI, shared by all people. */
export interface Registrations {
  /** The configured client, the registered one, or a new one (RFC 7591). @throws {AuthError} registration-refused */
  get(request: RegistrationRequest): Promise<ClientRegistration>;
  /** After `invalid_client`: the provider no longer knows it. Credentials keep the client they were issued with. */
  drop(request: Omit<RegistrationRequest, 'scope'>): Promise<void>;
}

/** The issuer is part of the key: what one issued is never shown to another (threat 7). */
const keyOf = ({ server, discovery, redirectUri, device }: Omit<RegistrationRequest, 'scope'>): string =>
  recordKey(server.name, discovery.metadata.issuer, redirectUri, ...(device === true ? ['device'] : []));

function preRegistered({ oauth }: HttpServer): ClientRegistration | undefined {
  if (oauth.clientId === undefined) return undefined;
  const secret = oauth.clientSecret === undefined ? {} : { clientSecret: oauth.clientSecret };
  return { kind: 'pre-registered', clientId: oauth.clientId, ...secret };
}

/** A public client with PKCE, unless the authorization server wants all its clients to have a secret. */
function authMethod(supported: readonly string[] | undefined): string {
  if (supported === undefined || supported.includes('none')) return 'none';
  return ['client_secret_basic', 'client_secret_post'].find((method) => supported.includes(method)) ?? 'none';
}

function clientMetadata(request: RegistrationRequest): OAuthClientMetadata {
  const { server, discovery, redirectUri, scope, device } = request;
  const loopback = isLoopbackHost(new URL(redirectUri).hostname);
  return {
    client_name: server.oauth.clientName ?? DEFAULT_CLIENT_NAME,
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token', ...(device === true ? [DEVICE_GRANT] : [])],
    response_types: ['code'],
    token_endpoint_auth_method: authMethod(discovery.metadata.token_endpoint_auth_methods_supported),
    // OpenID Connect Registration §2: a web client may not redirect to loopback.
    application_type: loopback ? 'native' : 'web',
    ...(scope === undefined ? {} : { scope }),
  };
}

function covers(registered: string | undefined, wanted: string | undefined): boolean {
  const held = new Set(registered?.split(' '));
  return (
    registered === undefined || (wanted ?? '').split(' ').every((scope) => scope === '' || held.has(scope))
  );
}

async function register(request: RegistrationRequest, fetchFn: FetchLike): Promise<StoredRegistration> {
  const { authorizationServerUrl, metadata } = request.discovery;
  if (metadata.registration_endpoint === undefined) {
    throw new AuthError(
      'registration-refused',
      'the provider does not register clients by itself; set oauth.client_id',
      new URL(metadata.issuer).host,
    );
  }
  const answer = await registerClient(authorizationServerUrl, {
    metadata,
    clientMetadata: clientMetadata(request),
    fetchFn,
  });
  const expires = answer.client_secret_expires_at ?? 0;
  return {
    client: {
      kind: 'dynamic',
      clientId: answer.client_id,
      ...(answer.client_secret === undefined ? {} : { clientSecret: answer.client_secret }),
      ...(answer.token_endpoint_auth_method === undefined
        ? {}
        : { tokenEndpointAuthMethod: answer.token_endpoint_auth_method }),
    },
    ...(request.scope === undefined ? {} : { scope: request.scope }),
    ...(expires > 0 ? { secretExpiresAtMs: expires * 1000 } : {}),
  };
}

export function createRegistrations(deps: RegistrationDeps): Registrations {
  const records = deps.store.records<StoredRegistration>('registrations');

  async function usable(request: RegistrationRequest): Promise<ClientRegistration | undefined> {
    // A damaged one is replaced by registering anew: what was issued with it keeps its own copy.
    const stored = await unlessUnreadable(records.get(keyOf(request)));
    if (stored === undefined || !covers(stored.scope, request.scope)) return undefined;
    return (stored.secretExpiresAtMs ?? Number.POSITIVE_INFINITY) > deps.now() ? stored.client : undefined;
  }

  async function registerOnce(request: RegistrationRequest): Promise<ClientRegistration> {
    return deps.store.lock(recordKey('registration', keyOf(request)), async () => {
      const meanwhile = await usable(request);
      if (meanwhile !== undefined) return meanwhile;
      const registered = await register(request, deps.fetchFor(request.server));
      await records.set(keyOf(request), registered);
      return registered.client;
    });
  }

  return {
    get: async (request) =>
      preRegistered(request.server) ?? (await usable(request)) ?? (await registerOnce(request)),
    drop: async (request) => {
      await records.delete(keyOf(request));
    },
  };
}
