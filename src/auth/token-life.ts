import type { OAuthCredential, TokenOutcome } from './types.js';

const REFRESH_EARLY_MS = 120_000;
/** 120 s early, but never more than a quarter of a short life: else a 30-second token would be refreshed at every call. */
export function isFresh(tokens: OAuthCredential, nowMs: number): boolean {
  if (tokens.expiresAtMs === undefined) return true;
  const early = Math.min(REFRESH_EARLY_MS, (tokens.expiresAtMs - tokens.issuedAtMs) / 4);
  return nowMs < tokens.expiresAtMs - early;
}

export const isAlive = (tokens: OAuthCredential, nowMs: number): boolean =>
  tokens.expiresAtMs === undefined || nowMs < tokens.expiresAtMs;

export function tokenOf(tokens: OAuthCredential): TokenOutcome {
  const { accessToken, expiresAtMs } = tokens;
  return { kind: 'token', accessToken, ...(expiresAtMs === undefined ? {} : { expiresAtMs }) };
}

export const refusedSince = (sinceMs: number): TokenOutcome => ({
  kind: 'needs-sign-in',
  reason: 'refused',
  sinceMs,
});
