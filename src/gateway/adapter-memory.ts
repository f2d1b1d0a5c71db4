import { recordKey, type Store } from '../storage/types.js';
import { unlessUnreadable } from '../storage/unreadable.js';
import type { AdapterMemory, Json, Platform } from './types.js';

/** One adapter's own corner of the store. */
export function createAdapterMemory(store: Store, platform: Platform): AdapterMemory {
  const name = `chat-${platform}`;
  const records = store.records<Json>(name);
  return {
    // All of it can be made anew, or is told by another way: a damaged record must not hold up news until it expires.
    get: (key) => unlessUnreadable(records.get(recordKey(key))),
    set: (key, value, ttlMs) => records.set(recordKey(key), value, ttlMs),
    take: (key) => store.claim<Json>(name, recordKey(key)),
    first: (key, ttlMs) =>
      store.lock(recordKey(name, key), async () => {
        if ((await records.get(recordKey(key))) !== undefined) return false;
        await records.set(recordKey(key), true, ttlMs);
        return true;
      }),
  };
}
