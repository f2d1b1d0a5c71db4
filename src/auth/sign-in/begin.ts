import { recordKey } from '../../storage/types.js';
import { AuthError, failureOf } from '../errors.js';
import { askedKeys } from './api-keys.js';
import { about, causeOf, type SignInParts } from './deps.js';
import { newSignInNames } from './link.js';
import { type Prepared, prepareOAuth } from './prepare.js';
import { addPending, idsOf, idsStartedBy, noteFailure, type PendingRecord } from './records.js';
import { isExpired } from './state.js';
import type { BeginOutcome, BeginRequest } from './types.js';
import { takesPaste } from './way.js';

/** Sign-ins that one person may have open at a time (threat 20): one each for more servers than anyone has. */
const MAX_OPEN = 50;

async function requireRoom(parts: SignInParts, { startedBy }: BeginRequest): Promise<void> {
  if ((await idsStartedBy(parts.at, startedBy)).length < MAX_OPEN) return;
  throw new AuthError(
    'too-many-pending',
    'too many sign-ins are open; cancel them or wait until they expire',
  );
}

function urlOf(parts: SignInParts, { link, way }: Prepared): string {
  switch (way.kind) {
    case 'oauth':
      // Where no page of ours can be opened, the link leads straight to the provider.
      return way.paste === true ? way.flow.authorizationUrl : `${parts.publicUrl}/connect/${link}`;
    case 'device':
      return way.flow.page;
    case 'key-form':
      return `${parts.publicUrl}/key/${link}`;
  }
}

function pendingRecord(parts: SignInParts, request: BeginRequest, prepared: Prepared): PendingRecord {
  const { server, subject, startedBy, account, origin, confirmAlways } = request;
  const { id, way, host, lifeMs = Number.POSITIVE_INFINITY } = prepared;
  const own = server.kind === 'stdio' ? undefined : server.oauth.timeoutMs;
  const lifetimeMs = Math.min(own ?? parts.signInLifetimeMs, lifeMs);
  return {
    facts: {
      ...{ id, server: server.name, subject, startedBy, account, origin, method: way.kind },
      begunAtMs: parts.now(),
    },
    expiresAtMs: parts.now() + lifetimeMs,
    lifetimeMs,
    confirmAlways,
    url: urlOf(parts, prepared),
    host,
    way,
  };
}

/** The newest sign-in of a subject for a server is the one that counts; one that is being finished is left to finish. */
async function replace(parts: SignInParts, pending: PendingRecord, shared: boolean): Promise<void> {
  const { subject, server, startedBy, account } = pending.facts;
  await parts.store.lock(recordKey('open', subject, server), async () => {
    for (const id of await idsOf(parts.at, subject, server)) {
      await parts.transitions.end(id, (older) => {
        if (older.kind === 'finishing') return undefined;
        // Said to be so already, though no sweeper has been there yet.
        if (isExpired(older, parts.now())) return { kind: 'expired', lifetimeMs: older.record.lifetimeMs };
        const anothers = shared && older.record.facts.startedBy !== startedBy;
        return { kind: 'replaced', ...(anothers ? { by: account.name } : {}) };
      });
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
      await replace(parts, pending, request.server.credentials === 'shared');
    });
    await awaitReturn(parts, pending);
    const { host, url, expiresAtMs, facts } = pending;
    const { id } = facts;
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

export function begin(parts: SignInParts, request: BeginRequest): Promise<BeginOutcome> {
  return start(parts, request, async () => {
    const { server } = request;
    if (server.kind === 'stdio') throw new AuthError('internal', 'a stdio server has no sign-in');
    return prepareOAuth(parts, server, request);
  });
}

/** The key goes to the gateway's own page, so that it is never a message in a chat. */
export function beginKeyForm(parts: SignInParts, request: BeginRequest): Promise<BeginOutcome> {
  return start(parts, request, async () => {
    const fields = askedKeys(request.server);
    if (fields.length === 0) throw new AuthError('internal', 'the server has no key to ask for');
    const { host } = new URL(request.server.kind === 'stdio' ? parts.publicUrl : request.server.url);
    const { id, link } = newSignInNames(parts.random);
    return { id, link, host, way: { kind: 'key-form', fields } };
  });
}
