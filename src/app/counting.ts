import type { ChatAdapter } from '../gateway/types.js';
import { createMetrics, type Metrics } from '../observability/metrics.js';
import type { Store } from '../storage/types.js';
import { VERSION } from '../version.js';
import { readyReport } from './listeners.js';

/** Counting what is open reads a list of it; whoever scrapes more often gets the same number again. */
const COUNT_EVERY_MS = 15_000;

export interface CountingParts {
  /** Asked when somebody scrapes: never before it is there. */
  readonly store: () => Store;
  readonly adapters: () => readonly ChatAdapter[];
  readonly sessions?: () => number;
  readonly now: () => number;
}

/** The metrics, with what only the whole house knows. */
export function createCounting({ store, adapters, sessions, now }: CountingParts): Metrics {
  let counted: { readonly atMs: number; readonly count: number } | undefined;
  const pendingSignIns = async (): Promise<number> => {
    if (counted === undefined || now() - counted.atMs >= COUNT_EVERY_MS) {
      counted = { atMs: now(), count: (await store().records('open').keys()).length };
    }
    return counted.count;
  };
  const parts = async (): Promise<Readonly<Record<string, boolean>>> => {
    const { checks } = await readyReport(store(), adapters());
    return Object.fromEntries(Object.entries(checks).map(([part, state]) => [part, state === 'ok']));
  };
  return createMetrics({ pendingSignIns, parts, ...(sessions === undefined ? {} : { sessions }) }, VERSION);
}
