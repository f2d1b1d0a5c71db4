import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SignInResult, SignInState } from '../../src/auth/sign-in/types.js';
import type { AuthFailure, AuthFailureCode, CredentialView } from '../../src/auth/types.js';
import { createDeliveries } from '../../src/gateway/platforms/deliveries.js';
import type { ServerFacts } from '../../src/gateway/services.js';
import type { Reply } from '../../src/gateway/types.js';
import { reloadView } from '../../src/gateway/views/reload.js';
import { serverInFull } from '../../src/gateway/views/server.js';
import { type SignInItem, signInView } from '../../src/gateway/views/sign-in.js';
import { statusList } from '../../src/gateway/views/status.js';
import { testView } from '../../src/gateway/views/test.js';
import { toolsView } from '../../src/gateway/views/tools.js';
import { usersView } from '../../src/gateway/views/users.js';
import { failureNext, failureSentence, oneLine } from '../../src/gateway/wording.js';
import type { Probe, ProbeResult } from '../../src/mcp/types.js';
import { ana } from '../helpers/gateway-setup.js';
import { httpServer, keyServer, oauthServer, stdioServer } from '../helpers/memory-auth.js';
import { asText, expectDeliverable, NEVER_SHOWN } from '../helpers/recording-adapter.js';

const CODES: readonly AuthFailureCode[] = [
  'unreachable',
  'timeout',
  'too-large',
  'http-error',
  'bad-metadata',
  'blocked-address',
  'insecure-endpoint',
  'issuer-mismatch',
  'pkce-unsupported',
  'device-unsupported',
  'registration-refused',
  'provider-refused',
  'client-refused',
  'credential-refused',
  'store-unavailable',
  'too-many-pending',
  'rate-limited',
  'internal',
];

/** Text of others: anything, but what the test itself looks for. */
const text = fc.string({ unit: 'binary', maxLength: 600 }).filter((one) => !NEVER_SHOWN.test(one));
const ms = fc.oneof(fc.integer({ min: 0, max: 2e12 }), fc.double({ min: -1e20, max: 1e20, noNaN: true }));
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });
/** As records are: an absent member is not there. */
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }, optional: readonly (keyof T)[] = []) =>
  fc.record(model, {
    requiredKeys: (Object.keys(model) as (keyof T)[]).filter((key) => !optional.includes(key)),
  });

const failure = record<Required<AuthFailure>>(
  { code: fc.constantFrom(...CODES), detail: text, host: text, error: text, rfc: text },
  ['host', 'error', 'rfc'],
) as fc.Arbitrary<AuthFailure>;

const server = fc.constantFrom(
  httpServer('plain'),
  oauthServer('linear'),
  oauthServer('wiki', { credentials: 'shared' }),
  keyServer('github', 'GITHUB_TOKEN'),
  keyServer('search', 'KEY', 'value'),
  stdioServer('files'),
  oauthServer('off', { enabled: false }),
);

const refused = record({ sinceMs: ms, code: text });
const credential = fc.oneof(
  fc.constant({ kind: 'unreadable', subject: 'a', server: 's' } as const),
  record(
    {
      kind: fc.constant('oauth' as const),
      subject: text,
      server: text,
      scope: text,
      issuedAtMs: ms,
      expiresAtMs: ms,
      refreshable: fc.boolean(),
      issuer: text,
      registration: fc.constantFrom('dynamic' as const, 'pre-registered' as const),
      refused,
    },
    ['scope', 'expiresAtMs', 'refused'],
  ),
  record(
    {
      kind: fc.constant('keys' as const),
      subject: text,
      server: text,
      masked: fc.dictionary(fc.constantFrom('GITHUB_TOKEN', 'KEY'), text),
      issuedAtMs: ms,
      unproven: fc.boolean(),
      refused,
    },
    ['refused'],
  ),
) as fc.Arbitrary<CredentialView>;

const result = fc.oneof(
  record(
    {
      kind: fc.constant('ready' as const),
      tools: fc.array(record({ name: text, description: text }), { maxLength: 20 }),
      protocolVersion: text,
      software: text,
      authenticated: fc.boolean(),
    },
    ['software'],
  ),
  record(
    { kind: fc.constant('needs-sign-in' as const), reason: fc.constantFrom('never', 'refused'), sinceMs: ms },
    ['sinceMs'],
  ),
  record({ kind: fc.constant('needs-key' as const), reason: fc.constantFrom('missing', 'refused') }),
  record({ kind: fc.constant('needs-scope' as const), scopes: fc.array(text) }),
  record({ kind: fc.constant('unreachable' as const), failure }),
) as fc.Arbitrary<ProbeResult>;

const probe = record({
  server: text,
  subject: text,
  atMs: ms,
  latencyMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
  sinceMs: ms,
  result,
}) as fc.Arbitrary<Probe>;

const signInResult = fc.oneof(
  record(
    {
      kind: fc.constant('connected' as const),
      tools: fc.nat(),
      unproven: fc.boolean(),
      masked: fc.dictionary(text, text, { maxKeys: 2 }),
    },
    ['tools', 'unproven', 'masked'],
  ),
  fc.constantFrom('declined', 'cancelled', 'replaced', 'wrong-code', 'interrupted').map((kind) => ({ kind })),
  record({ kind: fc.constant('expired' as const), lifetimeMs: ms }),
  record({ kind: fc.constant('failed' as const), failure }),
) as fc.Arbitrary<SignInResult>;

const common = {
  id: fc.constant('id'),
  server: fc.constant('linear'),
  subject: text,
  startedBy: text,
  account: fc.constant({ platform: 'Web chat', name: '@ana' }),
  origin: fc.constant(null),
  method: fc.constantFrom('oauth', 'key-form'),
};
const state = fc.oneof(
  fc.record({
    ...common,
    kind: fc.constant('pending'),
    host: text,
    url: fc.constant('https://gateway.example/connect/id'),
    expiresAtMs: ms,
  }),
  fc.record({ ...common, kind: fc.constant('finishing'), sinceMs: ms }),
  fc.record({ ...common, kind: fc.constant('waiting-for-code'), expiresAtMs: ms, triesLeft: fc.nat(5) }),
  fc.record({ ...common, kind: fc.constant('ended'), atMs: ms, result: signInResult }),
  fc.constant({ kind: 'unknown' }),
) as fc.Arbitrary<SignInState>;

const names = fc.constant(['GITHUB_TOKEN']);
const item = fc.oneof(
  fc.record({ server: fc.constant('linear'), kind: fc.constant('starting') }),
  fc.record({ server: fc.constant('linear'), kind: fc.constant('sign-in'), state, lifetimeMs: ms }),
  fc.record({ server: fc.constant('linear'), kind: fc.constant('failed'), failure }),
  fc.record({
    server: fc.constant('github'),
    kind: fc.constant('key'),
    names,
    tried: fc.record({ kind: fc.constant('malformed'), name: text, why: text }),
  }),
  fc.record({ server: fc.constant('github'), kind: fc.constant('key'), names }),
) as fc.Arbitrary<SignInItem>;

const facts = fc
  .record({ server, credential: maybe(credential), open: maybe(state), probe: maybe(probe) })
  .map(({ server: one, ...rest }): ServerFacts => {
    const present = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
    return { server: one, subject: one.credentials === 'shared' ? 'shared' : 'ana', ...present };
  });
const viewer = fc.record({ admin: fc.boolean(), forms: fc.boolean(), nowMs: ms });

function holds(views: fc.Arbitrary<Reply>): void {
  fc.assert(fc.property(views, expectDeliverable), { numRuns: 300 });
}

describe('whatever servers, providers and clocks say, every view is plain, short, deliverable text', () => {
  it('the list of servers', () => {
    holds(
      fc
        .tuple(fc.array(facts, { maxLength: 12 }), fc.integer({ min: 1, max: 5 }), viewer)
        .map((given) => statusList(...given)),
    );
  });

  it('one server in full', () => {
    holds(fc.tuple(facts, viewer).map((given) => serverInFull(...given)));
  });

  it('a test, and tools', () => {
    holds(fc.tuple(facts, viewer).map((given) => testView(...given)));
    holds(fc.tuple(facts, fc.integer({ min: 1, max: 9 }), viewer).map((given) => toolsView(...given)));
  });

  it('a sign-in message', () => {
    const message = fc.record({
      items: fc.array(item, { minLength: 1, maxLength: 8 }),
      more: fc.nat(5),
      forms: fc.boolean(),
    });
    holds(message.map(signInView));
  });

  it('the users, and a broken config', () => {
    const row = fc
      .record({ subject: text, server: text, refreshes: fc.boolean(), expiresAtMs: ms })
      .map((one) => ({ ...one, status: { kind: 'connected' } as const }));
    holds(
      fc
        .tuple(fc.array(row, { maxLength: 12 }), fc.integer({ min: 1, max: 3 }), ms)
        .map((given) => usersView(...given)),
    );
    holds(
      fc
        .array(text, { minLength: 1, maxLength: 12 })
        .map((problems) => reloadView({ kind: 'broken', problems })),
    );
  });
});

describe('the sentences of failures', () => {
  it('each code has one, without jargon, and a next step', () => {
    const rows = CODES.map((code) => {
      const one = { code, detail: 'x', host: 'as.example' };
      return `${code.padEnd(20)} ${failureSentence(one)} → ${failureNext(one)}`;
    });
    expect(rows.join('\n')).toMatchInlineSnapshot(`
      "unreachable          as.example could not be reached → try-again
      timeout              as.example did not answer in time → try-again
      too-large            as.example answered with far too much data → operator
      http-error           as.example answered with an error → try-again
      bad-metadata         as.example does not say how to sign in → operator
      blocked-address      as.example leads to an address that this gateway may not contact → operator
      insecure-endpoint    as.example asks for a connection that is not secure → operator
      issuer-mismatch      as.example is not the provider that was expected → operator
      pkce-unsupported     as.example lacks a protection that every sign-in here needs → operator
      device-unsupported   as.example does not let people sign in by a code → operator
      registration-refused as.example does not let this gateway register by itself → operator
      provider-refused     as.example refused the sign-in → try-again
      client-refused       as.example does not accept this gateway as it is configured → operator
      credential-refused   as.example did not accept the new sign-in → try-again
      store-unavailable    this gateway’s storage failed → try-again
      too-many-pending     you have too many sign-ins open → cancel
      rate-limited         too much was asked of this gateway just now → try-again
      internal             something went wrong in this gateway → try-again"
    `);
    expect(rows.map((row) => row.slice(20)).join()).not.toMatch(
      /invalid_grant|PKCE|metadata|RFC|redirect_uri|TLS|DNS/,
    );
  });

  it('each ends in a button, or names who can help', () => {
    for (const code of CODES) {
      const shown = asText(
        signInView({
          items: [{ server: 'linear', kind: 'failed', failure: { code, detail: 'secret detail' } }],
          more: 0,
          forms: true,
        }),
      );
      expect(shown).toMatch(/\[Try again\]|\[Cancel all\]|Ask whoever runs this gateway/);
      expect(shown).not.toContain('secret detail');
    }
  });
});

describe('text of others', () => {
  it('is one short line without control, direction or line characters', () => {
    expect(oneLine('a\r\nb\u202ec\u0000d\u2028e', 80)).toBe('a b c d e');
    expect(oneLine('x'.repeat(100), 10)).toBe(`${'x'.repeat(9)}…`);
  });
});

describe('repeated deliveries', () => {
  it('are known again, of each person for themselves, and the oldest are forgotten', () => {
    const deliveries = createDeliveries(2);
    const from = (deliveryId: string) => ({ deliveryId, actor: ana, words: [], conversation: {} });
    expect(deliveries.isNew(from('1'))).toBe(true);
    expect(deliveries.isNew(from('1'))).toBe(false);
    expect(deliveries.isNew({ ...from('1'), actor: { ...ana, userId: 'ben' } })).toBe(true);
    for (const later of ['2', '3', '4']) expect(deliveries.isNew(from(later))).toBe(true);
    for (const latest of ['3', '4']) expect(deliveries.isNew(from(latest))).toBe(false);
    expect(deliveries.isNew(from('1'))).toBe(true);
  });
});
