import { type AuditEvent, createAuditTrail } from '../gateway/audit/audit.js';
import { createLog } from '../observability/log.js';
import { openStore } from '../storage/open.js';
import type { StorageKind } from '../storage/places.js';
import { StoreError } from '../storage/types.js';
import { say } from './terminal.js';

/** What an operator did with all records at once. */
export interface OperatorDeed {
  readonly what: Extract<AuditEvent, 'keys-rotated' | 'storage-copied'>;
  /** Counts, and no word that anybody wrote. */
  readonly outcome: string;
  /** `cli:ana` */
  readonly by: string;
}

export interface WhereNoted {
  readonly storage: StorageKind;
  /** Those that may open it, the likeliest first. Undefined: the one in the state folder. */
  readonly keys: readonly (readonly string[] | undefined)[];
  /** Undefined: no audit is kept. */
  readonly retentionMs: number | undefined;
}

/**
 * Into the audit, which lies among the records themselves, whether or not a gateway runs on them. What cannot be noted is
 * said, and has been done all the same.
 *
 * @returns whether it is there
 */
export async function noteDeed(
  deed: OperatorDeed,
  { storage, keys, retentionMs }: WhereNoted,
): Promise<boolean> {
  if (retentionMs === undefined) return false;
  let refused: StoreError | undefined;
  for (const sealingKeys of keys) {
    try {
      await write(deed, storage, sealingKeys, retentionMs);
      return true;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      refused ??= error;
    }
  }
  say(`This is not in the audit. ${refused?.message ?? 'No key is known for it.'}`);
  return false;
}

async function write(
  { what, outcome, by }: OperatorDeed,
  storage: StorageKind,
  sealingKeys: readonly string[] | undefined,
  retentionMs: number,
): Promise<void> {
  const { store, now } = await openStore(storage, sealingKeys === undefined ? {} : { sealingKeys });
  try {
    const trail = createAuditTrail({ store, retentionMs: () => retentionMs, now, log: createLog('warn') });
    trail.record({ what, outcome, actor: by });
    await trail.flush();
  } finally {
    await store.close();
  }
}
