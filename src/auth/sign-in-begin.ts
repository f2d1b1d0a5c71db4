import { recordKey } from '../storage/types.js';
import { askedKeys } from './api-keys.js';
import { fingerprint } from './browser-binding.js';
import { AuthError, failureOf } from './errors.js';
import { about, causeOf, type SignInParts } from './sign-in-deps.js';
import { addPending, idsOf, idsStartedBy, type OAuthFlow, type PendingRecord } from './sign-in-records.js';
import type { BeginOutcome, BeginRequest } from './sign-in-types.js';
import { redirectUriOf, takesPaste, wayOf } from './sign-in-way.js';
import type { HttpServer } from './types.js';

/** Sign-ins that one person may have open at a time (threat 20): one each for more servers than anyone has. */
const MAX_OPEN = 50;

async function requireRoom(parts: SignInParts, { startedBy }: BeginRequest): Promise<void> {
  if ((await idsStartedBy(parts.at, startedBy)).length < MAX_OPEN) return;
  throw new AuthError(
    'too-many-pending',
    'too many sign-ins are open; cancel them or wait until they expire',
  );
}

/** What is prepared before anything is stored. */
interface Prepared {
  readonly id: string;
  readonly way: PendingRecord['way'];
  /** Where its link leads in the end. */
  readonly host: string;
  /** The provider's own limit. */
  readonly lifeMs?: number;
}

function urlOf(parts: SignInParts, { id, way }: Prepared): string {
  switch (way.kind) {
    case 'oauth':
      // Where no page of ours can be opened, the link leads straight to the provider.
      return way.paste === true ? way.flow.authorizationUrl : `${parts.publicUrl}/connect/${id}`;
    case 'device':
      return way.flow.page;
    case 'key-form':
      return `${parts.publicUrl}/key/${id}`;
  }
}

function pendingRecord(parts: SignInParts, request: BeginRequest, prepared: Prepared): PendingRecord {
  const { server, subject, startedBy, account, origin, confirmAlways } = request;
  const { id, way, host, lifeMs = Number.POSITIVE_INFINITY } = prepared;
  const own = server.kind === 'stdio' ? undefined : server.oauth.timeoutMs;
  const lifetimeMs = Math.min(own ?? parts.signInLifetimeMs, lifeMs);
  return {
    facts: { id, server: server.name, subject, startedBy, account, origin, method: way.kind },
    expiresAtMs: parts.now() + lifetimeMs,
    lifetimeMs,
    confirmAlways,
    url: urlOf(parts, prepared),
    host,
    way,
  };
}

/** The newest sign-in of a subject for a server is the one that counts; one that is being finished is left to finish. */
async function replace(parts: SignInParts, pending: PendingRecord): Promise<void> {
  const { subject, server } = pending.facts;
  await parts.store.lock(recordKey('open', subject, server), async () => {
    for (const id of await idsOf(parts.at, subject, server)) {
      await parts.transitions.end(id, (older) =>
        older.kind === 'finishing' ? undefined : { kind: 'replaced' },
      );
    }
    await addPending(parts.at, pending, parts.now());
  });
}

/** From now on somebody may come back, or have typed the code. */
async function awaitReturn(parts: SignInParts, { facts, way }: PendingRecord): Promise<void> {
  if (way.kind === 'device') parts.devices.follow(facts.id);
  if (way.kind !== 'oauth' || !takesPaste(way)) return;
  await parts.redirects.open(way.flow.redirectUri).catch((error: unknown) => {
    // The address can still be sent.
    parts.log.warn({ ...about(facts), error }, 'nothing listens where this sign-in comes back to');
  });
}

/** Everything that can fail happens before the older sign-in is touched. */
async function start(
  parts: SignInParts,
  request: BeginRequest,
  prepare: () => Promise<Prepared>,
): Promise<BeginOutcome> {
  try {
    await requireRoom(parts, request);
    const pending = pendingRecord(parts, request, await prepare());
    // Counted once more, one after the other: of many that begin at the same time each would still find room.
    await parts.store.lock(recordKey('room', request.startedBy), async () => {
      await requireRoom(parts, request);
      await replace(parts, pending);
    });
    await awaitReturn(parts, pending);
    const { host, url, expiresAtMs, facts } = pending;
    const { id } = facts;
    return { kind: 'link', id, url, host, expiresAtMs };
  } catch (error) {
    const facts = { server: request.server.name, subject: request.subject, ...causeOf(error) };
    parts.log.warn(facts, 'a sign-in could not begin');
    return { kind: 'failed', failure: failureOf(error) };
  }
}

/** Whom to ask for what, and as which client. */
async function clientFor(parts: SignInParts, server: HttpServer, request: BeginRequest, device: boolean) {
  // Loaded here: the SDK is needed by who signs in, not by who starts.
  const { requestedScope } = await import('./flow-provider.js');
  const { createRegistrations } = await import('./registrations.js');
  const redirectUri = redirectUriOf(server, request, parts);
  const discovery = await parts.discoveries.get(server);
  const wanted = requestedScope(server, discovery);
  const scope = wanted === undefined ? {} : { scope: wanted };
  const asked = { server, discovery, redirectUri, ...scope, ...(device ? { device } : {}) };
  const client = await createRegistrations(parts).get(asked);
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
  const state = parts.random.token();
  const authorization = await requestAuthorization({ server, state, ...known });
  const flow: OAuthFlow = { serverUrl: server.url, state, ...known, ...authorization };
  const { host } = new URL(flow.authorizationUrl);
  return { id: fingerprint(state), host, way: { kind: 'oauth', flow, ...(paste ? { paste } : {}) } };
}

async function byCode(parts: SignInParts, server: HttpServer, request: BeginRequest): Promise<Prepared> {
  const { deviceEndpoint } = await import('./metadata-checks.js');
  const { metadata } = await parts.discoveries.get(server);
  if (deviceEndpoint(metadata) === undefined)
    throw new AuthError(
      'device-unsupported',
      'no device_authorization_endpoint',
      new URL(metadata.issuer).host,
    );
  const { redirectUri: _none, ...known } = await clientFor(parts, server, request, true);
  const { resource } = known.discovery;
  const wanted = {
    serverUrl: server.url,
    ...known,
    ...(resource === undefined ? {} : { resource: new URL(resource.resource).href }),
  };
  const { requestDeviceCode } = await import('./device-grant.js');
  const { lifeMs, ...code } = await requestDeviceCode(wanted, parts.fetchFor(server));
  const flow = { ...wanted, ...code };
  const { host } = new URL(flow.page);
  return { id: fingerprint(parts.random.token()), host, lifeMs, way: { kind: 'device', flow } };
}

/** The provider, or its registration, does not want this client to sign people in by code. */
function isRefusal(error: unknown): boolean {
  return ['device-unsupported', 'registration-refused', 'provider-refused'].includes(failureOf(error).code);
}

async function byCodeOrPaste(
  parts: SignInParts,
  server: HttpServer,
  request: BeginRequest,
): Promise<Prepared> {
  try {
    return await byCode(parts, server, request);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    parts.log.info({ server: server.name, ...causeOf(error) }, 'no sign-in by code here');
    return byBrowser(parts, server, request, true);
  }
}

export function begin(parts: SignInParts, request: BeginRequest): Promise<BeginOutcome> {
  return start(parts, request, async () => {
    const { server } = request;
    if (server.kind === 'stdio') throw new AuthError('internal', 'a stdio server has no sign-in');
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
  });
}

/** The key goes to the gateway's own page, so that it is never a message in a chat. */
export function beginKeyForm(parts: SignInParts, request: BeginRequest): Promise<BeginOutcome> {
  return start(parts, request, async () => {
    const fields = askedKeys(request.server);
    if (fields.length === 0) throw new AuthError('internal', 'the server has no key to ask for');
    const { host } = new URL(request.server.kind === 'stdio' ? parts.publicUrl : request.server.url);
    return { id: fingerprint(parts.random.token()), host, way: { kind: 'key-form', fields } };
  });
}
