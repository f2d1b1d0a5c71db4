import { type Records, type Store, StoreError } from '../../src/storage/types.js';

/** Which operation on which collection is to fail: `set` of `credentials`, or `claim`, `lock`. */
export type Failing = (
  operation: 'get' | 'set' | 'delete' | 'keys' | 'claim' | 'lock',
  name: string,
) => boolean;

/** A store whose disk is full, or whose server is away, exactly where and when the test says so. */
export function failingStore(store: Store, fails: Failing): Store {
  const checked = async <T>(
    operation: Parameters<Failing>[0],
    name: string,
    work: () => Promise<T>,
  ): Promise<T> => {
    if (fails(operation, name)) throw new StoreError('store_unavailable', `${operation} of ${name} failed`);
    return work();
  };
  return {
    ...store,
    records<T>(name: string): Records<T> {
      const records = store.records<T>(name);
      return {
        get: (key) => checked('get', name, () => records.get(key)),
        set: (key, value, ttlMs) => checked('set', name, () => records.set(key, value, ttlMs)),
        add: (key, value, ttlMs) => checked('set', name, () => records.add(key, value, ttlMs)),
        replace: (key, isStill, value) =>
          checked('get', name, () => checked('set', name, () => records.replace(key, isStill, value))),
        delete: (key) => checked('delete', name, () => records.delete(key)),
        version: (key) => (fails('get', name) ? undefined : records.version(key)),
        keys: (prefix) => checked('keys', name, () => records.keys(prefix)),
      };
    },
    claim: (name, key) => checked('claim', name, () => store.claim(name, key)),
    lock: (name, work) => checked('lock', name, () => store.lock(name, work)),
    watch: (name, changed) => store.watch(name, changed),
    close: () => store.close(),
  };
}
