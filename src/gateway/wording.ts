import type { AuthFailure, AuthFailureCode } from '../auth/types.js';
import type { AuthStatus, KeyShown, Misconfiguration } from './status.js';
import { duration, relative } from './times.js';
import type { Mark } from './types.js';

/** Text of others (names, hosts, descriptions) as one short plain line: no control or direction characters. */
export function oneLine(text: string, most = 80): string {
  const line = text
    .slice(0, 4000)
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return line.length <= most
    ? line
    : `${line
        .slice(0, most - 1)
        .toWellFormed()
        .trimEnd()}…`;
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** "a, b and c". */
export function listed(items: readonly string[]): string {
  const last = items.at(-1) ?? '';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`;
}

/** Who can help where the person cannot. */
export const ASK_OPERATOR = 'Ask whoever runs this gateway';

/** What a person can do about a failure: try again, wait for others, or make room. */
export type NextStep = 'try-again' | 'operator' | 'cancel';

interface FailureWords {
  readonly says: (host: string) => string;
  readonly next: NextStep;
}

const FAILURES: Readonly<Record<AuthFailureCode, FailureWords>> = {
  unreachable: { says: (host) => `${host} could not be reached`, next: 'try-again' },
  timeout: { says: (host) => `${host} did not answer in time`, next: 'try-again' },
  'too-large': { says: (host) => `${host} answered with far too much data`, next: 'operator' },
  'http-error': { says: (host) => `${host} answered with an error`, next: 'try-again' },
  'bad-metadata': { says: (host) => `${host} does not say how to sign in`, next: 'operator' },
  'blocked-address': {
    says: (host) => `${host} leads to an address that this gateway may not contact`,
    next: 'operator',
  },
  'insecure-endpoint': {
    says: (host) => `${host} asks for a connection that is not secure`,
    next: 'operator',
  },
  'issuer-mismatch': { says: (host) => `${host} is not the provider that was expected`, next: 'operator' },
  'pkce-unsupported': {
    says: (host) => `${host} lacks a protection that every sign-in here needs`,
    next: 'operator',
  },
  'device-unsupported': {
    says: (host) => `${host} does not let people sign in by a code`,
    next: 'operator',
  },
  'registration-refused': {
    says: (host) => `${host} does not let this gateway register by itself`,
    next: 'operator',
  },
  'provider-refused': { says: (host) => `${host} refused the sign-in`, next: 'try-again' },
  'client-refused': {
    says: (host) => `${host} does not accept this gateway as it is configured`,
    next: 'operator',
  },
  'credential-refused': { says: (host) => `${host} did not accept the new sign-in`, next: 'try-again' },
  'store-unavailable': { says: () => 'this gateway’s storage failed', next: 'try-again' },
  'too-many-pending': { says: () => 'you have too many sign-ins open', next: 'cancel' },
  'rate-limited': { says: () => 'too much was asked of this gateway just now', next: 'try-again' },
  internal: { says: () => 'something went wrong in this gateway', next: 'try-again' },
};

/** What a provider's own code means to the person; the code itself is for the log and `/mcp status`. */
const REFUSALS: ReadonlyMap<string, FailureWords> = new Map(
  Object.entries<FailureWords>({
    invalid_scope: {
      says: (host) => `${host} does not offer the access that was asked for`,
      next: 'operator',
    },
    invalid_target: { says: (host) => `${host} gives no access to this server`, next: 'operator' },
    temporarily_unavailable: { says: (host) => `${host} takes no sign-ins at the moment`, next: 'try-again' },
    server_error: { says: (host) => `${host} had a problem of its own`, next: 'try-again' },
    invalid_client: { says: (host) => `${host} did not recognise this gateway`, next: 'try-again' },
    unauthorized_client: {
      says: (host) => `${host} does not allow this gateway to sign people in`,
      next: 'operator',
    },
    invalid_grant: {
      says: (host) => `${host} did not accept the sign-in that it gave a moment ago`,
      next: 'try-again',
    },
    unsupported_response_type: {
      says: (host) => `${host} does not offer sign-ins of this kind`,
      next: 'operator',
    },
    invalid_request: { says: (host) => `${host} did not understand the sign-in`, next: 'operator' },
  }),
);

function wordsOf({ code, error }: AuthFailure): FailureWords {
  const own = code === 'provider-refused' && error !== undefined ? REFUSALS.get(error) : undefined;
  return own ?? FAILURES[code];
}

/** "auth.linear.app did not answer in time". `subject` stands in for a host that is not known. */
export function failureSentence(failure: AuthFailure, subject = 'its server'): string {
  return wordsOf(failure).says(failure.host === undefined ? subject : oneLine(failure.host, 60));
}

export function failureNext(failure: AuthFailure): NextStep {
  return wordsOf(failure).next;
}

/** `…9f3c`: a status has no room for the prefix. */
function keyWords(key: KeyShown): string {
  if (key.kind === 'shared') return 'key (shared)';
  const ends = key.text.split(', ').map((one) => one.slice(Math.max(0, one.indexOf('…'))));
  return `key ${oneLine(ends.join(', '), 60)}`.trimEnd();
}

function misconfigurationWords(why: Misconfiguration): string {
  switch (why.kind) {
    case 'failure':
      return failureSentence(why.failure);
    case 'unreadable-credential':
      return 'the stored sign-in cannot be read';
    case 'environment-key-refused':
      return 'the server refuses the shared key';
    case 'headers-refused':
      return 'the server refuses the headers in the config';
    case 'not-in-config':
      return 'no longer in the config';
  }
}

/** The one spelling of each auth status. */
export function statusWords(status: AuthStatus, nowMs: number): string {
  switch (status.kind) {
    case 'connected': {
      const expiry =
        status.expiresAtMs === undefined ? '' : `, expires in ${duration(status.expiresAtMs - nowMs)}`;
      return `connected${expiry}${status.key === undefined ? '' : ` · ${keyWords(status.key)}`}`;
    }
    case 'key':
      return keyWords(status.key);
    case 'sign-in-needed':
      return 'sign-in needed';
    case 'sign-in-pending':
      return 'sign-in pending';
    case 'waiting-for-code':
      return 'waiting for your code';
    case 'key-needed':
      return 'key needed';
    case 'signed-out':
      return `signed out by the provider, ${relative(status.sinceMs, nowMs)}`;
    case 'more-access':
      return `more access needed${status.scopes.length === 0 ? '' : `: ${scopeWords(status.scopes)}`}`;
    case 'unreachable':
      return nowMs - status.sinceMs < 60_000
        ? 'unreachable just now'
        : `unreachable for ${duration(nowMs - status.sinceMs)}`;
    case 'no-auth':
      return 'no auth needed';
    case 'disabled':
      return 'disabled';
    case 'misconfigured':
      return `misconfigured: ${misconfigurationWords(status.why)}`;
  }
}

export function scopeWords(scopes: readonly string[]): string {
  return oneLine(scopes.map((scope) => oneLine(scope, 40)).join(', '), 120);
}

/** `checked`: whether the server itself has answered. What only the config claims gets no mark. */
export function statusMark(status: AuthStatus, checked: boolean): Mark | undefined {
  switch (status.kind) {
    case 'connected':
    case 'key':
    case 'no-auth':
      return checked ? 'ok' : undefined;
    case 'disabled':
      return 'neutral';
    case 'unreachable':
    case 'misconfigured':
      return 'failed';
    default:
      return 'attention';
  }
}
