import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/observability/log.js';
import { scrub } from '../../src/observability/scrub.js';

function logged(facts: object, message = 'said'): string {
  let text = '';
  createLog('trace', {
    write(line: string) {
      text += line;
    },
  }).info(facts, message);
  return text;
}

describe('the log', () => {
  it('takes out what travels under a secret name, at any depth', () => {
    const text = logged({
      access_token: 's3cret-a',
      nested: { list: [{ refreshToken: 's3cret-b', fields: { KEY: 's3cret-c' } }] },
    });
    expect(text).not.toContain('s3cret');
    expect(text).toContain('[redacted]');
  });

  it('keeps the word of ours that says what failed, and no other code', () => {
    const text = logged({
      code: 's3cret-a',
      failure: { code: 'blocked-address', detail: 'no', nested: { code: 's3cret-b' } },
      list: [{ failure: { code: 's3cret-c' } }, { failure: { code: 4711 } }, { failure: 'timeout' }],
    });
    expect(text).toContain('"failure":{"code":"blocked-address","detail":"no"');
    expect(text).not.toMatch(/s3cret|4711/);
  });

  it('takes query strings, bearer values and JWTs out of texts and errors, causes included', () => {
    const cause = new Error('GET https://as.example/cb?code=s3cret-1&state=s3cret-2 said Bearer s3cret-3');
    const text = logged({
      error: new Error('failed: eyJhbGciOi.eyJzdWIi.s3cret-4', { cause }),
      url: new URL('https://a.example/x?state=s3cret-5'),
    });
    expect(text).not.toContain('s3cret');
    expect(text).toContain('https://as.example/cb?…');
  });

  it('keeps one line a record that moves no cursor and turns no text, whatever the facts hold', () => {
    const hostile = 'a\nb\u2028c\u2029d\u0085e\u009b2Jf\u001b[31mg\u202eh';
    const text = logged({ detail: hostile, error: new Error(hostile, { cause: hostile }) }).trimEnd();
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });

  it('takes out what libraries quote of an answer, and what stands behind the name of a secret', () => {
    const echoed =
      'HTTP 400: Invalid OAuth error response: SyntaxError. Raw body: <pre>\ncode s3cret-1\n</pre>';
    const form = 'access_token=s3cret-2';
    const parse = () => JSON.parse(form);
    for (const error of [
      new Error(echoed),
      new Error(`code_verifier=s3cret-3&{"client_secret": "s3cret-4"}`),
    ])
      expect(logged({ error, cause: new Error('x', { cause: error }) })).not.toContain('s3cret');
    expect(parse).toThrow();
    try {
      parse();
    } catch (error) {
      expect(logged({ error })).toContain('not valid JSON');
      expect(logged({ error })).not.toContain('access_tok');
    }
  });

  it('ends on values that refer to themselves', () => {
    const loop: { self?: unknown } = {};
    loop.self = loop;
    expect(JSON.stringify(scrub(loop))).toContain('…');
  });
});
