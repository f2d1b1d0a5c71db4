import type { Discovery } from '../discovery/discovery.js';
import { withDiscovered } from '../discovery/records.js';
import { AuthError, failureOf } from '../errors.js';
import { namingProvider } from '../naming-provider.js';
import type { AuthFailureCode, HttpServer } from '../types.js';
import { causeOf, type SignInParts } from './deps.js';
import { newSignInNames } from './link.js';
import { idsOf, type OAuthFlow, type PendingRecord } from './records.js';
import { askForLess, REFUSED_SCOPE } from './refused-scope.js';
import { scopeUnion } from './scopes.js';
import type { BeginRequest } from './types.js';
import { unreturned } from './unreturned.js';
import { redirectUriOf, wayOf } from './way.js';

/** What is prepared before anything is stored. */
export interface Prepared {
  readonly id: string;
  /** See `SignInNames`. */
  readonly link: string;
  readonly way: PendingRecord['way'];
  /** Where its link leads in the end. */
  readonly host: string;
  /** The provider's own limit. */
  readonly lifeMs?: number;
}

/**
 * A browser went to the provider and never came back: the page there may have said that nobody knows this client, or this
 * scope, or be no longer there.
 */
async function doubtUnreturned(parts: SignInParts, request: BeginRequest, server: HttpServer): Promise<void> {
  const { createRegistrations } = await import('../clients/registrations.js');
  const key = { subject: request.subject, server: server.name };
  for (const id of await idsOf(parts.at, key.subject, key.server)) {
    const flow = await unreturned(parts, id, await parts.transitions.read(id));
    if (flow === undefined) continue;
    await parts.discoveries.drop(server.name);
    const { discovery, redirectUri, client, scope } = flow;
    await createRegistrations(parts).doubt({ server, discovery, redirectUri }, client);
    await parts.challenges.doubt(key, scope);
  }
}

/** What the config, the server and its provider name, and what the server was found to ask for since. */
async function scopeFor(
  parts: SignInParts,
  { subject }: BeginRequest,
  server: HttpServer,
  discovery: Discovery,
): Promise<string | undefined> {
  const { requestedScope } = await import('./flow-provider.js');
  const more = await parts.challenges.wanted({ subject, server: server.name });
  return scopeUnion(requestedScope(server, discovery), more);
}

/** Whom to ask for what, and as which client. */
async function clientFor(parts: SignInParts, server: HttpServer, request: BeginRequest, device: boolean) {
  // Loaded here: the SDK is needed by who signs in, not by who starts.
  const { createRegistrations } = await import('../clients/registrations.js');
  const redirectUri = redirectUriOf(server, request, parts);
  if (!device) await doubtUnreturned(parts, request, server);
  const discovery = await parts.discoveries.get(server);
  const where = { server, discovery, redirectUri, ...(device ? { device } : {}) };
  const wanted = await scopeFor(parts, request, server, discovery);
  const scope = wanted === undefined ? {} : { scope: wanted };
  const client = await withDiscovered(parts.store, server.name, () =>
    createRegistrations(parts).get({ ...where, ...scope }),
  );
  return { discovery, client, redirectUri, ...scope };
}

async function byBrowser(
  parts: SignInParts,
  server: HttpServer,
  request: BeginRequest,
  paste: boolean,
): Promise<Prepared> {
  const { requestAuthorization } = await import('./flow-provider.js');
  const known = await clientFor(parts, server, request, false);
  const { link, state, id } = newSignInNames(parts.random);
  const authorization = await requestAuthorization({ server, state, ...known });
  const flow: OAuthFlow = { serverUrl: server.url, state, ...known, ...authorization };
  const { host } = new URL(flow.authorizationUrl);
  return { id, link, host, way: { kind: 'oauth', flow, ...(paste ? { paste } : {}) } };
}

async function byCode(parts: SignInParts, server: HttpServer, request: BeginRequest): Promise<Prepared> {
  const { deviceEndpoint } = await import('../discovery/metadata-checks.js');
  const { metadata } = await parts.discoveries.get(server);
  if (deviceEndpoint(metadata) === undefined)
    throw new AuthError(
      'device-unsupported',
      'no device_authorization_endpoint',
      new URL(metadata.issuer).host,
    );
  const { redirectUri, ...known } = await clientFor(parts, server, request, true);
  const { resource } = known.discovery;
  const wanted = {
    serverUrl: server.url,
    ...known,
    ...(resource === undefined ? {} : { resource: resource.resource }),
  };
  const { requestDeviceCode } = await import('./device-grant.js');
  const asking = { fetch: parts.fetchFor(server), sign: parts.clientKeys.signFor(server) };
  const { lifeMs, ...code } = await withDiscovered(parts.store, server.name, () =>
    requestDeviceCode(wanted, server.oauth.authorizeParameters, asking),
  ).catch(async (error: unknown) => {
    const { error: refusal } = failureOf(error);
    if (refusal === REFUSED_SCOPE) await askForLess(parts, { subject: request.subject, server: server.name });
    if (refusal === 'invalid_client') {
      const { createRegistrations } = await import('../clients/registrations.js');
      const where = { server, discovery: known.discovery, redirectUri, device: true };
      await createRegistrations(parts).refused(where, known.client);
    }
    throw namingProvider(error, metadata.issuer, known.client);
  });
  const flow = { ...wanted, ...code };
  const { host } = new URL(flow.page);
  const { id, link } = newSignInNames(parts.random);
  return { id, link, host, lifeMs, way: { kind: 'device', flow } };
}

/** The provider, or its registration, does not want this client to sign people in by code. */
const NOT_BY_CODE: ReadonlySet<AuthFailureCode> = new Set([
  'device-unsupported',
  'registration-refused',
  'provider-refused',
  // Of a configured one: Google has a kind of clients for codes alone, and answers the others like that.
  'client-refused',
]);

async function byCodeOrPaste(
  parts: SignInParts,
  server: HttpServer,
  request: BeginRequest,
): Promise<Prepared> {
  try {
    return await byCode(parts, server, request);
  } catch (error) {
    if (!NOT_BY_CODE.has(failureOf(error).code)) throw error;
    parts.log.info({ server: server.name, ...causeOf(error) }, 'no sign-in by code here');
    return byBrowser(parts, server, request, true);
  }
}

/** All that a sign-in needs before anything is stored, by the way that is configured or fits. */
export async function prepareOAuth(
  parts: SignInParts,
  server: HttpServer,
  request: BeginRequest,
): Promise<Prepared> {
  switch (wayOf(server, request, parts)) {
    case 'browser':
      return byBrowser(parts, server, request, false);
    case 'paste':
      return byBrowser(parts, server, request, true);
    case 'device-or-paste':
      return byCodeOrPaste(parts, server, request);
    case 'device':
      if (request.listed === true) return byCode(parts, server, request);
      throw new AuthError(
        'device-unsupported',
        'a sign-in by code is only for people listed in access.users',
      );
  }
}
