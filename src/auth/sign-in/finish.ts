import { unlessUnreadable } from '../../storage/sealing/unreadable.js';
import { recordKey } from '../../storage/types.js';
import { createRegistrations } from '../clients/registrations.js';
import { createPinnedIssuers } from '../discovery/pinned-issuers.js';
import { cleanDetail, failureOf } from '../errors.js';
import { namingProvider } from '../naming-provider.js';
import { sectionOfError, shownError } from '../refusal-codes.js';
import type { AuthFailure, HttpServer } from '../types.js';
import { afterwards } from './afterwards.js';
import { fingerprint } from './browser-binding.js';
import { exchangeCode, isFromIssuer } from './code-exchange.js';
import { about, failed, type SignInParts } from './deps.js';
import { quarantine } from './quarantine.js';
import { noteFailure, type OAuthFlow, type PendingRecord, type SignInFacts } from './records.js';
import { endFailed, endTaken, isOver, serverOf, settle } from './settle.js';
import { isExpired, stateOf } from './state.js';
import type { CallbackParameters, ReturnOutcome } from './types.js';

type Taken = { readonly pending: PendingRecord; readonly flow: OAuthFlow };

/** RFC 6749 §4.1.2: an answer is a code or an error, not both and not neither. */
function isAnswer({ code, error }: CallbackParameters): boolean {
  return (code === undefined) !== (error === undefined) && code !== '' && error !== '';
}

/** RFC 6749 §4.1.2.1. The provider's own words are logged, cut and escaped, and shown to nobody (threat 5). */
async function endRefused(
  parts: SignInParts,
  { pending: { facts }, flow }: Taken,
  { error = '', errorDescription = '' }: CallbackParameters,
): Promise<ReturnOutcome> {
  const failure = authorizationFailure(error, flow.discovery.metadata.issuer);
  const declined = error === 'access_denied';
  // Whoever declines does what the page offers: nothing for an operator to look at.
  parts.log[declined ? 'info' : 'warn'](
    { ...about(facts), failure, description: cleanDetail(errorDescription) },
    'the provider answered a sign-in with an error',
  );
  if (!declined) await forgetting(parts, flow, facts, failure.error);
  const state = await endTaken(parts, facts, () =>
    declined ? { kind: 'declined', failure } : { kind: 'failed', failure },
  );
  return { kind: 'ended', state };
}

function authorizationFailure(error: string, issuer: string): AuthFailure {
  const code = shownError(error);
  const { host } = new URL(issuer);
  const detail = `the provider answered ${code ?? 'an unreadable error'}`;
  const rfc = sectionOfError(code ?? '', 'authorization');
  return { code: 'provider-refused', detail, host, rfc, ...(code === undefined ? {} : { error: code }) };
}

/** The provider knows another client, or none: RFC 6749 §4.1.2.1 and §5.2. */
const OF_THE_CLIENT = new Set(['invalid_client', 'unauthorized_client', 'invalid_client_metadata']);

/** What did not fit is looked up anew by the next sign-in; the client, and what was asked for, only where that was refused. */
async function forget(
  parts: SignInParts,
  flow: OAuthFlow,
  { subject, server: name }: SignInFacts,
  error: string | undefined,
): Promise<void> {
  await parts.discoveries.drop(name);
  if (error === 'invalid_scope') await parts.challenges.forget({ subject, server: name });
  const server = parts.serverByName(name);
  if (server === undefined || server.kind === 'stdio' || !OF_THE_CLIENT.has(error ?? '')) return;
  const { discovery, redirectUri } = flow;
  await createRegistrations(parts).refused({ server, discovery, redirectUri }, flow.client);
}

async function redeem(
  parts: SignInParts,
  { pending, flow }: Taken,
  server: HttpServer,
  { code = '', iss }: CallbackParameters,
) {
  const { discovery, redirectUri, client } = flow;
  const sign = parts.clientKeys.signFor(server);
  try {
    // Meanwhile another sign-in may have shown whose a configured client is.
    await createPinnedIssuers(parts.store).check(server, client, discovery.metadata.issuer);
    const got = await exchangeCode(flow, code, iss, {
      fetchFn: parts.fetchFor(server),
      now: parts.now,
      sign,
    });
    const accepted = createRegistrations(parts).accepted({ server, discovery, redirectUri }, client);
    await accepted.catch((error: unknown) => parts.log.warn({ error }, 'that a client works was not noted'));
    return got;
  } catch (error) {
    await forgetting(parts, flow, pending.facts, failureOf(error).error);
    throw namingProvider(error, discovery.metadata.issuer, client);
  }
}

/** The same, where it must not stand in the way of the outcome. */
async function forgetting(...args: Parameters<typeof forget>): Promise<void> {
  const [parts] = args;
  await forget(...args).catch((storeError: unknown) =>
    parts.log.warn({ failure: failureOf(storeError) }, 'what is out of date could not be dropped'),
  );
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
  if (parameters.error !== undefined) return endRefused(parts, taken, parameters);
  const server = serverOf(parts, facts, flow.serverUrl);
  if (isOver(server) || server.kind === 'stdio') {
    const result = isOver(server) ? server : failed('internal', 'a stdio server has no sign-in');
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
    const { facts } = signIn.record;
    const result = failed(
      'issuer-mismatch',
      'the callback named another issuer, or none where one was promised',
    );
    const failure = { ...result.failure, rfc: 'RFC 9207 §2.4' };
    parts.log.warn(
      { ...about(facts), failure },
      'a callback named another issuer than the one that was asked',
    );
    // The sign-in stays open, as the right answer may still come: but whoever looks for the reason finds it.
    await noteFailure(parts.at, facts, { kind: 'failed', failure }, parts.now());
    await parts.discoveries.drop(facts.server);
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
