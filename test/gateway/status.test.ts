import { describe, expect, it } from 'vitest';
import type { SignInState } from '../../src/auth/sign-in/types.js';
import type { AuthFailure, AuthFailureCode, CredentialView, Server } from '../../src/auth/types.js';
import { authStatus, type StatusFacts } from '../../src/gateway/status.js';
import { statusMark, statusWords } from '../../src/gateway/wording.js';
import type { ProbeResult } from '../../src/mcp/types.js';
import {
  down,
  httpServer,
  keyServer,
  keysView,
  needsSignIn,
  oauthServer,
  oauthView,
  ready,
  stdioServer,
} from '../helpers/memory-auth.js';

const NOW = 1_800_000_000_000;
const linear = oauthServer('linear');
const plain = httpServer('plain');
const github = keyServer('github', 'GITHUB_TOKEN');
const masked = keysView('ana', 'github', { GITHUB_TOKEN: 'ghp_…9f3c' });

function facts(
  server: Server,
  rest: Partial<StatusFacts> = {},
  result?: ProbeResult,
  atMs = NOW,
): StatusFacts {
  const probe = result && {
    server: server.name,
    subject: 'ana',
    atMs,
    latencyMs: 5,
    sinceMs: atMs - 300_000,
    result,
  };
  return { server, ...rest, ...(probe === undefined ? {} : { probe }) };
}

const words = (one: StatusFacts): string => statusWords(authStatus(one, NOW), NOW);

function open(
  kind: 'pending' | 'finishing' | 'waiting-for-code',
  method: 'oauth' | 'key-form' = 'oauth',
): SignInState {
  const base = {
    id: 'x',
    server: 'linear',
    subject: 'ana',
    startedBy: 'web:ana',
    account: { platform: 'Web chat', name: '@ana' },
    origin: {},
    method,
  };
  if (kind === 'pending')
    return { ...base, kind, host: 'h', url: 'https://g/connect/x', expiresAtMs: NOW + 1 };
  if (kind === 'finishing') return { ...base, kind, sinceMs: NOW };
  return { ...base, kind, expiresAtMs: NOW + 1, triesLeft: 5 };
}

const held = (rest: Partial<Extract<CredentialView, { kind: 'oauth' }>> = {}): CredentialView =>
  oauthView('ana', 'linear', { issuedAtMs: NOW - 1000, ...rest });

describe('the words for where somebody stands with a server', () => {
  it.each<[string, StatusFacts]>([
    ['disabled', facts({ ...linear, enabled: false })],
    ['sign-in needed', facts(linear)],
    ['sign-in needed', facts(linear, {}, needsSignIn)],
    ['sign-in needed', facts(linear, {}, ready(3))],
    ['sign-in pending', facts(linear, { open: open('pending') })],
    ['sign-in pending', facts(linear, { open: open('finishing') })],
    ['waiting for your code', facts(linear, { open: open('waiting-for-code') })],
    ['connected', facts(linear, { credential: held() })],
    ['connected', facts(linear, { credential: held() }, ready(3))],
    ['connected', facts(linear, { credential: held({ expiresAtMs: NOW + 9e5 }) }, ready(3))],
    [
      'connected, expires in 42 min',
      facts(linear, { credential: held({ refreshable: false, expiresAtMs: NOW + 42 * 60_000 }) }, ready(3)),
    ],
    ['sign-in needed', facts(linear, { credential: held({ refreshable: false, expiresAtMs: NOW - 1 }) })],
    [
      'signed out by the provider, 3 h ago',
      facts(linear, {
        credential: held({ refused: { sinceMs: NOW - 3 * 3_600_000, code: 'invalid_grant' } }),
      }),
    ],
    [
      'signed out by the provider, just now',
      // The look is from before the provider ended it.
      facts(
        linear,
        { credential: held({ refused: { sinceMs: NOW, code: 'invalid_grant' } }) },
        down,
        NOW - 1,
      ),
    ],
    [
      'signed out by the provider, just now',
      facts(linear, { credential: held() }, { kind: 'needs-sign-in', reason: 'refused' }),
    ],
    [
      'more access needed: repo, read:org',
      facts(linear, { credential: held() }, { kind: 'needs-scope', scopes: ['repo', 'read:org'] }),
    ],
    ['unreachable for 5 min', facts(linear, { credential: held() }, down)],
    ['no auth needed', facts(plain, {}, ready(11))],
    ['no auth needed', facts(plain)],
    ['sign-in needed', facts(plain, {}, needsSignIn)],
    ['connected', facts(plain, { credential: held() }, ready(11, { authenticated: true }))],
    [
      'misconfigured: the server refuses the headers in the config',
      facts(plain, {}, { kind: 'needs-key', reason: 'missing' }),
    ],
    ['no auth needed', facts(stdioServer('files'))],
    ['key needed', facts(github)],
    ['key needed', facts(github, { credential: masked }, { kind: 'needs-key', reason: 'refused' })],
    ['key …9f3c', facts(github, { credential: masked })],
    ['connected · key …9f3c', facts(github, { credential: masked }, ready(4))],
    ['key (shared)', facts(keyServer('search', 'KEY', 'secret'))],
    ['connected · key (shared)', facts(keyServer('search', 'KEY', 'secret'), {}, ready(4))],
    [
      'misconfigured: the server refuses the shared key',
      facts(keyServer('search', 'KEY', 'secret'), {}, { kind: 'needs-key', reason: 'refused' }),
    ],
    [
      'misconfigured: the stored sign-in cannot be read',
      facts(linear, { credential: { kind: 'unreadable', subject: 'ana', server: 'linear' } }),
    ],
  ])('%s', (expected, given) => {
    expect(words(given)).toBe(expected);
  });

  it('a forced re-login does not hide that the old sign-in still works', () => {
    expect(words(facts(linear, { credential: held(), open: open('pending') }, ready(2)))).toBe('connected');
  });

  it('an open key form leaves the key needed', () => {
    expect(words(facts(github, { open: open('pending', 'key-form') }))).toBe('key needed');
  });

  it('what an old look said about a missing sign-in does not count against a newer credential', () => {
    expect(words(facts(linear, { credential: held() }, needsSignIn, NOW - 60_000))).toBe('connected');
  });

  it('a second key that was added to the config is asked for', () => {
    const two = { ...github, keys: [{ name: 'GITHUB_TOKEN' }, { name: 'ORG' }] };
    expect(words(facts(two, { credential: masked }))).toBe('key needed');
  });

  it('failures that no retry mends are misconfigurations, others an outage', () => {
    const said = (code: AuthFailureCode): string =>
      words(facts(plain, {}, { kind: 'unreachable', failure: { code, detail: 'x' } }));
    expect(said('blocked-address')).toBe(
      'misconfigured: its server leads to an address that this gateway may not contact',
    );
    expect(said('bad-metadata')).toBe('misconfigured: its server does not say how to sign in');
    expect(said('timeout')).toBe('unreachable for 5 min');
    expect(said('http-error')).toBe('unreachable for 5 min');
  });

  it('a service account that is refused was reached: only who runs the gateway or the provider mends it', () => {
    const robot = httpServer('robot', { auth: 'client_credentials', credentials: 'shared' });
    const host = 'as.example';
    const said = (failure: Partial<AuthFailure>): string =>
      words(
        facts(
          robot,
          {},
          { kind: 'unreachable', failure: { code: 'provider-refused', host, detail: 'x', ...failure } },
        ),
      );
    expect(said({ error: 'invalid_client' })).toBe(
      'misconfigured: as.example did not recognise this gateway',
    );
    expect(said({ error: 'temporarily_unavailable' })).toBe('unreachable for 5 min');
    expect(said({ code: 'http-error' })).toBe('unreachable for 5 min');
  });

  it('what only the config claims has no mark until the server has answered', () => {
    expect(statusMark(authStatus(facts(plain), NOW), false)).toBeUndefined();
    expect(statusMark(authStatus(facts(plain, {}, ready(1)), NOW), true)).toBe('ok');
    expect(statusMark(authStatus(facts(linear), NOW), false)).toBe('attention');
    expect(statusMark(authStatus(facts(plain, {}, down), NOW), true)).toBe('failed');
  });
});
