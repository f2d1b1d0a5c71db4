import { recordKey } from '../storage/types.js';
import { askedKeys } from './api-keys.js';
import { fingerprint } from './browser-binding.js';
import type { Discovery } from './discovery.js';
import { AuthError, failureOf } from './errors.js';
import type { RegistrationRequest } from './registration-request.js';
import { scopeUnion } from './scopes.js';
import { causeOf, type SignInParts } from './sign-in-deps.js';
import {
  addPending,
  idsOf,
  idsStartedBy,
  noteFailure,
  type OAuthFlow,
  type PendingRecord,
} from './sign-in-records.js';
import type { BeginOutcome, BeginRequest } from './sign-in-types.js';
import type { HttpServer } from './types.js';

/** Sign-ins that one person may have open at a time (threat 20): one each for more servers than anyone has. */
const MAX_OPEN = 50;

type Where = Omit<RegistrationRequest, 'scope'>;

async function requireRoom(parts: SignInParts, { startedBy }: BeginRequest): Promise<void> {
  if ((await idsStartedBy(parts.at, startedBy)).length < MAX_OPEN) return;
  throw new AuthError(
    'too-many-pending',
    'too many sign-ins are open; cancel them or wait until they expire',
  );
}

function pendingRecord(
  parts: SignInParts,
  request: BeginRequest,
  id: string,
  how: Pick<PendingRecord, 'host' | 'way'>,
): PendingRecord {
  const { server, subject, startedBy, account, origin, confirmAlways } = request;
  const own = server.kind === 'stdio' ? undefined : server.oauth.timeoutMs;
  const lifetimeMs = own ?? parts.signInLifetimeMs;
  const method = how.way.kind;
  return {
    facts: { id, server: server.name, subject, startedBy, account, origin, method },
    expiresAtMs: parts.now() + lifetimeMs,
    lifetimeMs,
    confirmAlways,
    url: `${parts.publicUrl}/${method === 'oauth' ? 'connect' : 'key'}/${id}`,
    ...how,
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

/** Everything that can fail happens before the older sign-in is touched. */
async function start(
  parts: SignInParts,
  request: BeginRequest,
  prepare: () => Promise<{ readonly id: string } & Pick<PendingRecord, 'host' | 'way'>>,
): Promise<BeginOutcome> {
  try {
    await requireRoom(parts, request);
    const { id, ...how } = await prepare();
    const pending = pendingRecord(parts, request, id, how);
    // Counted once more, one after the other: of many that begin at the same time each would still find room.
    await parts.store.lock(recordKey('room', request.startedBy), async () => {
      await requireRoom(parts, request);
      await replace(parts, pending);
    });
    const { host, url, expiresAtMs } = pending;
    return { kind: 'link', id, url, host, expiresAtMs };
  } catch (error) {
    const facts = { server: request.server.name, subject: request.subject, ...causeOf(error) };
    parts.log.warn(facts, 'a sign-in could not begin');
    const failed = { kind: 'failed', failure: failureOf(error) } as const;
    await noteFailure(
      parts.at,
      { subject: request.subject, server: request.server.name },
      failed,
      parts.now(),
    ).catch((storeError: unknown) => parts.log.warn({ error: storeError }, 'a failed sign-in was not noted'));
    return failed;
  }
}

/** A browser went to the provider with this client and never came back: the page there may have said that nobody knows it. */
async function doubtUnreturned(parts: SignInParts, request: BeginRequest, where: Where): Promise<void> {
  const { createRegistrations } = await import('./registrations.js');
  for (const id of await idsOf(parts.at, request.subject, request.server.name)) {
    const older = await parts.transitions.read(id);
    if (older?.kind !== 'pending' || older.record.way.kind !== 'oauth') continue;
    const pressed = await parts.at.browser.keys(recordKey(id));
    if (pressed.length > 0) await createRegistrations(parts).doubt(where, older.record.way.flow.client);
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

async function oauthFlow(parts: SignInParts, request: BeginRequest, server: HttpServer): Promise<OAuthFlow> {
  // Loaded here: the SDK is needed by who signs in, not by who starts.
  const { requestAuthorization } = await import('./flow-provider.js');
  const { createRegistrations } = await import('./registrations.js');
  const redirectUri = server.oauth.redirectUri ?? `${parts.publicUrl}/oauth/callback`;
  const discovery = await parts.discoveries.get(server);
  const wanted = await scopeFor(parts, request, server, discovery);
  const scope = wanted === undefined ? {} : { scope: wanted };
  await doubtUnreturned(parts, request, { server, discovery, redirectUri });
  const client = await createRegistrations(parts).get({ server, discovery, redirectUri, ...scope });
  const state = parts.random.token();
  const authorization = await requestAuthorization({
    server,
    discovery,
    client,
    redirectUri,
    state,
    ...scope,
  });
  return { serverUrl: server.url, state, discovery, client, redirectUri, ...scope, ...authorization };
}

export function begin(parts: SignInParts, request: BeginRequest): Promise<BeginOutcome> {
  return start(parts, request, async () => {
    const { server } = request;
    if (server.kind === 'stdio') throw new AuthError('internal', 'a stdio server has no sign-in');
    const flow = await oauthFlow(parts, request, server);
    const { host } = new URL(flow.authorizationUrl);
    return { id: fingerprint(flow.state), host, way: { kind: 'oauth', flow } };
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
