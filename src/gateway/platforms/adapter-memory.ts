import { unlessUnreadable } from '../../storage/sealing/unreadable.js';
import { keySegments, recordKey, type Store } from '../../storage/types.js';
import type { AdapterMemory, Json, Platform } from '../types.js';

/** One adapter's own corner of the store. */
export function createAdapterMemory(store: Store, platform: Platform): AdapterMemory {
  const name = `chat-${platform}`;
  const records = store.records<Json>(name);
  return {
    // All of it can be made anew, or is told by another way: a damaged record must not hold up news until it expires.
    get: (key) => unlessUnreadable(records.get(keyOf(key))),
    set: (key, value, ttlMs) => records.set(keyOf(key), value, ttlMs),
    take: (key) => store.claim<Json>(name, keyOf(key)),
    first: (key, ttlMs, value = true) => records.add(keyOf(key), value, ttlMs),
    keys: async (prefix) => {
      const keys = await records.keys(recordKey(prefix));
      return keys.flatMap((key) => keySegments(key).slice(1));
    },
  };
}

/** What stands before the first `/` can be listed by itself. */
function keyOf(key: string): string {
  const [, head = key, rest = ''] = /^([^/]+)\/(.+)$/s.exec(key) ?? [];
  return rest === '' ? recordKey(key) : recordKey(head, rest);
}
