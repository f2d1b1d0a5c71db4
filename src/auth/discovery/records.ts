import { type Records, recordKey, type Store } from '../../storage/types.js';
import type { Discovery } from './discovery.js';

export const discoveryRecords = (store: Store): Records<Discovery> => store.records<Discovery>('discovery');

/** The next sign-in looks anew. */
export async function dropDiscovery(store: Store, server: string): Promise<void> {
  await discoveryRecords(store).delete(recordKey(server));
}
