import { AuthError } from '../errors.js';

/** What a token endpoint's answer may hold that we use. */
type TokenFields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is TokenFields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function seconds(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : undefined;
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/**
 * RFC 6749 appendix A.12. Anything else is refused by whatever makes a header of it, with an error that quotes it.
 * @throws {AuthError}
 */
export function requireSendable(accessToken: string, host?: string): void {
  if (/^[\x20-\x7e]+$/.test(accessToken)) return;
  const why = 'the access token is empty or has characters that no request can carry';
  throw new AuthError('http-error', why, host, { rfc: 'RFC 6749 §5.1' });
}

/** A lifetime that no clock can hold, or that is none, is unknown: assume nothing, react to 401. */
export function expiry(askedAtMs: number, lifetimeSeconds: number | undefined): { expiresAtMs?: number } {
  const expiresAtMs = askedAtMs + (lifetimeSeconds ?? Number.NaN) * 1000;
  return Number.isFinite(expiresAtMs) && Math.abs(expiresAtMs) <= LATEST_MS ? { expiresAtMs } : {};
}

/** ECMA-262 §21.4.1.1: the last moment that a date can be. */
export const LATEST_MS = 8.64e15;

/** Left out where it is not what RFC 6749 §5.1 says; an id_token is not asked for, so it is not judged. */
function usableFields(answer: TokenFields): TokenFields {
  const fields = {
    access_token: answer.access_token,
    token_type: 'Bearer',
    expires_in: seconds(answer.expires_in),
    refresh_token: text(answer.refresh_token),
    scope: text(answer.scope),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

async function parsed(response: Response): Promise<unknown> {
  try {
    return await response.clone().json();
  } catch {
    return undefined;
  }
}

/**
 * A refresh that was answered has been spent: the provider may have rotated the refresh token. So an answer with an
 * access token is never thrown away over a missing `token_type`, an odd `expires_in` or an id_token that does not
 * verify; and an error is an error whether it comes as 400, as 401 with a challenge, or (GitHub) as 200.
 * @throws {AuthError} where the access token cannot be one
 */
export async function conforming(response: Response): Promise<Response> {
  const answer = await parsed(response);
  if (!isObject(answer)) return response;
  const headers = { 'content-type': 'application/json' };
  if (response.status === 200 && typeof answer.access_token === 'string') {
    requireSendable(answer.access_token);
    return new Response(JSON.stringify(usableFields(answer)), { status: 200, headers });
  }
  if (typeof answer.error !== 'string' || response.status >= 500 || response.status === 429) return response;
  return new Response(JSON.stringify(answer), { status: 400, headers });
}
