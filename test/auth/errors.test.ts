import {
  IssuerMismatchError,
  OAuthError,
  RegistrationRejectedError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
} from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { AuthError, cleanDetail, failureOf, GuardedFetchError } from '../../src/auth/errors.js';
import { StoreError } from '../../src/storage/types.js';

const system = (code: string) => Object.assign(new Error(`connect ${code}`), { code });
const blocked = new GuardedFetchError(
  'blocked-address',
  'auth.example',
  'refused to connect to auth.example',
);

describe('the reason of a failure', () => {
  it.each([
    [
      'a block, wherever it is nested',
      new SdkError(SdkErrorCode.EraNegotiationFailed, 'x', undefined, {
        cause: new TypeError('fetch failed', { cause: blocked }),
      }),
      'blocked-address',
    ],
    ['what auth found out itself', new AuthError('pkce-unsupported', 'no S256'), 'pkce-unsupported'],
    ['a store that fails', new StoreError('lock_timeout', 'busy'), 'store-unavailable'],
    ['a refused connection', new TypeError('fetch failed', { cause: system('ECONNREFUSED') }), 'unreachable'],
    [
      'all addresses refused',
      new TypeError('fetch failed', {
        cause: new AggregateError([system('ECONNREFUSED'), system('ETIMEDOUT')]),
      }),
      'unreachable',
    ],
    [
      'a name without an address',
      new TypeError('fetch failed', { cause: system('ENOTFOUND') }),
      'unreachable',
    ],
    [
      'a certificate',
      new TypeError('fetch failed', { cause: system('DEPTH_ZERO_SELF_SIGNED_CERT') }),
      'unreachable',
    ],
    ['a bare network failure', new TypeError('fetch failed'), 'unreachable'],
    ['a silent server', new SdkError(SdkErrorCode.RequestTimeout, 'Request timed out'), 'timeout'],
    ['an aborted wait', AbortSignal.timeout(0).reason ?? new DOMException('late', 'TimeoutError'), 'timeout'],
    ['another issuer', new IssuerMismatchError('metadata', 'https://a', 'https://b'), 'issuer-mismatch'],
    [
      'a refused registration',
      new RegistrationRejectedError({ status: 400, body: '{}', submittedMetadata: { redirect_uris: [] } }),
      'registration-refused',
    ],
    ['an OAuth error', new OAuthError('invalid_scope', 'no'), 'provider-refused'],
    [
      'an answer that the SDK makes an OAuth error of',
      new OAuthError('server_error', 'HTTP 302: Invalid OAuth error response: SyntaxError. Raw body: <b>'),
      'http-error',
    ],
    [
      '401',
      new SdkHttpError(SdkErrorCode.ClientHttpAuthentication, 'no', { status: 401 }),
      'credential-refused',
    ],
    [
      'an unexpected status',
      new SdkHttpError(SdkErrorCode.ClientHttpNotImplemented, 'no', { status: 500 }),
      'http-error',
    ],
    ['no JSON', new SyntaxError('Unexpected token <'), 'bad-metadata'],
    ['a surprise', new RangeError('oops'), 'internal'],
    ['something thrown that is no error', 'oops', 'internal'],
  ])('%s', (_what, error, code) => {
    expect(failureOf(error).code).toBe(code);
  });

  it('is told by the cause, where fetch itself says nothing', () => {
    const badPort = new TypeError('fetch failed', { cause: new Error('bad port') });
    expect(failureOf(badPort)).toEqual({ code: 'unreachable', detail: 'Error: bad port' });
  });

  it('names the host', () => {
    expect(failureOf(new TypeError('fetch failed', { cause: blocked }))).toEqual({
      code: 'blocked-address',
      host: 'auth.example',
      detail: 'refused to connect to auth.example',
      rfc: 'RFC 9728 §7.7',
    });
  });

  it('keeps the OAuth code in the detail', () => {
    expect(failureOf(new OAuthError('invalid_scope', 'nope')).detail).toBe('invalid_scope: nope');
  });
});

describe('a detail', () => {
  it('is one line of at most 200 characters, without control characters', () => {
    const detail = cleanDetail(`a\r\nb\u0000\u001b[31mc\u202e${'x '.repeat(400)}`);
    expect(detail).toMatch(/^a b \[31mc x x/);
    expect(detail).not.toMatch(/\p{Cc}|\p{Cf}/u);
    expect(detail).toHaveLength(200);
  });

  it.each([
    'GET https://a.example/cb?code=SECRET#state=SECRET failed',
    'https://user:SECRET@a.example/',
    'Authorization: Bearer SECRET',
    'token eyJhbGciOi.SECRETSECRET.SECRET was refused',
    'refresh token 0SECRETxSECRETxSECRETxSECRET9 unknown',
  ])('has no secret in it: %s', (text) => {
    expect(cleanDetail(text)).not.toContain('SECRET');
  });
});
