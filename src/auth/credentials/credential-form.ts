import { requireSecure } from '../discovery/metadata-checks.js';
import { LATEST_MS, requireSendable } from '../keeper/token-answer.js';
import type { OAuthCredential } from '../types.js';

/** A sign-in as it travels between programs: the JSON that common agents keep, in the words of RFC 6749 §5.1 and RFC 7591 §3.2.1. */
export interface CredentialForm {
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** `at-first-use`: it said how long it lives and not since when. Absent: it did not say. */
  readonly expires?: number | 'at-first-use';
  readonly scope?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly tokenEndpointAuthMethod?: string;
  readonly issuer?: string;
  readonly tokenEndpoint?: string;
  readonly revocationEndpoint?: string;
  readonly resource?: string;
}

/** `why` says what is wrong with the field, never what it holds: it may be a secret in the wrong place. */
export type FormTrouble = { readonly kind: 'malformed'; readonly field?: string; readonly why: string };

class FieldError extends Error {
  constructor(
    readonly field: string,
    readonly why: string,
  ) {
    super(why);
  }
}

type Fields = Readonly<Record<string, unknown>>;

const LONGEST_TEXT = 16_384;
/** As seconds this is the year 5138, as milliseconds 1973: what lies between two readings of one number. */
const FIRST_MILLISECONDS = 1e11;

/** Many programs write `null` for what they do not have. */
const given = (fields: Fields, field: string): unknown =>
  Object.hasOwn(fields, field) && fields[field] !== null && fields[field] !== '' ? fields[field] : undefined;

function text(fields: Fields, field: string): string | undefined {
  const value = given(fields, field);
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw new FieldError(field, 'it must be a text');
  if (value.length > LONGEST_TEXT)
    throw new FieldError(field, `it is longer than ${LONGEST_TEXT} characters`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
  if (/[\u0000-\u001f\u007f]/.test(value))
    throw new FieldError(field, 'it has line breaks or control characters');
  return value;
}

function address(fields: Fields, field: string): string | undefined {
  const value = text(fields, field);
  try {
    requireSecure(field, value);
  } catch {
    throw new FieldError(field, 'it must be a plain https address (http only on this machine)');
  }
  return value;
}

function number(fields: Fields, field: string): number | undefined {
  const value = given(fields, field);
  if (value === undefined) return undefined;
  const found = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof found !== 'number' || !Number.isFinite(found) || found < 0)
    throw new FieldError(field, 'it must be a number of seconds');
  return found;
}

/** Seconds or milliseconds since 1970, told apart by their size, or a date as ISO 8601 writes it. */
function moment(fields: Fields, field: string): number | undefined {
  const value = given(fields, field);
  if (value === undefined) return undefined;
  const isDate = typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value);
  const count = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  const ms = isDate ? Date.parse(value) : typeof count === 'number' ? inMilliseconds(count) : Number.NaN;
  if (!(ms >= 0 && ms <= LATEST_MS))
    throw new FieldError(
      field,
      'it must be seconds or milliseconds since 1970, or a date like 2026-11-27T10:00:00Z',
    );
  return Math.round(ms);
}

const inMilliseconds = (count: number): number => (count < FIRST_MILLISECONDS ? count * 1000 : count);

/** A lifetime without its beginning says nothing of its end. */
function expiryOf(fields: Fields): { expires?: number | 'at-first-use' } {
  const expiresAtMs = moment(fields, 'expires_at');
  const obtainedAtMs = moment(fields, 'obtained_at');
  const lifetimeSeconds = number(fields, 'expires_in');
  if (expiresAtMs !== undefined) return { expires: expiresAtMs };
  if (lifetimeSeconds === undefined) return {};
  if (obtainedAtMs === undefined) return { expires: 'at-first-use' };
  return { expires: Math.min(obtainedAtMs + lifetimeSeconds * 1000, LATEST_MS) };
}

function accessTokenOf(fields: Fields): string {
  const value = text(fields, 'access_token');
  if (value === undefined) throw new FieldError('access_token', 'it is missing');
  try {
    requireSendable(value);
  } catch {
    throw new FieldError('access_token', 'it has characters that no request can carry');
  }
  return value;
}

function formOf(fields: Fields): CredentialForm {
  const optional = {
    refreshToken: text(fields, 'refresh_token'),
    scope: text(fields, 'scope'),
    clientId: text(fields, 'client_id'),
    clientSecret: text(fields, 'client_secret'),
    tokenEndpointAuthMethod: text(fields, 'token_endpoint_auth_method'),
    issuer: address(fields, 'issuer'),
    tokenEndpoint: address(fields, 'token_endpoint'),
    revocationEndpoint: address(fields, 'revocation_endpoint'),
    resource: address(fields, 'resource'),
  };
  const there = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return { accessToken: accessTokenOf(fields), ...expiryOf(fields), ...there };
}

/** Reads the JSON. Members that it does not know are left alone. */
export function readCredentialForm(
  json: string,
): { readonly kind: 'form'; readonly form: CredentialForm } | FormTrouble {
  const fields = parsed(json);
  if (fields === undefined)
    return { kind: 'malformed', why: 'it must be one JSON object, as `credentials export` writes it' };
  try {
    return { kind: 'form', form: formOf(fields) };
  } catch (error) {
    if (error instanceof FieldError) return { kind: 'malformed', field: error.field, why: error.why };
    throw error;
  }
}

/** The parser's own error would quote what it read. */
function parsed(json: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(json.replace(/^\uFEFF/, ''));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Fields)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The same JSON, with all that a refresh elsewhere needs. Full of secrets. */
export function writeCredentialForm(credential: OAuthCredential): Readonly<Record<string, string | number>> {
  const { client, expiresAtMs } = credential;
  const fields = {
    access_token: credential.accessToken,
    token_type: 'Bearer',
    refresh_token: credential.refreshToken,
    expires_at: expiresAtMs === undefined ? undefined : Math.floor(expiresAtMs / 1000),
    scope: credential.scope,
    client_id: client.clientId,
    client_secret: client.clientSecret,
    token_endpoint_auth_method: client.tokenEndpointAuthMethod,
    issuer: credential.issuer,
    token_endpoint: credential.tokenEndpoint,
    revocation_endpoint: credential.revocationEndpoint,
    resource: credential.resource,
  };
  const there = Object.entries(fields).filter(
    (entry): entry is [string, string | number] => entry[1] !== undefined,
  );
  return Object.fromEntries(there);
}
