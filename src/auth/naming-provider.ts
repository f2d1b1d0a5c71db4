import { AuthError, failureOf } from './errors.js';
import type { AuthFailureCode } from './types.js';

/** Ours, whoever was asked. */
const NOT_THEIRS: ReadonlySet<AuthFailureCode> = new Set(['internal', 'store-unavailable']);

/** A refusal in the answer of a token endpoint does not say whose it is; whoever reads of it is to know. */
export function namingProvider(error: unknown, issuer: string): unknown {
  const { code, detail, host, error: refusal, rfc } = failureOf(error);
  if (NOT_THEIRS.has(code) || host !== undefined || !URL.canParse(issuer)) return error;
  const standard = { error: refusal, ...(rfc === undefined ? {} : { rfc }) };
  return new AuthError(code, detail, new URL(issuer).host, { cause: error, ...standard });
}
