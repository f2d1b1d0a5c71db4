import { recordKey } from '../storage/types.js';
import { unlessUnreadable } from '../storage/unreadable.js';
import { fingerprint } from './browser-binding.js';
import { exchangeCode, isFromIssuer } from './code-exchange.js';
import { cleanDetail, failureOf } from './errors.js';
import { quarantine } from './quarantine.js';
import { createRegistrations } from './registrations.js';
import { afterwards } from './sign-in-afterwards.js';
import { about, failed, type SignInParts } from './sign-in-deps.js';
import type { OAuthFlow, PendingRecord } from './sign-in-records.js';
import { endFailed, endTaken, serverOf, settle } from './sign-in-settle.js';
import { isExpired, stateOf } from './sign-in-state.js';
import type { CallbackParameters, ReturnOutcome } from './sign-in-types.js';
import type { HttpServer } from './types.js';

type Taken = { readonly pending: PendingRecord; readonly flow: OAuthFlow };

/** RFC 6749 §4.1.2: an answer is a code or an error, not both and not neither. */
function isAnswer({ code, error }: CallbackParameters): boolean {
  return (code === undefined) !== (error === undefined) && code !== '' && error !== '';
}

/** RFC 6749 §4.1.2.1. The provider's own words are logged, cut and escaped, and shown to nobody (threat 5). */
async function endRefused(
  parts: SignInParts,
  { facts }: PendingRecord,
  { error = '', errorDescription = '' }: CallbackParameters,
): Promise<ReturnOutcome> {
  const code = /^[\w.-]{1,64}$/.test(error) ? error : 'an unreadable error';
  const declined = error === 'access_denied';
  // Whoever declines does what the page offers: nothing for an operator to look at.
  parts.log[declined ? 'info' : 'warn'](
    { ...about(facts), providerError: code, description: cleanDetail(errorDescription) },
    'the provider answered a sign-in with an error',
  );
  const state = await endTaken(parts, facts, () =>
    declined ? { kind: 'declined' } : failed('provider-refused', `the provider answered ${code}`),
  );
  return { kind: 'ended', state };
}

/** What did not fit is looked up anew by the next sign-in; the client only where the provider no longer knows it. */
async function forget(
  parts: SignInParts,
  { flow }: Taken,
  server: HttpServer,
  error: unknown,
): Promise<void> {
  await parts.discoveries.drop(server.name);
  const unknownClient = failureOf(error).detail.startsWith('invalid_client');
  if (!unknownClient || flow.client.kind !== 'dynamic') return;
  const { discovery, redirectUri } = flow;
  await createRegistrations(parts).drop({ server, discovery, redirectUri });
}

async function redeem(
  parts: SignInParts,
  taken: Taken,
  server: HttpServer,
  { code = '', iss }: CallbackParameters,
) {
  try {
    return await exchangeCode(taken.flow, code, iss, parts.fetchFor(server), parts.now);
  } catch (error) {
    await forget(parts, taken, server, error).catch((storeError: unknown) =>
      parts.log.warn({ failure: failureOf(storeError) }, 'a stale discovery could not be dropped'),
    );
    throw error;
  }
}

/** Did the button of the connect page send this browser (threat 1)? */
async function isKnownBrowser(parts: SignInParts, id: string, browser: string | undefined): Promise<boolean> {
  if (browser === undefined || browser === '') return false;
  return (await unlessUnreadable(parts.at.browser.get(recordKey(id, fingerprint(browser))))) === true;
}

async function finishTaken(
  parts: SignInParts,
  taken: Taken,
  parameters: CallbackParameters,
  trusted: boolean,
): Promise<ReturnOutcome> {
  const { pending, flow } = taken;
  const { facts } = pending;
  if (parameters.error !== undefined) return endRefused(parts, pending, parameters);
  const server = serverOf(parts, facts, flow.serverUrl);
  if (server.kind === 'failed' || server.kind === 'stdio') {
    const result = server.kind === 'failed' ? server : failed('internal', 'a stdio server has no sign-in');
    return { kind: 'ended', state: await endTaken(parts, facts, () => result) };
  }
  const credential = await redeem(parts, taken, server, parameters);
  const aside = { kind: 'oauth' as const, serverUrl: flow.serverUrl, credential };
  if (!trusted) return quarantine(parts, facts, aside);
  return { kind: 'ended', state: await settle(parts, facts, aside) };
}

/** Who brought the answer: a browser, with its cookie if it has one, or who started, from their own chat. */
export type Bearer =
  | { readonly kind: 'browser'; readonly cookie: string | undefined }
  | { readonly kind: 'chat' };

async function isTrusted(parts: SignInParts, pending: PendingRecord, bearer: Bearer): Promise<boolean> {
  if (bearer.kind === 'chat') return true;
  return !pending.confirmAlways && (await isKnownBrowser(parts, pending.facts.id, bearer.cookie));
}

/**
 * The callback. Nothing is changed before `state`, expiry and `iss` have been looked at; then one of all callers takes
 * the sign-in, and only that one redeems the code.
 * @throws {StoreError} while nothing has been taken yet: the sign-in stays as it was
 */
export async function finish(
  parts: SignInParts,
  parameters: CallbackParameters,
  bearer: Bearer,
): Promise<ReturnOutcome> {
  const { state, iss } = parameters;
  if (state === undefined || state === '' || !isAnswer(parameters)) return { kind: 'bad-request' };
  const id = fingerprint(state);
  const signIn = await parts.transitions.read(id);
  if (signIn === undefined) return { kind: 'bad-request' };
  if (signIn.kind !== 'pending' || isExpired(signIn, parts.now())) return afterwards(parts, signIn);
  const { way } = signIn.record;
  if (way.kind !== 'oauth') return { kind: 'bad-request' };
  if (!isFromIssuer(way.flow, iss)) {
    parts.log.warn(about(signIn.record.facts), 'a callback named another issuer than the one that was asked');
    await parts.discoveries.drop(signIn.record.facts.server);
    return { kind: 'bad-request' };
  }
  const trusted = await isTrusted(parts, signIn.record, bearer);
  const pending = await parts.transitions.takePending(id);
  if (pending === undefined) {
    return { kind: 'used', state: stateOf(await parts.transitions.read(id), parts.now()) };
  }
  const taken = { pending, flow: way.flow };
  return parts.transitions.whileFinishing(id, async () => {
    try {
      return await finishTaken(parts, taken, parameters, trusted);
    } catch (error) {
      return { kind: 'ended', state: await endFailed(parts, pending.facts, error) };
    }
  });
}
