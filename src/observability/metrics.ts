import type { Gauges, Instruments } from './instruments.js';
import type { Observed } from './observed.js';

export interface Metrics {
  readonly observed: Observed;
  text(): ReturnType<Instruments['text']>;
}

type Observation = (to: Observed) => void;

/** Until then it is not needed; from then on it is cheaper than keeping what it would count. */
const MOST_WAITING = 1_000;

/**
 * Counts from the start and loads what counts (prom-client) with the first request for `/metrics`, or with the
 * thousandth observation: a start does not pay for it, and nothing is missed.
 */
export function createMetrics(gauges: Gauges, version: string): Metrics {
  let loading: Promise<Instruments> | undefined;
  let loaded: Instruments | undefined;
  let waiting: Observation[] = [];

  function load(): Promise<Instruments> {
    loading ??= import('./instruments.js').then(({ createInstruments }) => {
      const instruments = createInstruments(gauges, version);
      loaded = instruments;
      for (const tell of waiting) tell(instruments.observed);
      waiting = [];
      return instruments;
    });
    return loading;
  }

  function observe(tell: Observation): void {
    if (loaded === undefined) waiting.push(tell);
    else tell(loaded.observed);
    if (waiting.length === MOST_WAITING) void load();
  }

  return {
    observed: {
      command: (...told) => observe((to) => to.command(...told)),
      signIn: (...told) => observe((to) => to.signIn(...told)),
      refresh: (...told) => observe((to) => to.refresh(...told)),
      delivery: (...told) => observe((to) => to.delivery(...told)),
      lock: (...told) => observe((to) => to.lock(...told)),
      limit: (...told) => observe((to) => to.limit(...told)),
    },
    text: async () => (await load()).text(),
  };
}
