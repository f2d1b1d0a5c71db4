import { describe, expect, it } from 'vitest';
import { createLog, scrub } from '../../src/observability/log.js';

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

  it('takes query strings, bearer values and JWTs out of texts and errors, causes included', () => {
    const cause = new Error('GET https://as.example/cb?code=s3cret-1&state=s3cret-2 said Bearer s3cret-3');
    const text = logged({
      error: new Error('failed: eyJhbGciOi.eyJzdWIi.s3cret-4', { cause }),
      url: new URL('https://a.example/x?state=s3cret-5'),
    });
    expect(text).not.toContain('s3cret');
    expect(text).toContain('https://as.example/cb?…');
  });

  it('keeps one line a record, whatever the facts hold', () => {
    expect(logged({ detail: 'a\nb\u2028c' }).trimEnd().split('\n')).toHaveLength(1);
  });

  it('ends on values that refer to themselves', () => {
    const loop: { self?: unknown } = {};
    loop.self = loop;
    expect(JSON.stringify(scrub(loop))).toContain('…');
  });
});
