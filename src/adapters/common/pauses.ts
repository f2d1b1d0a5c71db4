export interface PauseLengths {
  readonly firstMs: number;
  readonly longestMs: number;
}

export const PAUSES: PauseLengths = { firstMs: 2_000, longestMs: 60_000 };

/** Whatever a platform asks for; a timer takes no more than 24 days, and fires at once beyond that. */
const LONGEST_ASKED_MS = 86_400_000;

/** How long to wait after each of several failures: ever longer, until it went well for longer than the longest wait. */
export function createPauses(
  { firstMs, longestMs }: PauseLengths,
  now: () => number,
): { next(atLeastMs?: number): number } {
  let lastMs = 0;
  let overAtMs = Number.NEGATIVE_INFINITY;
  return {
    next(atLeastMs = 0) {
      const calm = now() - overAtMs > longestMs;
      lastMs = calm ? firstMs : Math.min(longestMs, 2 * lastMs);
      const waitMs = Math.max(lastMs, Math.min(atLeastMs, LONGEST_ASKED_MS));
      overAtMs = now() + waitMs;
      return waitMs;
    },
  };
}
