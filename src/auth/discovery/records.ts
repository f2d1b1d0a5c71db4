import { type Records, recordKey, type Store } from '../../storage/types.js';
import { failureOf } from '../errors.js';
import type { AuthFailureCode } from '../types.js';
import type { Discovery } from './discovery.js';

export const discoveryRecords = (store: Store): Records<Discovery> => store.records<Discovery>('discovery');

/** The next sign-in looks anew. */
export async function dropDiscovery(store: Store, server: string): Promise<void> {
  await discoveryRecords(store).delete(recordKey(server));
}

/** Of these, what was found may be the reason: it was looked for in a bad moment, or has changed since. */
const UNFIT: ReadonlySet<AuthFailureCode> = new Set(['bad-metadata', 'issuer-mismatch']);

/** Does something with what was found. Where that shows that it does not fit, the next one looks anew. */
export async function withDiscovered<T>(store: Store, server: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (UNFIT.has(failureOf(error).code)) await dropDiscovery(store, server);
    throw error;
  }
}
