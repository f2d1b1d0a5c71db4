import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Does `work` until it succeeds or `signal` aborts. `pauseAfter` tells of a failure and gives the wait before the next
 * try; undefined: there is none.
 */
export async function keepTrying(
  work: () => Promise<void>,
  pauseAfter: (error: unknown) => number | undefined,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      return await work();
    } catch (error) {
      const pauseMs = signal.aborted ? undefined : pauseAfter(error);
      if (pauseMs === undefined) return;
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
}
