import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect } from 'vitest';
import type { AuthFailureCode, HttpServer, TokenOutcome } from '../../src/auth/types.js';
import type { SessionFailure } from '../../src/mcp/session-types.js';
import type { ProbeResult } from '../../src/mcp/types.js';
import { StoreError } from '../../src/storage/types.js';
import { placeholder } from '../helpers/configured-server.js';

export const TOKEN: TokenOutcome = { kind: 'token', accessToken: 'kept-token' };
const KEYED: Partial<HttpServer> = {
  headers: { Authorization: `Bearer ${placeholder('KEY')}` },
  keys: [{ name: 'KEY' }],
};

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export const answered =
  (status: number, headers: Record<string, string> = {}, body = 'no'): Answer =>
  (_request, response) =>
    void response.writeHead(status, headers).end(body);

/** What there is to tell, without its detail: that is each transport's own. */
export interface Told {
  readonly look: ProbeResult;
  readonly call: SessionFailure;
}

export interface Row {
  readonly name: string;
  /** What the keeper says. @default a token */
  readonly keeper?: (rejected?: string) => TokenOutcome;
  /** What the server answers. @default as it should */
  readonly answer?: Answer;
  readonly rest?: Partial<HttpServer>;
  readonly told: Told;
}

const failed = (code: AuthFailureCode, more: { host?: string; rfc?: string } = {}) => ({
  kind: 'unreachable' as const,
  failure: { code, detail: expect.any(String), ...more },
});

export const unavailable = (...of: Parameters<typeof failed>): Told => {
  const look = failed(...of);
  return { look, call: { kind: 'unavailable', failure: look.failure } };
};

const later = (told: Told, retryAfterMs: number): Told => ({
  ...told,
  call: { ...told.call, retryAfterMs } as SessionFailure,
});

const signIn = (reason: 'never' | 'refused'): Told => ({
  look: { kind: 'needs-sign-in', reason },
  call: { kind: 'needs_reauth', reason },
});

const SCOPE = 'Bearer error="insufficient_scope", scope="read write"';
const MORE: Told = {
  look: { kind: 'needs-scope', scopes: ['read', 'write'] },
  call: { kind: 'needs_reauth', reason: 'scope', scopes: ['read', 'write'] },
};
const NO_KEY: Told = {
  look: { kind: 'needs-key', reason: 'refused' },
  call: { kind: 'needs_reauth', reason: 'key_refused' },
};
const LOCAL = { host: '127.0.0.1' };
const accountFailed = { code: 'client-refused', detail: 'no such client', rfc: 'RFC 6749 §5.2' } as const;
const ended: TokenOutcome = { kind: 'needs-sign-in', reason: 'refused', sinceMs: 7 };

/** Before anything is sent. */
export const withoutToken: readonly Row[] = [
  {
    name: 'a grant that the provider ended',
    keeper: () => ended,
    told: { ...signIn('refused'), look: { kind: 'needs-sign-in', reason: 'refused', sinceMs: 7 } },
  },
  {
    name: 'a sign-in that cannot be renewed just now',
    keeper: () => ({ kind: 'try-later', retryAtMs: Number.MAX_SAFE_INTEGER }),
    told: later(unavailable('unreachable'), expect.any(Number)),
  },
  {
    name: 'a service account that failed',
    rest: { auth: 'client_credentials' },
    keeper: () => ({ kind: 'failed', failure: accountFailed }),
    told: unavailable('client-refused', { rfc: 'RFC 6749 §5.2' }),
  },
  {
    name: 'a sign-in that lacks a scope',
    keeper: () => ({ kind: 'needs-sign-in', reason: 'scope' }),
    told: {
      look: { kind: 'needs-scope', scopes: [] },
      call: { kind: 'needs_reauth', reason: 'scope', scopes: [] },
    },
  },
  {
    name: 'a store that is away',
    keeper: () => {
      throw new StoreError('store_unavailable', 'the folder is gone');
    },
    told: unavailable('store-unavailable'),
  },
];

/** Whatever is asked, from the first request on, or once the session is open. */
export const refusing: readonly Row[] = [
  {
    name: '401 to somebody without a token',
    keeper: () => ({ kind: 'needs-sign-in', reason: 'never' }),
    answer: answered(401, { 'www-authenticate': 'Bearer' }),
    told: signIn('never'),
  },
  {
    name: '401, and there is no other token',
    keeper: (rejected) => (rejected === undefined ? TOKEN : { kind: 'needs-sign-in', reason: 'refused' }),
    answer: answered(401, { 'www-authenticate': 'Bearer error="invalid_token"' }),
    told: signIn('refused'),
  },
  {
    name: '401 to a token that it takes for other things',
    keeper: () => TOKEN,
    answer: answered(401),
    told: unavailable('credential-refused', { rfc: 'RFC 6750 §3.1' }),
  },
  {
    name: '401 to a key',
    rest: KEYED,
    answer: answered(401),
    told: NO_KEY,
  },
  {
    name: '403 to a key',
    rest: KEYED,
    answer: answered(403),
    told: NO_KEY,
  },
  {
    name: '403 insufficient_scope',
    answer: answered(403, { 'www-authenticate': SCOPE }),
    told: MORE,
  },
  {
    name: '403 insufficient_scope behind another scheme',
    answer: answered(403, { 'www-authenticate': `Negotiate, ${SCOPE}` }),
    told: MORE,
  },
  {
    name: '503 with a Retry-After',
    answer: answered(503, { 'retry-after': '30' }),
    told: later(unavailable('http-error', LOCAL), 30_000),
  },
  {
    name: '429 with a Retry-After',
    answer: answered(429, { 'retry-after': '7' }),
    told: later(unavailable('http-error', LOCAL), 7_000),
  },
];

/** By whatever stands at the server's address, a server or not. */
export const unanswered: readonly Row[] = [
  {
    name: '403',
    answer: answered(403),
    told: unavailable('credential-refused', { rfc: 'RFC 6750 §3.1' }),
  },
  ...[404, 500, 502, 503].map((status) => ({
    name: `${status}`,
    answer: answered(status),
    told: unavailable('http-error'),
  })),
  {
    name: 'HTML',
    answer: answered(200, { 'content-type': 'text/html' }, '<html></html>'),
    told: unavailable('http-error'),
  },
  {
    name: 'a redirect elsewhere',
    answer: answered(302, { location: 'https://elsewhere.example/' }),
    told: unavailable('http-error'),
  },
  {
    name: 'a connection that is cut',
    answer: (_request, response) => void response.destroy(),
    told: unavailable('unreachable', LOCAL),
  },
];

/** By a server that has let the person in: it says nothing of their access. */
export const failing: readonly Row[] = [400, 403, 404, 500, 502, 503].map((status) => ({
  name: `${status}`,
  answer: answered(status),
  told: unavailable('http-error'),
}));
