import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCredentialForm, writeCredentialForm } from '../../src/auth/credentials/credential-form.js';
import type { OAuthCredential } from '../../src/auth/types.js';

const read = (fields: unknown) => readCredentialForm(JSON.stringify(fields));
const expiresOf = (more: object) => {
  const found = read({ access_token: 'a', ...more });
  if (found.kind !== 'form') throw new Error(`${found.field}: ${found.why}`);
  return found.form.expires;
};
const AT = Date.parse('2026-11-27T10:00:00Z');

describe('when a token expires', () => {
  it.each([
    ['seconds since 1970', { expires_at: AT / 1000 }, AT],
    ['milliseconds since 1970', { expires_at: AT }, AT],
    ['either of them as text', { expires_at: `${AT / 1000}` }, AT],
    ['seconds with a fraction', { expires_at: AT / 1000 + 0.25 }, AT + 250],
    ['a date', { expires_at: '2026-11-27T10:00:00Z' }, AT],
    ['a date with an offset', { expires_at: '2026-11-27T11:00:00+01:00' }, AT],
    ['a lifetime and when it began', { expires_in: 3600, obtained_at: AT / 1000 }, AT + 3_600_000],
    ['the same in milliseconds and text', { expires_in: '3600', obtained_at: AT }, AT + 3_600_000],
    ['both: the moment counts', { expires_at: AT, expires_in: 9, obtained_at: 5 }, AT],
    ['a lifetime alone: nobody knows since when', { expires_in: 3600 }, 'at-first-use'],
    ['nothing', {}, undefined],
    ['null, as for everything that is not there', { expires_at: null, expires_in: null }, undefined],
  ])('%s', (_what, fields, expected) => {
    expect(expiresOf(fields)).toBe(expected);
  });
});

describe('what cannot be used', () => {
  const CANARY = 'tok-canary-91f';
  it.each([
    ['', undefined],
    ['not json', undefined],
    [`{"access_token":"${CANARY}"`, undefined],
    [JSON.stringify([CANARY]), undefined],
    [JSON.stringify(CANARY), undefined],
    ['null', undefined],
    ['{}', 'access_token'],
    [JSON.stringify({ access_token: '' }), 'access_token'],
    [JSON.stringify({ access_token: { token: CANARY } }), 'access_token'],
    [JSON.stringify({ access_token: `${CANARY}\r\nx: y` }), 'access_token'],
    [JSON.stringify({ access_token: `${CANARY}ü` }), 'access_token'],
    [JSON.stringify({ access_token: 'a'.repeat(20_000) }), 'access_token'],
    [JSON.stringify({ access_token: 'a', refresh_token: 7 }), 'refresh_token'],
    [JSON.stringify({ access_token: 'a', scope: ['x'] }), 'scope'],
    [JSON.stringify({ access_token: 'a', expires_at: CANARY }), 'expires_at'],
    [JSON.stringify({ access_token: 'a', expires_at: -1 }), 'expires_at'],
    [JSON.stringify({ access_token: 'a', expires_at: 1e300 }), 'expires_at'],
    [JSON.stringify({ access_token: 'a', expires_at: true }), 'expires_at'],
    [JSON.stringify({ access_token: 'a', obtained_at: 'yesterday', expires_in: 1 }), 'obtained_at'],
    [JSON.stringify({ access_token: 'a', expires_in: 'soon' }), 'expires_in'],
    [JSON.stringify({ access_token: 'a', expires_in: -5 }), 'expires_in'],
    [JSON.stringify({ access_token: 'a', issuer: CANARY }), 'issuer'],
    [JSON.stringify({ access_token: 'a', token_endpoint: 'http://idp.example/token' }), 'token_endpoint'],
    [
      JSON.stringify({ access_token: 'a', token_endpoint: `https://u:${CANARY}@idp.example/` }),
      'token_endpoint',
    ],
    [JSON.stringify({ access_token: 'a', resource: 'javascript:alert(1)' }), 'resource'],
  ])('%#: is named, and not repeated', (input, field) => {
    const found = readCredentialForm(input);
    expect(found).toMatchObject({ kind: 'malformed', ...(field === undefined ? {} : { field }) });
    expect(JSON.stringify(found)).not.toContain(CANARY);
  });

  it('whatever JSON it is: it is read or named, and nothing is thrown', () => {
    const names = fc.constantFrom(
      'access_token',
      'refresh_token',
      'expires_at',
      'expires_in',
      'obtained_at',
      'issuer',
      '__proto__',
    );
    const any = fc.oneof(
      fc.dictionary(names, fc.jsonValue()).map((fields) => JSON.stringify(fields)),
      fc.json(),
      fc.string(),
    );
    fc.assert(
      fc.property(any, (input) => {
        expect(['form', 'malformed']).toContain(readCredentialForm(input).kind);
      }),
    );
  });
});

it('what it writes it reads again, and leaves out what is not there', () => {
  const credential: OAuthCredential = {
    kind: 'oauth',
    accessToken: 'a1',
    refreshToken: 'r1',
    scope: 'read write',
    issuedAtMs: AT,
    expiresAtMs: AT + 3_600_000,
    client: {
      kind: 'dynamic',
      clientId: 'c1',
      clientSecret: 's1',
      tokenEndpointAuthMethod: 'client_secret_post',
    },
    issuer: 'https://idp.example',
    tokenEndpoint: 'https://idp.example/token',
    revocationEndpoint: 'https://idp.example/revoke',
    resource: 'https://mcp.example/mcp',
  };
  const found = readCredentialForm(JSON.stringify(writeCredentialForm(credential)));
  expect(found).toEqual({
    kind: 'form',
    form: {
      accessToken: 'a1',
      refreshToken: 'r1',
      expires: AT + 3_600_000,
      scope: 'read write',
      clientId: 'c1',
      clientSecret: 's1',
      tokenEndpointAuthMethod: 'client_secret_post',
      issuer: 'https://idp.example',
      tokenEndpoint: 'https://idp.example/token',
      revocationEndpoint: 'https://idp.example/revoke',
      resource: 'https://mcp.example/mcp',
    },
  });
  const { refreshToken: _refresh, expiresAtMs: _expires, scope: _scope, ...bare } = credential;
  expect(Object.keys(writeCredentialForm(bare))).not.toContain('refresh_token');
});
