import { failureOf, GuardedFetchError } from '../errors.js';

/** What is known of a request that failed. */
export interface RequestFacts {
  readonly host: string;
  /** The caller's own signal. */
  readonly signal: AbortSignal | null | undefined;
  /** Nothing of it had left yet. */
  readonly unsent?: boolean;
}

/** Whatever was thrown, as our error with the host; the caller's own abort stays what it is. */
export function asGuardedError(error: unknown, { host, signal, unsent = false }: RequestFacts): unknown {
  if (signal?.aborted === true || error instanceof GuardedFetchError) return error;
  const failure = failureOf(error);
  const code = failure.code === 'internal' ? 'unreachable' : failure.code;
  return new GuardedFetchError(code, failure.host ?? host, failure.detail, { cause: error, unsent });
}

export const timedOut = (host: string, timeoutMs: number): GuardedFetchError =>
  new GuardedFetchError('timeout', host, `${host} did not answer within ${timeoutMs} ms`);
