import { unlessUnreadable } from '../../storage/sealing/unreadable.js';
import { type Records, recordKey, type Store } from '../../storage/types.js';
import type { ClientRegistration } from '../types.js';

export interface StoredRegistration {
  readonly client: ClientRegistration;
  /** What was asked for: an authorization server may refuse a client more than it registered with. */
  readonly scope?: string;
  readonly secretExpiresAtMs?: number;
  readonly atMs?: number;
}

export const registrationRecords = (store: Store): Records<StoredRegistration> =>
  store.records<StoredRegistration>('registrations');

/** A client that its provider no longer knows. What was issued with it keeps its own copy. */
export async function forgetClient(store: Store, server: string, clientId: string): Promise<void> {
  const records = registrationRecords(store);
  for (const key of await records.keys(recordKey(server))) {
    const stored = await unlessUnreadable(records.get(key));
    if (stored?.client.clientId === clientId) await records.delete(key);
  }
}
