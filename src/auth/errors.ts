import { withoutQuotes } from '../observability/quoted.js';
import { StoreError } from '../storage/types.js';
import type { AuthFailure, AuthFailureCode } from './types.js';

/** Something that auth found out by itself and that ends what it was doing: no PKCE, an insecure endpoint. */
export class AuthError extends Error {
  override readonly name = 'AuthError';
  constructor(
    readonly code: AuthFailureCode,
    message: string,
    readonly host?: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/**
 * A request that guarded fetch did not send, cut off, or whose answer it does not pass on. A `TypeError`, as `fetch`
 * throws for network failures: the MCP SDK's discovery swallows every other class and would then take the MCP server
 * itself for the authorization server.
 */
export class GuardedFetchError extends TypeError {
  override readonly name = 'GuardedFetchError';
  constructor(
    readonly code: AuthFailureCode,
    readonly host: string,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
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

function codeOf({ error, name, code, status }: Facts): AuthFailureCode | undefined {
  if (error instanceof GuardedFetchError || error instanceof AuthError) return error.code;
  if (error instanceof StoreError) return 'store-unavailable';
  if (name === 'ResponseBodyError' && status !== undefined && status >= 500) return 'http-error';
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

function detailOf({ error, name, code }: Facts): string {
  if (name === 'OAuthError' || name === 'ResponseBodyError') {
    const oauth = 'error' in error && typeof error.error === 'string' ? error.error : code;
    return cleanDetail(oauth === '' ? error.message : `${oauth}: ${error.message}`);
  }
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
  return { code: known.code, detail: detailOf(known.fact), ...(host === undefined ? {} : { host }) };
}
