import type { Observed } from '../observability/observed.js';
import { keySegments, type Store } from './types.js';

/** Replicas wait for it all their life long. */
const TURN = 'turn';

/** The same store, with how long its locks were waited for. */
export function observedStore(store: Store, observed: Pick<Observed, 'lock'>): Store {
  return {
    records: (name) => store.records(name),
    claim: (name, key) => store.claim(name, key),
    lock: (name, work) => {
      const sinceMs = performance.now();
      // The first segment of a lock's name is a word of ours; what follows may be somebody's.
      const kind = keySegments(name)[0] ?? '';
      return store.lock(name, (lease) => {
        if (kind !== TURN) observed.lock(kind, (performance.now() - sinceMs) / 1000);
        return work(lease);
      });
    },
    watch: (name, changed) => store.watch(name, changed),
    close: () => store.close(),
  };
}
