import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { IssuedSecrets, type Place, SECRET_KINDS, spellings } from './issued-secrets.js';

const PLACES: readonly Place[] = [
  'log',
  'verb',
  'chat',
  'platform',
  'webhook registration',
  'page',
  'agent',
  'metrics',
  'readiness',
  'audit',
  'state',
];
const random = (): string => randomBytes(24).toString('base64url');

/** What is said of a text that holds `planted` where a secret was issued. */
function found(secret: string, planted: string, place: Place = 'log'): readonly string[] {
  const secrets = new IssuedSecrets();
  secrets.note('refresh token', secret);
  secrets.saw(place, `{"msg":"before ${planted} after"}`);
  return secrets.leaks();
}

describe('threat 15: the search for secrets finds what is planted', () => {
  it('of each kind, at each place but where it belongs', () => {
    for (const kind of SECRET_KINDS) {
      const hits = PLACES.filter((place) => {
        const secrets = new IssuedSecrets();
        secrets.saw(place, `x ${secrets.note(kind, random())} y`);
        return secrets.leaks().length > 0;
      });
      expect(hits, kind).toContain('log');
      expect(PLACES.length - hits.length, kind).toBeLessThanOrEqual(4);
    }
  });

  it('in each spelling, and where it stands in the middle of something encoded', () => {
    const secret = `${random()}/+ =&%"ü`;
    for (const spelt of spellings(secret)) expect(found(secret, spelt)).toHaveLength(1);
    for (const before of ['', 'c', 'cl', 'cli', 'clie']) {
      const basic = Buffer.from(`${before}:${secret}:x`);
      for (const encoding of ['base64', 'base64url', 'hex'] as const)
        expect(found(secret, basic.toString(encoding)), `${before} ${encoding}`).toHaveLength(1);
    }
  });

  it('cut at its beginning, its end or both, down to twelve characters', () => {
    const secret = random();
    for (const part of [secret.slice(0, 12), secret.slice(-12), secret.slice(7, 19)])
      expect(found(secret, part)).toHaveLength(1);
    expect(found(secret, secret.slice(0, 11))).toEqual([]);
  });

  it('and six digits, with or without a space, but not as a part of a number', () => {
    const digits = (text: string): number => {
      const secrets = new IssuedSecrets();
      secrets.note('digits', '482913');
      secrets.saw('log', text);
      return secrets.leaks().length;
    };
    expect([digits('code 482913.'), digits('482 913'), digits('?c=482%20913')]).toEqual([1, 1, 1]);
    expect([digits('bytes 14829137'), digits('0.482913'), digits('id482913')]).toEqual([0, 0, 0]);
  });

  it('and takes neither an empty secret nor an empty place for an answer', () => {
    const secrets = new IssuedSecrets();
    expect(() => secrets.note('state', '')).toThrow('no state');
    expect(() => secrets.note('state', undefined)).toThrow('no state');
    expect(() => secrets.saw('log', ' \n')).toThrow('nothing came out: log');
  });
});
