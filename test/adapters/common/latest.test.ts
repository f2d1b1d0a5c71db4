import { expect, it } from 'vitest';
import { createLatest } from '../../../src/adapters/common/latest.js';

it('remembers at least the latest, the oldest first, and never twice as many', () => {
  const latest = createLatest<number>(3);
  for (let n = 0; n < 100; n += 1) {
    latest.add(`k${n}`, n);
    const all = latest.all();
    expect(all.length).toBeLessThanOrEqual(6);
    const most = Math.min(3, n + 1);
    expect(all.slice(-most)).toEqual(Array.from({ length: most }, (_, at) => n - most + 1 + at).map(entry));
  }
  expect(latest.of('k99')).toBe(99);
  expect(latest.of('k0')).toBeUndefined();
});

it('knows what it remembers again, which becomes the latest with its new value', () => {
  const latest = createLatest<number>(2);
  for (const n of [1, 2, 3]) latest.add(`k${n}`, n);
  latest.add('k1', 10);
  expect(latest.all()).toEqual([
    ['k2', 2],
    ['k3', 3],
    ['k1', 10],
  ]);
  expect(latest.of('k1')).toBe(10);
});

const entry = (n: number): [string, number] => [`k${n}`, n];
