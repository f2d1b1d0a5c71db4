import type { CredentialKey } from '../../auth/types.js';
import { unlessUnreadable } from '../../storage/sealing/unreadable.js';
import { someAtOnce } from '../../storage/some-at-once.js';
import { keySegments, recordKey, type Store } from '../../storage/types.js';

/** A credential that was about to be marked as refused, then. */
export interface ExpectedEnd {
  readonly key: CredentialKey;
  readonly sinceMs: number;
}

/**
 * Ends of access that are written down before the credential is marked, until there is a notice of them: who is killed in
 * between is followed by another process, which needs not look through all credentials for that.
 */
export interface ExpectedEnds {
  /** @throws {StoreError} */
  add(end: ExpectedEnd): Promise<void>;
  /** There is a notice, or there was no end. */
  remove(key: CredentialKey): Promise<void>;
  /** Those of which whoever expected them should long have made a notice. */
  left(): Promise<readonly ExpectedEnd[]>;
}

/** Whoever has made no notice by then was killed, or has marked nothing. */
const LEFT_AFTER_MS = 60_000;
const KEPT_MS = 24 * 3_600_000;

export function createExpectedEnds(store: Store, now: () => number): ExpectedEnds {
  const records = store.records<number>('notices-expected');
  return {
    add: ({ key, sinceMs }) => records.set(recordKey(key.subject, key.server), sinceMs, KEPT_MS),
    remove: async (key) => void (await records.delete(recordKey(key.subject, key.server))),
    async left() {
      const found = await someAtOnce(await records.keys(), async (name) => {
        const [subject = '', server = ''] = keySegments(name);
        return { key: { subject, server }, sinceMs: (await unlessUnreadable(records.get(name))) ?? 0 };
      });
      return found.filter(({ sinceMs }) => now() - sinceMs > LEFT_AFTER_MS);
    },
  };
}
