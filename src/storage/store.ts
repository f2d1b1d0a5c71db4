import { Keyv } from 'keyv';
import type { Engine } from './engine.js';
import { SealedRecords, textOf } from './sealing/sealed-records.js';
import type { Sealer } from './sealing/sealing.js';
import type { Records, Store } from './types.js';

interface Kept {
  readonly adapter: SealedRecords;
  readonly keyv: Keyv;
}

/**
 * A Store over an engine. Keyv holds the records; claims, locks, watching and listing go straight to the engine.
 *
 * @param sealer without one, records are kept as they are: only for an engine that keeps nothing
 * @param now in ms since the epoch
 */
export function createStore(engine: Engine, sealer: Sealer | undefined, now: () => number = Date.now): Store {
  const kept = new Map<string, Kept>();
  const keep = (name: string): Kept => {
    const known = kept.get(name);
    if (known) return known;
    const adapter = new SealedRecords(name, engine, sealer, now);
    const made = { adapter, keyv: openKeyv(adapter) };
    kept.set(name, made);
    return made;
  };
  return {
    records: <T>(name: string) =>
      recordsOf<T>(keep(name).keyv, {
        add: (key, value, ttlMs) => keep(name).adapter.add(key, value, ttlMs),
        replace: (key, isStill, value) => keep(name).adapter.replace(key, isStill, value),
        version: (key) => engine.version(name, key),
        keys: (prefix) => engine.keys(name, prefix),
      }),
    claim: (name, key) => keep(name).adapter.take(key),
    lock: (name, work) => engine.lock(name, work),
    watch: (name, changed) => engine.watch(name, changed),
    close: () => engine.close(),
  };
}

/**
 * `throwOnErrors`: Keyv's default turns an outage into "not found", which would read as "sign-in needed". The adapter
 * belongs to one name, so keys need no prefix; with one, `a:b` in `x` and `b` in `x:a` could meet.
 */
function openKeyv(store: SealedRecords): Keyv {
  return new Keyv({
    store,
    throwOnErrors: true,
    emitErrors: false,
    useKeyPrefix: false,
    serialize: ({ value }) => textOf(value),
  });
}

function recordsOf<T>(
  keyv: Keyv,
  beside: Pick<Records<T>, 'add' | 'replace' | 'version' | 'keys'>,
): Records<T> {
  return {
    get: (key) => keyv.get<T>(key),
    set: async (key, value, ttlMs) => {
      // To Keyv 0 means "for ever".
      if (ttlMs !== undefined && ttlMs <= 0) await keyv.delete(key);
      else await keyv.set(key, value, ttlMs);
    },
    delete: (key) => keyv.delete(key),
    ...beside,
  };
}
