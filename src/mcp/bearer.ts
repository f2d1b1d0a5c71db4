import type { AuthProvider, FetchLike } from '@modelcontextprotocol/client';
import { parseChallenge } from '../auth/discovery/challenge.js';
import { scopeList } from '../auth/sign-in/scopes.js';
import type { CredentialKey, TokenKeeper } from '../auth/types.js';
import { AccessError, RequestRefusedError } from './refusals.js';

/**
 * Where a session's bearer token comes from. `rejected` is a token that the server just answered 401 to: the same one, where
 * the server takes it for other things. Undefined: there is none, which is fine until the server asks for one.
 * @throws {AccessError} when there is none that works
 */
export type TokenSource = (rejected?: string) => Promise<string | undefined>;

/** The person's stored token, kept fresh by the keeper. */
export function keptToken(
  keeper: TokenKeeper,
  credential: CredentialKey,
  now: () => number = Date.now,
): TokenSource {
  return async (rejected) => {
    const outcome = await keeper.accessToken(credential, rejected);
    switch (outcome.kind) {
      case 'token':
        return outcome.accessToken;
      case 'try-later':
        throw new AccessError(
          {
            kind: 'unreachable',
            failure: {
              code: 'unreachable',
              detail: 'the provider could not renew the sign-in; it is tried again soon',
            },
          },
          Math.max(0, outcome.retryAtMs - now()),
        );
      case 'failed':
        throw new AccessError({ kind: 'unreachable', failure: outcome.failure });
      case 'needs-sign-in':
        if (outcome.reason === 'scope') throw new AccessError({ kind: 'needs-scope', scopes: [] });
        if (outcome.reason === 'never') return undefined;
        throw new AccessError({
          kind: 'needs-sign-in',
          reason: 'refused',
          ...(outcome.sinceMs === undefined ? {} : { sinceMs: outcome.sinceMs }),
        });
    }
  };
}

/** A token that is not stored yet: there is no other one when the server refuses it. */
export function onlyToken(accessToken: string): TokenSource {
  return async (rejected) => {
    if (rejected === accessToken) throw new AccessError({ kind: 'needs-sign-in', reason: 'refused' });
    return accessToken;
  };
}

/** Remembers with which token each answer was asked for: the SDK does not tell `onUnauthorized` which one was refused. */
export interface Bearer {
  readonly provider: AuthProvider;
  readonly fetch: FetchLike;
}

const MOST_SCOPES = 20;

/**
 * 403 `insufficient_scope` (RFC 6750 §3.1), read by ourselves: the SDK does so on one of its transports alone, and only
 * where Bearer is the first scheme of the header.
 * @throws {AccessError}
 */
function requireScope(response: Response): void {
  if (response.status !== 403) return;
  const { error, scope } = parseChallenge(response.headers.get('www-authenticate'));
  if (error !== 'insufficient_scope') return;
  throw new AccessError({ kind: 'needs-scope', scopes: scopeList(scope).slice(0, MOST_SCOPES) });
}

const tokenIn = (init: RequestInit | undefined): string | undefined =>
  /^Bearer (.+)$/i.exec(new Headers(init?.headers).get('authorization') ?? '')?.[1];

export function bearerOf(tokens: TokenSource, fetch: FetchLike): Bearer {
  const sent = new WeakMap<Response, string>();
  /** Came in place of one that was refused. */
  let recovered: string | undefined;
  return {
    provider: {
      token: () => tokens(),
      onUnauthorized: async ({ response }) => {
        const rejected = sent.get(response);
        const next = rejected === undefined ? undefined : await tokens(rejected);
        if (next === undefined) throw new AccessError({ kind: 'needs-sign-in', reason: 'never' });
        recovered = next;
      },
    },
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      const token = response.status === 401 ? tokenIn(init) : undefined;
      if (token !== undefined) sent.set(response, token);
      requireScope(response);
      // The SDK tells of the first 401 alone: that the token which came of it is refused too may end the credential.
      if (token !== undefined && token === recovered && (await tokens(token)) === token)
        throw new RequestRefusedError();
      return response;
    },
  };
}
