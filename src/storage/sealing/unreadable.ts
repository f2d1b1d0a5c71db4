import { StoreError } from '../types.js';

/** A record that is there and cannot be understood: damaged, altered, or sealed with a key that is not configured. */
export function isUnreadable(error: unknown): boolean {
  return error instanceof StoreError && (error.code === 'record_unreadable' || error.code === 'wrong_key');
}

/**
 * What was found, with an unreadable record as if it were absent: for records that can be made anew, so that one that
 * is damaged holds up nothing beside itself. Never for a credential. An outage still rejects.
 */
export async function unlessUnreadable<T>(found: Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}
