import { describe, expect, it } from 'vitest';
import { crashLine } from '../../src/cli/crash.js';
import { failureSentence, VerbError } from '../../src/cli/failure.js';

const MESSAGE = 'GET https://a.example/cb?code=s3cret-1 with Bearer s3cret-2 failed';
const error = Object.assign(new TypeError(MESSAGE, { cause: new Error('state=s3cret-3') }), {
  headers: { authorization: 'Bearer s3cret-4' },
  input: 'https://a.example/cb?code=s3cret-5',
});

describe('an error that nobody planned', () => {
  it('that nobody caught is one line with its place, its causes and none of its properties', () => {
    const line = crashLine(error, 'unhandledRejection', new Date(0));
    expect(JSON.parse(line)).toMatchObject({
      level: 60,
      time: '1970-01-01T00:00:00.000Z',
      origin: 'unhandledRejection',
      error: { type: 'TypeError', message: 'GET https://a.example/cb?… with Bearer … failed' },
    });
    expect(line).toContain('crash.test');
    expect(line).not.toMatch(/s3cret|\n/);
  });

  it('that ends a verb is told without what looks secret in it, with its stack too', () => {
    for (const withStack of [true, false]) expect(failureSentence(error, withStack)).not.toContain('s3cret');
    expect(failureSentence(error, true)).toContain('crash.test');
    expect(failureSentence('Bearer s3cret-6', false)).toBe('Failed: Bearer …');
    expect(failureSentence(new VerbError('Write redis://HOST.', 2), false)).toBe('Write redis://HOST.');
  });
});
