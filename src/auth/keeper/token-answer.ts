import { AuthError } from '../errors.js';
import { isNotNow } from '../requests/not-now.js';

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
export function requireSendable(accessToken: string): void {
  if (/^[\x20-\x7e]+$/.test(accessToken)) return;
  const why = 'the access token is empty or has characters that no request can carry';
  throw new AuthError('http-error', why, undefined, { rfc: 'RFC 6749 §5.1' });
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

/** Undefined: no JSON object. @throws where the body breaks off: that says nothing about what is in it */
async function parsed(response: Response): Promise<TokenFields | undefined> {
  const body = await response.clone().text();
  try {
    const answer: unknown = JSON.parse(body);
    return isObject(answer) ? answer : undefined;
  } catch {
    return undefined;
  }
}

const answered = (status: number, answer: TokenFields): Response =>
  new Response(JSON.stringify(answer), { status, headers: { 'content-type': 'application/json' } });

/** RFC 6749 §5.1 says what a success looks like, §5.2 what an error does. */
function unreadable(response: Response): AuthError {
  const [what, rfc] = response.ok
    ? ['the answer holds no access token', 'RFC 6749 §5.1']
    : ['the answer holds no error code', 'RFC 6749 §5.2'];
  return new AuthError('http-error', `${what} (HTTP ${response.status})`, undefined, { rfc });
}

/**
 * A token endpoint's answer as libraries understand it, to a code as to a refresh. What was answered has been spent: the
 * code, or the refresh token that the provider may have rotated. So an answer with an access token is never thrown away
 * over a missing `token_type`, an odd `expires_in` or an id_token that does not verify; and an error is an error whether
 * it comes as 400, as 401 with a challenge, or (GitHub) as 200.
 * @throws {AuthError} where the access token cannot be one, or the answer is none of a token endpoint
 */
export async function conforming(response: Response): Promise<Response> {
  if (isNotNow(response.status) || (response.status >= 300 && response.status < 400)) return response;
  const answer = await parsed(response);
  if (response.ok && typeof answer?.access_token === 'string') {
    requireSendable(answer.access_token);
    return answered(200, usableFields(answer));
  }
  const error = text(answer?.error);
  if (error === undefined) throw unreadable(response);
  const description = text(answer?.error_description);
  return answered(400, { error, ...(description === undefined ? {} : { error_description: description }) });
}
