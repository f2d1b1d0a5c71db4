import { cleanDetail, failureOf } from '../auth/errors.js';
import { withoutEchoes } from '../auth/requests/echoes.js';
import type { AuthFailure } from '../auth/types.js';
import type { ProbeResult } from './types.js';

export type Refusal = Exclude<ProbeResult, { kind: 'ready' }>;

/** Thrown through the SDK when there is no token that works: what the person is to be told stands in it. */
export class AccessError extends Error {
  override readonly name = 'AccessError';
  /** @param retryAfterMs when it may be tried again, where that is known */
  constructor(
    readonly result: Refusal,
    readonly retryAfterMs?: number,
  ) {
    super(`no access: ${result.kind}`);
  }
}

const REFUSES_THIS: AuthFailure = {
  code: 'credential-refused',
  detail: 'the server takes the token, and refuses this request with it',
  rfc: 'RFC 6750 §3.1',
};

/**
 * The server takes this token, and answers 401 to this request all the same: another token, or another sign-in, would be
 * refused as well, and nothing is wrong with the person's access to the rest.
 */
export class RequestRefusedError extends AccessError {
  readonly failure = REFUSES_THIS;
  constructor() {
    super({ kind: 'unreachable', failure: REFUSES_THIS });
  }
}

/** With what the session was opened, when it was refused. */
export interface Sent {
  /** The server's `${NAME}` keys went along. */
  readonly keys: boolean;
  /** A bearer token of this person exists. */
  readonly token: boolean;
  /** Keys, and the last token: for nobody to see, whatever a server repeats. */
  secrets(): readonly string[];
}

/** `failureOf`, without what the server repeats of what it was sent: people are told it, and it is logged. */
export function failureWithout(error: unknown, { secrets }: Pick<Sent, 'secrets'>): AuthFailure {
  const failure = failureOf(error);
  return { ...failure, detail: withoutEchoes(failure.detail, secrets()) };
}

const MOST_SCOPES = 20;

/** The error and its causes, outermost first. */
export function chainOf(error: unknown): readonly Error[] {
  const chain: Error[] = [];
  for (let next = error; next instanceof Error && chain.length < 8; next = next.cause) chain.push(next);
  return chain;
}

/** What stood in the way of a token that works, or of an answer, and what is to be told of it. */
export const accessErrorIn = (error: unknown): AccessError | undefined =>
  chainOf(error).find((link) => link instanceof AccessError);

/** The HTTP status that the server refused with, wherever the SDK put it. */
export function statusOf(error: unknown): number | undefined {
  for (const link of chainOf(error)) {
    if ('status' in link && typeof link.status === 'number') return link.status;
    if (link.name === 'UnauthorizedError') return 401;
  }
  return undefined;
}

/** The scopes that a 403 `insufficient_scope` asks for (RFC 6750 §3.1): the server's words, cut. */
function missingScopes(error: unknown): readonly string[] | undefined {
  const link = chainOf(error).find(({ name }) => name === 'InsufficientScopeError');
  if (link === undefined) return undefined;
  const scopes = 'requiredScope' in link && typeof link.requiredScope === 'string' ? link.requiredScope : '';
  return cleanDetail(scopes).split(' ').filter(Boolean).slice(0, MOST_SCOPES);
}

/** What a failed session means for the person: a sign-in, a key, more access, or nothing that they can do. */
export function refusalOf(error: unknown, sent: Sent): Refusal {
  const access = accessErrorIn(error);
  if (access !== undefined) return access.result;
  const scopes = missingScopes(error);
  if (scopes !== undefined) return { kind: 'needs-scope', scopes };
  const status = statusOf(error);
  if (sent.keys && (status === 401 || status === 403)) return { kind: 'needs-key', reason: 'refused' };
  if (status === 401) return { kind: 'needs-sign-in', reason: sent.token ? 'refused' : 'never' };
  return { kind: 'unreachable', failure: failureWithout(error, sent) };
}
