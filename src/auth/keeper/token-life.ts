import type { OAuthCredential, TokenOutcome } from '../types.js';

const REFRESH_EARLY_MS = 120_000;
/** So much earlier at most, by chance: else all processes, and all who signed in together, would refresh at once. */
const JITTER = 0.25;
/** The last part of the margin, in which a token may be over before the server sees it: callers wait for the new one. */
const LAST_PART = 1 / 12;

/** 120 s, but never more than a quarter of a short life: else a 30-second token would be refreshed at every call. */
const marginMs = ({ expiresAtMs = 0, issuedAtMs }: OAuthCredential): number =>
  Math.max(0, Math.min(REFRESH_EARLY_MS, (expiresAtMs - issuedAtMs) / 4));

export const isFresh = (tokens: OAuthCredential, nowMs: number): boolean =>
  tokens.expiresAtMs === undefined || nowMs < tokens.expiresAtMs - marginMs(tokens);

export const isAlive = (tokens: OAuthCredential, nowMs: number): boolean =>
  tokens.expiresAtMs === undefined || nowMs < tokens.expiresAtMs;

export interface RenewalTimes {
  /** From then on it is refreshed in the background, and still given out. */
  readonly refreshAtMs: number;
  /** From then on callers wait for the new one. */
  readonly waitAtMs: number;
}

/** What has no known end is used until the server refuses it. */
const NEVER: RenewalTimes = { refreshAtMs: Number.POSITIVE_INFINITY, waitAtMs: Number.POSITIVE_INFINITY };

/** When tokens are to be renewed: drawn once for each, so that asking often does not make it sooner. */
export class RenewalPlans {
  readonly #plans = new WeakMap<OAuthCredential, RenewalTimes>();

  /** @param random from 0 to 1 */
  constructor(private readonly random: () => number = Math.random) {}

  of(tokens: OAuthCredential): RenewalTimes {
    if (tokens.expiresAtMs === undefined) return NEVER;
    const known = this.#plans.get(tokens);
    if (known !== undefined) return known;
    const margin = marginMs(tokens);
    const plan = {
      refreshAtMs: tokens.expiresAtMs - margin * (1 + this.random() * JITTER),
      waitAtMs: tokens.expiresAtMs - margin * LAST_PART,
    };
    this.#plans.set(tokens, plan);
    return plan;
  }
}

export function tokenOf({ accessToken, expiresAtMs }: OAuthCredential): TokenOutcome {
  return expiresAtMs === undefined
    ? { kind: 'token', accessToken }
    : { kind: 'token', accessToken, expiresAtMs };
}

export const refusedSince = (sinceMs: number): TokenOutcome => ({
  kind: 'needs-sign-in',
  reason: 'refused',
  sinceMs,
});

/** The server refuses it, and nothing shows whether for good: what there is stays as it is. */
export const REFUSED_UNPROVEN: TokenOutcome = { kind: 'needs-sign-in', reason: 'refused' };

/** What a credential is good for as it is, without a refresh. */
export function standing(tokens: OAuthCredential | undefined, nowMs: number): TokenOutcome {
  if (tokens === undefined) return { kind: 'needs-sign-in', reason: 'never' };
  if (tokens.refused !== undefined) return refusedSince(tokens.refused.sinceMs);
  return isAlive(tokens, nowMs) ? tokenOf(tokens) : refusedSince(tokens.expiresAtMs ?? nowMs);
}

/** A refresh cannot be had now: the token serves as long as it lives. */
export function stillOr(
  tokens: OAuthCredential,
  wasRejected: boolean,
  nowMs: number,
  retryAtMs: number,
): TokenOutcome {
  return !wasRejected && isAlive(tokens, nowMs) ? tokenOf(tokens) : { kind: 'try-later', retryAtMs };
}
