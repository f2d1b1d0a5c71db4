import type { SignInState } from '../auth/sign-in/types.js';
import type { AuthFailure, CredentialView, KeyVariable, Server } from '../auth/types.js';
import type { Probe, ProbeResult } from '../mcp/types.js';

/** What a key is shown as: masked, or "shared" where it comes from the gateway's environment. */
export type KeyShown = { readonly kind: 'masked'; readonly text: string } | { readonly kind: 'shared' };

/** Where one person stands with one server. Worded in `wording.ts`, and nowhere else. */
export type AuthStatus =
  /** `expiresAtMs` only where it will not refresh by itself. */
  | { readonly kind: 'connected'; readonly expiresAtMs?: number; readonly key?: KeyShown }
  /** There is a key; the server has not been asked yet. */
  | { readonly kind: 'key'; readonly key: KeyShown }
  | { readonly kind: 'sign-in-needed' }
  | { readonly kind: 'sign-in-pending' }
  | { readonly kind: 'waiting-for-code' }
  | { readonly kind: 'key-needed'; readonly refused: boolean }
  | { readonly kind: 'signed-out'; readonly sinceMs: number }
  /** `exhausted`: signing in for it has not helped, and is not offered again. */
  | { readonly kind: 'more-access'; readonly scopes: readonly string[]; readonly exhausted?: boolean }
  | { readonly kind: 'unreachable'; readonly sinceMs: number; readonly failure: AuthFailure }
  | { readonly kind: 'no-auth' }
  | { readonly kind: 'disabled' }
  | { readonly kind: 'misconfigured'; readonly why: Misconfiguration };

export type Misconfiguration =
  | { readonly kind: 'failure'; readonly failure: AuthFailure }
  | { readonly kind: 'unreadable-credential' }
  | { readonly kind: 'environment-key-refused' }
  | { readonly kind: 'headers-refused' }
  | { readonly kind: 'not-in-config' };

/** All that a status follows from. `open`: this subject's sign-in under way for this server. */
export interface StatusFacts {
  readonly server: Server;
  readonly credential?: CredentialView;
  readonly open?: SignInState;
  readonly probe?: Probe;
}

/** Failures that no retry mends: someone has to change the config or the server. */
const NEEDS_CHANGE: ReadonlySet<AuthFailure['code']> = new Set([
  'bad-metadata',
  'blocked-address',
  'insecure-endpoint',
  'issuer-mismatch',
  'pkce-unsupported',
  'registration-refused',
]);

/** How people get into a server: by its config, or by asking it. */
export function authKind(server: Server): 'oauth' | 'service' | 'keys' | 'none' | 'ask' {
  if (server.kind !== 'stdio' && server.auth === 'client_credentials') return 'service';
  if (server.kind !== 'stdio' && server.auth === 'oauth') return 'oauth';
  if (server.keys.length > 0) return 'keys';
  return server.kind === 'stdio' ? 'none' : 'ask';
}

/** The `${NAME}`s that the environment does not have: the ones to ask a person for. */
export function keysToAsk(server: Server): readonly KeyVariable[] {
  return server.keys.filter((key) => key.value === undefined);
}

export function authStatus(facts: StatusFacts, nowMs: number): AuthStatus {
  if (!facts.server.enabled) return { kind: 'disabled' };
  if (facts.open?.kind === 'waiting-for-code') return { kind: 'waiting-for-code' };
  const settled = settledStatus(facts, nowMs);
  return isWanting(settled) && hasOpenOAuth(facts.open) ? { kind: 'sign-in-pending' } : settled;
}

/** Whether a sign-in or a key from this person is what is missing. */
export function isWanting(status: AuthStatus): boolean {
  switch (status.kind) {
    case 'sign-in-needed':
    case 'sign-in-pending':
    case 'key-needed':
    case 'signed-out':
      return true;
    case 'more-access':
      return status.exhausted !== true;
    case 'misconfigured':
      return status.why.kind === 'unreadable-credential';
    default:
      return false;
  }
}

/** A key form that lies open changes nothing: the key is still needed. */
function hasOpenOAuth(open: SignInState | undefined): boolean {
  return (open?.kind === 'pending' || open?.kind === 'finishing') && open.method !== 'key-form';
}

function settledStatus(facts: StatusFacts, nowMs: number): AuthStatus {
  const { server, credential } = facts;
  if (credential?.kind === 'unreadable') {
    return { kind: 'misconfigured', why: { kind: 'unreadable-credential' } };
  }
  const result = currentResult(facts);
  if (result?.kind === 'unreachable')
    return unreachable(server, result.failure, facts.probe?.sinceMs ?? nowMs);
  if (authKind(server) === 'keys') return keyStatus(server, credential, result);
  if (credential?.kind === 'oauth') return oauthStatus(credential, result, facts.probe?.atMs ?? nowMs, nowMs);
  return withoutCredential(server, result);
}

/** A refused service account was reached: only another config, or the provider's own, mends it. */
const REFUSALS: ReadonlySet<AuthFailure['code']> = new Set(['provider-refused', 'credential-refused']);
/** RFC 6749 §4.1.2.1: not of this client. */
const PASSING = new Set(['temporarily_unavailable', 'server_error']);

function needsChange(server: Server, { code, error = '' }: AuthFailure): boolean {
  if (NEEDS_CHANGE.has(code)) return true;
  return authKind(server) === 'service' && REFUSALS.has(code) && !PASSING.has(error);
}

function unreachable(server: Server, failure: AuthFailure, sinceMs: number): AuthStatus {
  return needsChange(server, failure)
    ? { kind: 'misconfigured', why: { kind: 'failure', failure } }
    : { kind: 'unreachable', sinceMs, failure };
}

/**
 * What the last look showed, unless it is older than the credential and says that one is missing, or older than the end
 * of it and says that the server could not be reached then.
 */
function currentResult({ credential, probe }: StatusFacts): ProbeResult | undefined {
  if (probe === undefined || credential === undefined || credential.kind === 'unreadable')
    return probe?.result;
  const endedAtMs = credential.refused?.sinceMs;
  if (probe.result.kind === 'unreachable' && endedAtMs !== undefined && probe.atMs <= endedAtMs)
    return undefined;
  const aboutAuth = probe.result.kind !== 'ready' && probe.result.kind !== 'unreachable';
  return aboutAuth && probe.atMs < credential.issuedAtMs ? undefined : probe.result;
}

function keyStatus(
  server: Server,
  credential: CredentialView | undefined,
  result: ProbeResult | undefined,
): AuthStatus {
  const refusedNow = result?.kind === 'needs-key' && result.reason === 'refused';
  if (keysToAsk(server).length === 0) {
    if (refusedNow) return { kind: 'misconfigured', why: { kind: 'environment-key-refused' } };
    return withKey({ kind: 'shared' }, result);
  }
  if (credential?.kind !== 'keys') return { kind: 'key-needed', refused: refusedNow };
  if (refusedNow || credential.refused !== undefined) return { kind: 'key-needed', refused: true };
  if (keysToAsk(server).some((key) => credential.masked[key.name] === undefined)) {
    return { kind: 'key-needed', refused: false };
  }
  return withKey({ kind: 'masked', text: Object.values(credential.masked).join(', ') }, result);
}

function withKey(key: KeyShown, result: ProbeResult | undefined): AuthStatus {
  return result?.kind === 'ready' ? { kind: 'connected', key } : { kind: 'key', key };
}

function oauthStatus(
  credential: Extract<CredentialView, { kind: 'oauth' }>,
  result: ProbeResult | undefined,
  probedAtMs: number,
  nowMs: number,
): AuthStatus {
  if (credential.refused !== undefined) return { kind: 'signed-out', sinceMs: credential.refused.sinceMs };
  if (result?.kind === 'needs-scope') return moreAccess(result);
  if (result?.kind === 'needs-sign-in') {
    if (result.reason === 'never') return { kind: 'sign-in-needed' };
    return { kind: 'signed-out', sinceMs: result.sinceMs ?? probedAtMs };
  }
  if (credential.refreshable || credential.expiresAtMs === undefined) return { kind: 'connected' };
  if (credential.expiresAtMs <= nowMs) return { kind: 'sign-in-needed' };
  return { kind: 'connected', expiresAtMs: credential.expiresAtMs };
}

function moreAccess({ scopes, exhausted }: Extract<ProbeResult, { kind: 'needs-scope' }>): AuthStatus {
  return { kind: 'more-access', scopes, ...(exhausted === true ? { exhausted } : {}) };
}

/**
 * Before the first look, an http server whose config names neither `auth` nor a key says "no auth needed": that is
 * what its config claims, shown without a mark and beside "checking…" until the server itself has answered.
 */
function withoutCredential(server: Server, result: ProbeResult | undefined): AuthStatus {
  switch (result?.kind) {
    case 'ready':
      if (result.authenticated) return { kind: 'connected' };
      // Some servers list their tools to anybody and refuse to run them: the config says so.
      return authKind(server) === 'oauth' ? { kind: 'sign-in-needed' } : { kind: 'no-auth' };
    case 'needs-sign-in':
      return { kind: 'sign-in-needed' };
    case 'needs-scope':
      return moreAccess(result);
    case 'needs-key':
      return { kind: 'misconfigured', why: { kind: 'headers-refused' } };
    default:
      if (authKind(server) === 'service') return { kind: 'connected' };
      return authKind(server) === 'oauth' ? { kind: 'sign-in-needed' } : { kind: 'no-auth' };
  }
}
