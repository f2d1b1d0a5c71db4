import { AuthError, failureOf } from './errors.js';
import type { AuthFailureCode, ClientRegistration } from './types.js';

/** Ours, whoever was asked. */
const NOT_THEIRS: ReadonlySet<AuthFailureCode> = new Set(['internal', 'store-unavailable']);

/**
 * A refusal in the answer of a token endpoint does not say whose it is; whoever reads of it is to know. Where it refuses the
 * `client` and that is the config's, no other one comes in its place: trying again would end the same.
 */
export function namingProvider(error: unknown, issuer: string, client?: ClientRegistration): unknown {
  const { code, detail, host, error: refusal, rfc } = failureOf(error);
  if (NOT_THEIRS.has(code) || host !== undefined || !URL.canParse(issuer)) return error;
  const ours = refusal === 'invalid_client' && client?.kind === 'pre-registered';
  const standard = { error: refusal, ...(rfc === undefined ? {} : { rfc }) };
  return new AuthError(ours ? 'client-refused' : code, detail, new URL(issuer).host, {
    cause: error,
    ...standard,
  });
}
