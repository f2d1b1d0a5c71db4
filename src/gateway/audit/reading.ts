import { unlessUnreadable } from '../../storage/sealing/unreadable.js';
import { keySegments, recordKey, type Store } from '../../storage/types.js';
import { AUDIT, AUDIT_HOURS, type AuditBatch, type AuditEntry, hourOf } from './audit.js';

export interface AuditQuery {
  readonly sinceMs: number;
  readonly order: 'newest-first' | 'oldest-first';
  readonly server?: string;
  /** Accounts and subjects, any of which is meant. */
  readonly who?: ReadonlySet<string>;
}

/** What was recorded, in order. Reads hour by hour, so that whoever needs eight entries reads few records. */
export async function* readAudit(store: Store, query: AuditQuery): AsyncGenerator<AuditEntry> {
  const batches = store.records<AuditBatch>(AUDIT);
  const ordered = <T>(list: readonly T[]): readonly T[] =>
    query.order === 'oldest-first' ? list : list.toReversed();
  const hours = (await store.records<true>(AUDIT_HOURS).keys())
    .map((key) => keySegments(key)[0] ?? '')
    .filter((hour) => hour >= hourOf(query.sinceMs))
    .sort();
  for (const hour of ordered(hours)) {
    const keys = [...(await batches.keys(recordKey(hour)))].sort();
    for (const key of ordered(keys)) {
      const batch = (await unlessUnreadable(batches.get(key))) ?? [];
      yield* ordered(batch).filter((entry) => isMeant(entry, query));
    }
  }
}

function isMeant({ atMs, server, actor, subject }: AuditEntry, query: AuditQuery): boolean {
  if (atMs < query.sinceMs) return false;
  if (query.server !== undefined && server !== query.server) return false;
  const { who } = query;
  return who === undefined || [actor, subject].some((one) => one !== undefined && who.has(one));
}

/** A person of `people` is all of their accounts; an account is itself, and nobody else. */
export function whoIs(
  word: string,
  people: Readonly<Record<string, readonly string[]>>,
): ReadonlySet<string> {
  const name = Object.keys(people).find((one) => one.toLowerCase() === word.toLowerCase());
  return new Set(name === undefined ? [word] : [name, ...(people[name] ?? [])]);
}
