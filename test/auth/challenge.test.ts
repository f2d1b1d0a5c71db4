import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChallenge } from '../../src/auth/discovery/challenge.js';
import { fuzzing } from '../helpers/fuzzing.js';

const plain = (header: string | null) => {
  const { resourceMetadataUrl, ...rest } = parseChallenge(header);
  return { ...(resourceMetadataUrl === undefined ? {} : { metadata: resourceMetadataUrl.href }), ...rest };
};

const BEARER = { error: 'insufficient_scope', scope: 'b' };

describe('a WWW-Authenticate header (RFC 9110 §11.6.1, RFC 6750 §3, RFC 9728 §5.1)', () => {
  it.each([
    [null, {}],
    ['', {}],
    ['Bearer', {}],
    ['Bearer scope="a b"', { scope: 'a b' }],
    ['bearer scope=a', { scope: 'a' }],
    ['Bearer realm="x", scope="a  b"', { scope: 'a b' }],
    ['Bearer resource_metadata="https://h.example/m?x=1"', { metadata: 'https://h.example/m?x=1' }],
    ['Bearer resource_metadata="not a url", scope="a"', { scope: 'a' }],
    ['Bearer error="insufficient_scope", scope="w"', { error: 'insufficient_scope', scope: 'w' }],
    // The SDK's reading finds these in the wrong place, or not at all.
    ['Basic realm="x", Bearer scope="a"', { scope: 'a' }],
    ['Negotiate YWJjZA==, Bearer scope="a"', { scope: 'a' }],
    ['Bearer scope="a", Basic realm="scope=b"', { scope: 'a' }],
    ['Bearer error_description="scope=evil", scope="a"', { scope: 'a' }],
    ['Bearer x_scope="evil", scope="a"', { scope: 'a' }],
    ['Bearer error_description="say \\"hi\\"", scope="a"', { scope: 'a' }],
    ['Bearer scope="first", scope="second"', { scope: 'first' }],
    ['Basic scope="not for us"', {}],
    ['DPoP scope="a", algs="ES256"', { scope: 'a' }],
    // What is for our kind of token counts, wherever it stands; a challenge that says nothing hides none.
    ['DPoP algs="ES256", scope="d", Bearer error="insufficient_scope", scope="b"', BEARER],
    ['Bearer, Bearer error="insufficient_scope", scope="b"', BEARER],
    ['Bearer realm="proxy", Bearer error="insufficient_scope", scope="b"', BEARER],
    [
      'Bearer, DPoP algs="ES256", resource_metadata="https://h.example/m"',
      { metadata: 'https://h.example/m' },
    ],
    ['Bearer scope="a\u0007 b"', { scope: 'b' }],
    ['Bearer error="<script>"', {}],
    ['Bearer scope="unclosed', {}],
    ['===', {}],
  ])('%s', (header, expected) => {
    expect(plain(header)).toEqual(expected);
  });

  it('of 100 kB is cut, and a scope beyond reason is no scope', () => {
    expect(plain(`Bearer scope="${'a '.repeat(50_000)}"`)).toEqual({});
    expect(plain(`Bearer scope="${'a '.repeat(1500)}"`)).toEqual({});
  });

  it('whatever it holds, is read without an error, and what comes out is clean', () => {
    const part = fc.oneof(
      fc.string({ maxLength: 40, unit: 'binary' }),
      fc.constantFrom('Bearer ', 'scope="', '"', ', ', '=', 'resource_metadata=', '\\', 'Basic '),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
        const { scope, error } = parseChallenge(parts.join(''));
        expect(scope ?? '').toMatch(/^[\x20\x21\x23-\x5B\x5D-\x7E]*$/);
        expect(error ?? 'x').toMatch(/^[\w.-]{1,64}$/);
      }),
      fuzzing('challenges', 2000),
    );
  });

  it('is read in time that grows with its length alone', () => {
    const started = performance.now();
    for (const unit of ['Bearer ', 'a=', '"', '\\"', ' ,', 'a '])
      parseChallenge(`Bearer x="${unit.repeat(200_000)}`);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
