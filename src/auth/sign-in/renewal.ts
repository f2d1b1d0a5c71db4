import { isFresh } from '../keeper/token-life.js';
import type { AuthFailure, OAuthCredential, Server } from '../types.js';
import type { SignInParts } from './deps.js';

/** What a sign-in got, as it can be used now. */
export type Renewal =
  | { readonly kind: 'usable'; readonly credential: OAuthCredential }
  /** The provider has ended the grant meanwhile: nothing can come of it any more. */
  | { readonly kind: 'over'; readonly failure: AuthFailure }
  | { readonly kind: 'unreachable'; readonly failure: AuthFailure };

/**
 * While tokens wait for their code to be given in the chat, a short-lived access token expires. It is refreshed before
 * the server is asked, which would else refuse a good sign-in. Tokens that come straight from the exchange are fresh.
 */
export async function renewed(
  parts: SignInParts,
  server: Server,
  credential: OAuthCredential,
): Promise<Renewal> {
  const { refreshToken } = credential;
  if (server.kind === 'stdio' || refreshToken === undefined || isFresh(credential, parts.now()))
    return { kind: 'usable', credential };
  const { refresh } = await import('../keeper/refresh.js');
  // No lock: until it is kept, nobody else knows this credential.
  const lease = new AbortController().signal;
  const outcome = await refresh(credential, refreshToken, {
    fetch: parts.fetchFor(server),
    now: parts.now,
    lease,
    sign: parts.clientKeys.signFor(server),
  });
  switch (outcome.kind) {
    case 'refreshed':
      return { kind: 'usable', credential: outcome.tokens };
    case 'refused': {
      const { forgetRefused } = await import('../keeper/refused-credentials.js');
      await forgetRefused(server.name, credential, outcome.code, parts);
      return { kind: 'over', failure: outcome.failure };
    }
    case 'failed':
      return { kind: 'unreachable', failure: outcome.failure };
    case 'not-sent':
      return { kind: 'usable', credential };
  }
}
