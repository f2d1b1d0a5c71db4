import { setTimeout as sleep } from 'node:timers/promises';
import type { InTurn } from '../gateway/types.js';
import type { Log } from '../observability/log.js';

export interface Sweeping {
  stop(): Promise<void>;
}

export interface SweepingOptions {
  readonly everyMs: number;
  readonly log: Log;
  /** What is swept, for the log: "ended sign-ins". */
  readonly what: string;
  /** Where one replica is to do it for all. */
  readonly inTurn?: InTurn | undefined;
}

const byEach: InTurn = (work, ending) => work(ending);

/** One sweep after another, never two at once; a failing one is logged and the next one tries again. */
export function keepSweeping(
  { everyMs, log, what, inTurn = byEach }: SweepingOptions,
  sweep: () => Promise<void>,
): Sweeping {
  const ending = new AbortController();
  const running = inTurn(async (signal) => {
    while (!signal.aborted) {
      await sweep().catch((error: unknown) => log.warn({ error }, `looking for ${what} failed`));
      await sleep(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }, ending.signal);
  return {
    async stop() {
      ending.abort();
      await running;
    },
  };
}
