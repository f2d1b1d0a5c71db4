import {
  allowInsecureRequests,
  clientCredentialsGrantRequest,
  customFetch,
  processClientCredentialsResponse,
} from 'oauth4webapi';
import type { Store } from '../../storage/types.js';
import { authenticate, mayBePlain } from '../clients/client-auth.js';
import type { RegistrationDeps } from '../clients/dynamic-registration.js';
import { createRegistrations, type RegistrationRequest } from '../clients/registrations.js';
import { createDiscoveryCache } from '../discovery/cache.js';
import type { Discovery } from '../discovery/discovery.js';
import { revocationEndpoint } from '../discovery/metadata-checks.js';
import { dropDiscovery, withDiscovered } from '../discovery/records.js';
import { namingProvider } from '../naming-provider.js';
import { isNotNow } from '../requests/not-now.js';
import { requestedScope } from '../sign-in/flow-provider.js';
import type { ClientRegistration, HttpServer, OAuthCredential } from '../types.js';
import { conforming, expiry } from './token-answer.js';

/** RFC 6749 §4.4.2, and the resource (RFC 8707). There is no refresh token to ask for. */
function parametersFor(server: HttpServer, discovery: Discovery): Record<string, string> {
  const scope = requestedScope(server, discovery)
    ?.split(' ')
    .filter((name) => name !== 'offline_access')
    .join(' ');
  const resource = discovery.resource?.resource;
  return {
    ...(scope === undefined || scope === '' ? {} : { scope }),
    ...(resource === undefined ? {} : { resource }),
  };
}

function credentialOf(
  { metadata, resource, serverUrl }: Discovery,
  client: ClientRegistration,
  answer: { readonly access_token: string; readonly scope?: string; readonly expires_in?: number },
  askedAtMs: number,
): OAuthCredential {
  const revocation = revocationEndpoint(metadata);
  const methods = metadata.token_endpoint_auth_methods_supported;
  return {
    kind: 'oauth',
    grant: 'client_credentials',
    accessToken: answer.access_token,
    issuedAtMs: askedAtMs,
    client,
    issuer: metadata.issuer,
    tokenEndpoint: metadata.token_endpoint,
    ...(answer.scope === undefined ? {} : { scope: answer.scope }),
    ...expiry(askedAtMs, answer.expires_in),
    ...(revocation === undefined ? {} : { revocationEndpoint: revocation }),
    ...(methods === undefined ? {} : { authMethodsSupported: methods }),
    ...(resource === undefined ? { serverUrl } : { resource: resource.resource }),
  };
}

export type GrantOptions = RegistrationDeps & { readonly store: Store };

/**
 * A token for the gateway itself, by the client that the config names. `answered` is given the token endpoint's answer.
 * @throws whatever `failureOf` understands
 */
export async function grantTo(
  server: HttpServer,
  options: GrantOptions,
  answered: (response: Response) => void,
): Promise<OAuthCredential> {
  const discovery = await createDiscoveryCache(options).get(server);
  return await withDiscovered(options.store, server.name, () =>
    grantBy({ server, discovery, redirectUri: options.publicUrl }, options, answered),
  );
}

async function grantBy(
  where: RegistrationRequest,
  options: GrantOptions,
  answered: (response: Response) => void,
): Promise<OAuthCredential> {
  const { server, discovery } = where;
  const { metadata } = discovery;
  const registrations = createRegistrations(options);
  const client = await registrations.get(where);
  const authentication = {
    client,
    issuer: metadata.issuer,
    methods: metadata.token_endpoint_auth_methods_supported,
    sign: options.clientKeys.signFor(server),
  };
  const askedAtMs = options.now();
  const as = { issuer: metadata.issuer, token_endpoint: metadata.token_endpoint };
  const response = await clientCredentialsGrantRequest(
    as,
    { client_id: client.clientId },
    (_as, _client, body, headers) => authenticate(authentication, headers, body),
    parametersFor(server, discovery),
    { [allowInsecureRequests]: mayBePlain(metadata.token_endpoint), [customFetch]: options.fetchFor(server) },
  );
  answered(response);
  const answer = await conforming(response)
    .then((conform) => processClientCredentialsResponse(as, { client_id: client.clientId }, conform))
    .catch(async (error: unknown) => {
      // It may have moved, or be another's that was the only one to be had.
      if (!isNotNow(response.status)) await dropDiscovery(options.store, server.name);
      throw namingProvider(error, metadata.issuer);
    });
  await registrations.accepted(where, client);
  return credentialOf(discovery, client, answer, askedAtMs);
}
