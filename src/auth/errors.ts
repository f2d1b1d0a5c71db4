import { withoutQuotes } from '../observability/quoted.js';
import { StoreError } from '../storage/types.js';
import { type Endpoint, sectionOfCode, sectionOfError, shownError } from './refusal-codes.js';
import { isNotNow } from './requests/not-now.js';
import type { AuthFailure, AuthFailureCode } from './types.js';

interface AuthErrorOptions {
  readonly cause?: unknown;
  /** The provider's own error code. */
  readonly error?: string | undefined;
  /** Which rule was broken: "RFC 9728 §3.3". */
  readonly rfc?: string;
}

/** Something that auth found out by itself and that ends what it was doing: no PKCE, an insecure endpoint. */
export class AuthError extends Error {
  override readonly name = 'AuthError';
  readonly error: string | undefined;
  readonly rfc: string | undefined;
  constructor(
    readonly code: AuthFailureCode,
    message: string,
    readonly host?: string,
    options: AuthErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.error = shownError(options.error);
    this.rfc = options.rfc;
  }
}

/** Nothing is there that says where to sign in. That may be so, or a proxy answers while what is behind it is away. */
export class NoMetadataError extends AuthError {}

/**
 * A request that guarded fetch did not send, cut off, or whose answer it does not pass on. A `TypeError`, as `fetch`
 * throws for network failures: the MCP SDK's discovery swallows every other class and would then take the MCP server
 * itself for the authorization server.
 */
export class GuardedFetchError extends TypeError {
  override readonly name = 'GuardedFetchError';
  /** Nothing of the request had left: it can be made again whatever it does. */
  readonly unsent: boolean;
  constructor(
    readonly code: AuthFailureCode,
    readonly host: string,
    message: string,
    { unsent = false, ...options }: { cause?: unknown; unsent?: boolean } = {},
  ) {
    super(message, options);
    this.unsent = unsent;
  }
}

const DETAIL_LENGTH = 200;

/** One line, no control characters, no query string, nothing that has the shape of a secret, at most 200 characters. */
export function cleanDetail(text: string): string {
  const line = withoutQuotes(text.slice(0, 4000))
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/(\bhttps?:\/\/[^\s"'<>?#]*)[?#][^\s"'<>]*/gi, '$1')
    .replaceAll(/(\bhttps?:\/\/)[^\s/@"'<>]*@/gi, '$1')
    .replaceAll(/\b(Bearer|Basic|DPoP)\s+[\w~+/.=-]+/gi, '$1 …')
    .replaceAll(/\beyJ[\w-]+\.[\w-]+(\.[\w-]*)*/g, '…')
    .replaceAll(/\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{24,}/g, '…')
    .replaceAll(/ {2,}/g, ' ')
    .trim();
  return line.length <= DETAIL_LENGTH ? line : `${line.slice(0, DETAIL_LENGTH - 1).toWellFormed()}…`;
}

/** The facts of an error that classification reads; errors of libraries are known by name, so that none is loaded for it. */
type Facts = {
  readonly error: Error;
  readonly name: string;
  readonly code: string;
  readonly status: number | undefined;
};

function factsOf(error: Error): Facts {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const status = 'status' in error && typeof error.status === 'number' ? error.status : undefined;
  return { error, name: error.name, code, status };
}

/** The error and its causes, outermost first; the members of an AggregateError (every address failed) follow it. */
function chainOf(error: unknown, depth = 0): readonly Error[] {
  if (!(error instanceof Error) || depth > 6) return [];
  const inner = error instanceof AggregateError ? error.errors.slice(0, 4) : [error.cause];
  return [error, ...inner.flatMap((cause) => chainOf(cause, depth + 1))];
}

const BY_NAME: Readonly<Record<string, AuthFailureCode>> = {
  IssuerMismatchError: 'issuer-mismatch',
  AuthorizationServerMismatchError: 'issuer-mismatch',
  RegistrationRejectedError: 'registration-refused',
  InsecureTokenEndpointError: 'insecure-endpoint',
  OAuthError: 'provider-refused',
  ResponseBodyError: 'provider-refused',
  WWWAuthenticateChallengeError: 'provider-refused',
  UnauthorizedError: 'credential-refused',
  InsufficientScopeError: 'credential-refused',
  ZodError: 'bad-metadata',
  SyntaxError: 'bad-metadata',
  TimeoutError: 'timeout',
  UnsupportedProtocolVersionError: 'http-error',
  ProtocolError: 'http-error',
};

/** Codes of Node's sockets, DNS and TLS, of undici, of oauth4webapi and of the MCP SDK. */
const BY_CODE: readonly (readonly [RegExp, AuthFailureCode])[] = [
  [/^(ETIMEDOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT|REQUEST_TIMEOUT)$/, 'timeout'],
  [
    /^(E(CONN|HOST|NET|AI_|PIPE|NOTFOUND|ADDR|NOENT|ACCES|PROTO)|UND_ERR_|HPE_|CERT_|ERR_TLS|ERR_SSL)/,
    'unreachable',
  ],
  [/^(DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|CONNECTION_CLOSED|NOT_CONNECTED|SEND_FAILED)/, 'unreachable'],
  [/^OAUTH_(HTTP_REQUEST|REQUEST_PROTOCOL)_FORBIDDEN$/, 'insecure-endpoint'],
  [/^OAUTH_(RESPONSE_BODY_ERROR|WWW_AUTHENTICATE_CHALLENGE)$/, 'provider-refused'],
  [/^OAUTH_RESPONSE_IS_NOT_CONFORM$/, 'http-error'],
  [/^OAUTH_/, 'bad-metadata'],
  [/^CLIENT_HTTP_(AUTHENTICATION|FORBIDDEN)$/, 'credential-refused'],
  [
    /^(CLIENT_HTTP_|ERA_NEGOTIATION_FAILED|INVALID_RESULT|LIST_PAGINATION_|UNSUPPORTED_RESULT_)/,
    'http-error',
  ],
];

/** The SDK's words for an answer that is no OAuth error at all: the `server_error` in it is its own, not the provider's. */
const isMadeUp = ({ error, name }: Facts): boolean =>
  name === 'OAuthError' && /^(HTTP \d+: )?Invalid OAuth error response/.test(error.message);

/** The SDK's plain errors for an `initialize` that was answered with what no client can go on with (MCP, "Lifecycle"). */
const NO_HANDSHAKE = /^Server('s protocol version is not supported| sent invalid initialize result): /;

/** A no to what was asked, and not an answer of who is ill, busy or elsewhere. */
const isRefusal = (status = 0): boolean => status >= 400 && !isNotNow(status);

function codeOf(facts: Facts): AuthFailureCode | undefined {
  const { error, name, code, status } = facts;
  if (isMadeUp(facts)) return 'http-error';
  if (error instanceof GuardedFetchError || error instanceof AuthError) return error.code;
  if (error instanceof StoreError) return 'store-unavailable';
  if (name === 'ResponseBodyError' && status !== undefined && status >= 500) return 'http-error';
  if (NO_HANDSHAKE.test(error.message)) return 'http-error';
  if (name === 'RegistrationRejectedError' && !isRefusal(status)) return 'http-error';
  return BY_CODE.find(([pattern]) => pattern.test(code))?.[1] ?? BY_NAME[name];
}

/** What our own errors and sockets say is surer than a library's wrapper around them. */
function rank({ error, code }: Facts): number {
  if (error instanceof GuardedFetchError || error instanceof AuthError || error instanceof StoreError)
    return 0;
  if (code.startsWith('ERA_NEGOTIATION') || code.startsWith('CLIENT_HTTP') || code.startsWith('OAUTH_'))
    return 2;
  return 1;
}

function hostOf(error: Error): string | undefined {
  if (error instanceof GuardedFetchError || error instanceof AuthError) return error.host;
  return 'hostname' in error && typeof error.hostname === 'string' ? error.hostname : undefined;
}

/** The provider's own code, where the error carries one. */
function oauthErrorOf({ error, name, code }: Facts): string | undefined {
  if (error instanceof AuthError) return error.error;
  if (isMadeUp({ error, name, code, status: undefined })) return undefined;
  if (name === 'RegistrationRejectedError') return shownError(errorInBody(error));
  if (name !== 'OAuthError' && name !== 'ResponseBodyError') return undefined;
  return shownError('error' in error && typeof error.error === 'string' ? error.error : code);
}

/** RFC 7591 §3.2.2: the answer is JSON with an `error`, where the server keeps to it. */
function errorInBody(error: Error): string | undefined {
  if (!('body' in error) || typeof error.body !== 'string') return undefined;
  try {
    const body: unknown = JSON.parse(error.body);
    const isObject = typeof body === 'object' && body !== null;
    return isObject && 'error' in body && typeof body.error === 'string' ? body.error : undefined;
  } catch {
    return undefined;
  }
}

function detailOf(facts: Facts): string {
  const { error, name, code } = facts;
  if (isMadeUp(facts))
    return cleanDetail(error.message.replace(/: Invalid OAuth error response.*/s, '') || 'no OAuth error');
  if (name === 'OAuthError' || name === 'ResponseBodyError') {
    const oauth = oauthErrorOf(facts) ?? '';
    return cleanDetail(oauth === '' ? error.message : `${oauth}: ${error.message}`);
  }
  if (name === 'RegistrationRejectedError' && 'status' in error)
    return cleanDetail(`${oauthErrorOf(facts) ?? 'no error code'} (HTTP ${error.status})`);
  const status = error.cause instanceof Response ? ` (HTTP ${error.cause.status})` : '';
  return cleanDetail(`${error.message === '' ? code || name : error.message}${status}`);
}

/**
 * Why something failed, from whatever was thrown: guarded fetch's own errors wherever they are nested, the store's,
 * the MCP SDK's, oauth4webapi's, Node's sockets. What nobody planned is `internal`.
 */
export function failureOf(error: unknown): AuthFailure {
  const facts = chainOf(error).map(factsOf);
  const known = facts
    .flatMap((fact) => {
      const code = codeOf(fact);
      return code === undefined ? [] : [{ fact, code, rank: rank(fact) }];
    })
    .sort((a, b) => a.rank - b.rank)[0];
  if (known === undefined) {
    const network = error instanceof TypeError && error.message === 'fetch failed';
    // "fetch failed" says nothing; its cause may ("bad port": one that fetch never opens).
    const why = network && error.cause instanceof Error ? error.cause : error;
    const detail = cleanDetail(why instanceof Error ? `${why.name}: ${why.message}` : String(why));
    return { code: network ? 'unreachable' : 'internal', detail };
  }
  const host = hostOf(known.fact.error);
  const detail = detailOf(known.fact);
  return {
    code: known.code,
    detail,
    ...(host === undefined ? {} : { host }),
    ...standardOf(known.fact, known.code),
  };
}

/** At which endpoint the error arose, where that decides which section it is of. */
function endpointOf({ name }: Facts): Endpoint {
  return name === 'RegistrationRejectedError' ? 'registration' : 'token';
}

/** The provider's code and the section of the standard: for the log and `/mcp status`. */
function standardOf(fact: Facts, code: AuthFailureCode): Pick<AuthFailure, 'error' | 'rfc'> {
  const error = oauthErrorOf(fact);
  const own = fact.error instanceof AuthError ? fact.error.rfc : undefined;
  const rfc = own ?? (error === undefined ? sectionOfCode(code) : sectionOfError(error, endpointOf(fact)));
  return { ...(error === undefined ? {} : { error }), ...(rfc === undefined ? {} : { rfc }) };
}
