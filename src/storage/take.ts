import type { StoredRecord } from './engine.js';

interface Taking<T> {
  readonly read: () => Promise<StoredRecord | undefined>;
  /** Removes the record if it is still that one: true for one caller of all. */
  readonly removeSame: (seen: StoredRecord) => Promise<boolean>;
  readonly understand: (record: StoredRecord) => Promise<T | undefined>;
}

/** `Engine.take` where a record can be compared and removed at once: what cannot be understood is left alone. */
export async function understandAndTake<T>({
  read,
  removeSame,
  understand,
}: Taking<T>): Promise<T | undefined> {
  for (;;) {
    const record = await read();
    const value = record && (await understand(record));
    if (record === undefined || value === undefined) return undefined;
    if (await removeSame(record)) return value;
  }
}
