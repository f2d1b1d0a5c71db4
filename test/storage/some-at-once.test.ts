import { describe, expect, it } from 'vitest';
import { someAtOnce } from '../../src/storage/some-at-once.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const numbers = Array.from({ length: 100 }, (_, at) => at);

describe('a few at once', () => {
  it('does all of the work in order of the items, and never more than eight at a time', async () => {
    let running = 0;
    let most = 0;
    const results = await someAtOnce(numbers, async (n) => {
      running += 1;
      most = Math.max(most, running);
      for (let turns = 0; turns < n % 3; turns += 1) await turn();
      running -= 1;
      return n * 2;
    });
    expect(results).toEqual(numbers.map((n) => n * 2));
    expect(most).toBe(8);
    expect(await someAtOnce([], turn)).toEqual([]);
  });

  it('begins nothing more once something failed', async () => {
    const begun: number[] = [];
    const failing = someAtOnce(numbers, async (n) => {
      begun.push(n);
      await turn();
      if (n === 3) throw new Error('away');
    });
    await expect(failing).rejects.toThrow('away');
    await turn();
    expect(begun.length).toBeLessThan(20);
  });
});
