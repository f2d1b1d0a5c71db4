import { cleanDetail, failureOf, GuardedFetchError } from '../auth/errors.js';
import { withoutEchoes } from '../auth/requests/echoes.js';
import type { AuthFailure } from '../auth/types.js';
import type { SentSecrets } from './entries.js';
import {
  type AccessError,
  accessErrorIn,
  chainOf,
  failureWithout,
  type Refusal,
  RequestRefusedError,
  refusalOf,
  type Sent,
  statusOf,
} from './refusals.js';
import { STREAM_ENDED } from './requests-under-way.js';
import type { SessionFailure } from './session-types.js';
import type { ProbeResult } from './types.js';

/** What a call that failed means. */
export type Verdict =
  /**
   * Nothing was carried out, and a new session may do better: the server does not know this one, or never saw the request.
   */
  | { readonly kind: 'again'; readonly refusal: Refusal }
  /** Something about the person's access, or about reaching the server: `/mcp` should know it. */
  | { readonly kind: 'access'; readonly refusal: Refusal; readonly retryAfterMs?: number }
  /** Something about this call alone. `lost`: the session is gone with it. */
  | { readonly kind: 'call'; readonly failure: SessionFailure; readonly lost?: true };

const codeOf = (error: Error): unknown => ('code' in error ? error.code : undefined);

/**
 * MCP, "Session Management": 404 to a session that is no more. Many servers answer 400 instead, and say that they know no
 * such session, or that nobody has initialized them.
 */
function isUnknownSession(error: unknown, status: number | undefined): boolean {
  if (status === 404) return true;
  return status === 400 && error instanceof Error && /\bsession\b|not initialized/i.test(error.message);
}

/** The request never left: no connection was made, or the session had ended before it. */
function isUnsent(chain: readonly Error[]): boolean {
  return chain.some((link) => {
    if (link instanceof GuardedFetchError) return link.unsent && link.code === 'unreachable';
    return codeOf(link) === 'NOT_CONNECTED' || link.message === 'Not connected';
  });
}

/** JSON-RPC 2.0 §5.1: the server's own answer to the request. */
function refusedBy(chain: readonly Error[], secrets: readonly string[]): SessionFailure | undefined {
  const answer = chain.find(({ name }) => name === 'ProtocolError' || name === 'UrlElicitationRequiredError');
  if (answer === undefined) return undefined;
  const code = codeOf(answer);
  return {
    kind: 'refused',
    code: typeof code === 'number' ? code : -32603,
    message: cleanDetail(withoutEchoes(answer.message.replace(/^MCP error -?\d+: /, ''), secrets)),
  };
}

const unavailable = (failure: AuthFailure): SessionFailure => ({ kind: 'unavailable', failure });

const LOST: AuthFailure = { code: 'unreachable', detail: 'the connection was lost before the answer came' };

function isLost(chain: readonly Error[]): boolean {
  return chain.some(
    (link) => codeOf(link) === 'CONNECTION_CLOSED' || ('data' in link && link.data === STREAM_ENDED),
  );
}

/** What may have been carried out although there is no answer: all but a refusal. */
function uncertain(failure: AuthFailure, status: number | undefined): SessionFailure {
  const refused = status !== undefined && status >= 400 && status < 500;
  return { kind: 'unavailable', failure, ...(refused ? {} : { uncertain: true }) };
}

const REFUSED = new Set([401, 403]);

function verdictOnAccess(access: AccessError): Verdict {
  if (access instanceof RequestRefusedError) return { kind: 'call', failure: unavailable(access.failure) };
  const { result: refusal, retryAfterMs } = access;
  return { kind: 'access', refusal, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** Opening a session carries out nothing. */
export function verdictOnOpening(error: unknown, sent: Sent): Verdict {
  const failure = failureOf(error);
  if (failure.code === 'store-unavailable') return { kind: 'call', failure: unavailable(failure) };
  const access = accessErrorIn(error);
  return access === undefined ? { kind: 'access', refusal: refusalOf(error, sent) } : verdictOnAccess(access);
}

export function verdictOn(error: unknown, sent: SentSecrets): Verdict {
  const chain = chainOf(error);
  const access = accessErrorIn(error);
  const status = statusOf(error);
  if (access !== undefined) return verdictOnAccess(access);
  const failed = failureWithout(error, sent);
  // Our own storage, before anything was sent.
  if (failed.code === 'store-unavailable') return { kind: 'call', failure: unavailable(failed) };
  if (isLost(chain)) {
    const failure: SessionFailure = { kind: 'unavailable', failure: LOST, uncertain: true };
    return { kind: 'call', failure, lost: true };
  }
  const answered = refusedBy(chain, sent.secrets());
  if (answered !== undefined) return { kind: 'call', failure: answered };
  if (isUnsent(chain) || isUnknownSession(error, status)) {
    return { kind: 'again', refusal: { kind: 'unreachable', failure: failed } };
  }
  const refusal = refusalOf(error, sent);
  const asksForAccess = refusal.kind !== 'unreachable';
  if (asksForAccess || (status !== undefined && REFUSED.has(status))) return { kind: 'access', refusal };
  return { kind: 'call', failure: uncertain(failed, status) };
}

/** What is missing, for whoever asked. `retryAfterMs`: when it may be tried again. */
export function failureToTell(result: ProbeResult, retryAfterMs: number | undefined): SessionFailure {
  switch (result.kind) {
    case 'needs-sign-in':
      return { kind: 'needs_reauth', reason: result.reason };
    case 'needs-key':
      return { kind: 'needs_reauth', reason: result.reason === 'missing' ? 'key_missing' : 'key_refused' };
    case 'needs-scope':
      if (result.exhausted === true) return { kind: 'missing_access', scopes: result.scopes };
      return { kind: 'needs_reauth', reason: 'scope', scopes: result.scopes };
    case 'unreachable':
      return {
        kind: 'unavailable',
        failure: result.failure,
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      };
    case 'ready':
      return { kind: 'unavailable', failure: { code: 'internal', detail: 'there was no refusal' } };
  }
}
