import {
  auth,
  type FetchLike,
  type OAuthClientMetadata,
  type OAuthClientProvider,
} from '@modelcontextprotocol/client';
import type { Discovery } from '../discovery/discovery.js';
import { hostOfUrl, isSecureEndpoint } from '../discovery/metadata-checks.js';
import { AuthError } from '../errors.js';
import type { ClientRegistration, HttpServer } from '../types.js';

/** The parameters of the protocol itself: configured extras never change these. */
const PROTOCOL_PARAMETERS = new Set([
  'response_type',
  'client_id',
  'redirect_uri',
  'state',
  'scope',
  'resource',
  'code_challenge',
  'code_challenge_method',
  'request',
  'request_uri',
  'response_mode',
]);

export interface AuthorizationRequest {
  readonly server: HttpServer;
  readonly discovery: Discovery;
  readonly client: ClientRegistration;
  readonly redirectUri: string;
  readonly state: string;
  readonly scope?: string;
}

/** What the SDK made of it. */
export interface Authorization {
  readonly authorizationUrl: string;
  readonly verifier: string;
  readonly resource?: string;
}

/**
 * The scope to ask for (MCP, "Scope Selection Strategy"): configured, else the challenge's, else the resource's; with
 * `offline_access` where the authorization server has it, or no refresh token comes back.
 */
export function requestedScope(server: HttpServer, discovery: Discovery): string | undefined {
  const scope =
    server.oauth.scope ?? discovery.challengeScope ?? discovery.resource?.scopes_supported?.join(' ');
  if (scope === undefined || scope === '') return undefined;
  const offline = discovery.metadata.scopes_supported?.includes('offline_access') === true;
  return offline && !scope.split(' ').includes('offline_access') ? `${scope} offline_access` : scope;
}

/** All that `auth()` needs has been found before: it is not to ask anyone. 404 is "no resource metadata", which is known. */
const offline: FetchLike = async () => new Response(null, { status: 404 });

/**
 * What the SDK sees of one sign-in. It holds no tokens, so that the SDK never refreshes on its own; it cannot save a
 * client, so that the SDK never registers one; and it keeps the SDK's findings for the pending record.
 */
class FlowProvider implements OAuthClientProvider {
  readonly redirectUrl: string;
  authorizationUrl: URL | undefined;
  verifier: string | undefined;
  resource: string | undefined;

  constructor(private readonly request: AuthorizationRequest) {
    this.redirectUrl = request.redirectUri;
  }

  get clientMetadata(): OAuthClientMetadata {
    return {
      redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    };
  }

  state(): string {
    return this.request.state;
  }

  discoveryState() {
    const { authorizationServerUrl, metadata, resource } = this.request.discovery;
    return {
      authorizationServerUrl,
      authorizationServerMetadata: metadata,
      ...(resource === undefined
        ? {}
        : {
            resourceMetadata: {
              resource: resource.resource,
              ...(resource.scopes_supported === undefined
                ? {}
                : { scopes_supported: [...resource.scopes_supported] }),
            },
          }),
    };
  }

  /** Stamped with its issuer: the SDK refuses it for another (threat 7). */
  clientInformation() {
    const { client, discovery } = this.request;
    return { client_id: client.clientId, issuer: discovery.metadata.issuer };
  }

  tokens(): undefined {
    return undefined;
  }

  saveTokens(): void {
    throw new AuthError('internal', 'a sign-in that only begins got tokens');
  }

  saveResourceUrl(resource: string): void {
    this.resource = resource;
  }

  saveCodeVerifier(verifier: string): void {
    this.verifier = verifier;
  }

  codeVerifier(): string {
    throw new AuthError('internal', 'codes are redeemed from the pending record');
  }

  redirectToAuthorization(url: URL): void {
    this.authorizationUrl = url;
  }
}

function withConfigured(url: URL, parameters: Readonly<Record<string, string>>): URL {
  const extended = new URL(url);
  for (const [name, value] of Object.entries(parameters)) {
    if (!PROTOCOL_PARAMETERS.has(name)) extended.searchParams.set(name, value);
  }
  return extended;
}

/**
 * The authorization request (RFC 6749 §4.1.1, RFC 7636, RFC 8707), built by the SDK's `auth()`. No request is sent.
 * @throws {AuthError} insecure-endpoint
 */
export async function requestAuthorization(request: AuthorizationRequest): Promise<Authorization> {
  const provider = new FlowProvider(request);
  await auth(provider, {
    serverUrl: request.server.url,
    fetchFn: offline,
    ...(request.scope === undefined ? {} : { scope: request.scope }),
  });
  const { authorizationUrl, verifier, resource } = provider;
  if (authorizationUrl === undefined || verifier === undefined) {
    throw new AuthError('internal', 'no authorization URL was made');
  }
  const url = withConfigured(authorizationUrl, request.server.oauth.authorizeParameters).href;
  if (!isSecureEndpoint(url)) {
    throw new AuthError('insecure-endpoint', 'the authorization URL is not https', hostOfUrl(url));
  }
  return { authorizationUrl: url, verifier, ...(resource === undefined ? {} : { resource }) };
}
