import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from './observability/log.js';

export interface Sweeping {
  stop(): Promise<void>;
}

/** One sweep after another, never two at once; a failing one is logged and the next one tries again. */
export function keepSweeping(everyMs: number, log: Log, sweep: () => Promise<void>): Sweeping {
  const ending = new AbortController();
  const run = async () => {
    while (!ending.signal.aborted) {
      await sweep().catch((error: unknown) => log.warn({ error }, 'looking for ended sign-ins failed'));
      await sleep(everyMs, undefined, { signal: ending.signal, ref: false }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    async stop() {
      ending.abort();
      await running;
    },
  };
}
