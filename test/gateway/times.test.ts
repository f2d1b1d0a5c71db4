import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { absolute, dated, duration, lasting, relative } from '../../src/gateway/times.js';
import { NEVER_SHOWN } from '../helpers/recording-adapter.js';

const NOW = Date.UTC(2026, 10, 21, 9, 23, 30);
const MINUTE = 60_000;

describe('times in people’s words', () => {
  it.each([
    [42 * MINUTE, 'in 42 min'],
    [10_000, 'in less than a minute'],
    [3 * 60 * MINUTE, 'in 3 h'],
    [3 * 24 * 60 * MINUTE, 'in 3 days'],
    [0, 'just now'],
    [-59_000, 'just now'],
    [-5 * MINUTE, '5 min ago'],
    [-25 * 60 * MINUTE, '25 h ago'],
    [-48 * 60 * MINUTE, '2 days ago'],
  ])('%i ms away is “%s”', (away, words) => {
    expect(relative(NOW + away, NOW)).toBe(words);
  });

  it.each([
    [600_000, '10 minutes'],
    [599_998, '10 minutes'],
    [60_000, '1 minute'],
    [90_000, '90 seconds'],
    [3_000, '3 seconds'],
    [1_000, '1 second'],
    [3_600_000, '1 hour'],
    [5_400_000, '90 minutes'],
    [3 * 86_400_000, '3 days'],
  ])('%i ms last “%s”', (ms, words) => {
    expect(lasting(ms)).toBe(words);
  });

  it('a date is relative first, absolute second, with its time zone', () => {
    expect(dated(NOW + 42 * MINUTE, NOW)).toBe('in 42 min (2026-11-21 10:05 UTC)');
  });

  it('a minute goes by without changing a word', () => {
    expect(relative(NOW, NOW + 1_000)).toBe(relative(NOW, NOW + 50_000));
  });

  it('no number makes them throw or speak nonsense: a provider may send any expires_in', () => {
    fc.assert(
      fc.property(fc.double(), fc.double(), (at, now) => {
        for (const text of [relative(at, now), absolute(at), duration(at), lasting(at), dated(at, now)]) {
          expect(text).not.toMatch(NEVER_SHOWN);
          expect(text.length).toBeGreaterThan(2);
        }
      }),
    );
  });
});
