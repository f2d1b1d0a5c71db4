import { describe, expect, it } from 'vitest';
import { createPauses } from '../../../src/adapters/common/pauses.js';
import { plainReason } from '../../../src/adapters/discord/connection/api.js';

/** Beyond this a timer fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

describe('a wait that the platform asks for', () => {
  it.each([1e12, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY])(
    'never becomes none, however long: %d ms',
    (askedMs) => {
      const pauses = createPauses({ firstMs: 50, longestMs: 200 }, () => 0);
      const waitMs = pauses.next(askedMs);
      expect(waitMs).toBeGreaterThan(200);
      expect(waitMs).toBeLessThan(LONGEST_TIMER_MS);
      expect(pauses.next()).toBeLessThan(LONGEST_TIMER_MS);
    },
  );
});

it('a reason of megabytes does not hold up everybody while addresses are looked for in it', () => {
  expect(plainReason('a.'.repeat(2_000_000)).length).toBeLessThanOrEqual(200);
});
