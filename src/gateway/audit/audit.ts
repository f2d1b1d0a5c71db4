import { randomBytes } from 'node:crypto';
import type { Subject } from '../../auth/types.js';
import type { Log } from '../../observability/log.js';
import { recordKey, type Store } from '../../storage/types.js';

export type AuditEvent =
  | 'sign-in-begun'
  | 'sign-in-ended'
  /** Another browser came back than the one that left: its six digits are waited for. */
  | 'sign-in-quarantined'
  /** Six digits, or an address, were given in the chat. */
  | 'confirm'
  | 'cancel'
  | 'key-given'
  | 'sign-out'
  /** A provider took back what it had granted. */
  | 'grant-died'
  /** Somebody's agent needs a sign-in of theirs. */
  | 'agent-call'
  | 'refused'
  | 'users-shown'
  | 'audit-shown'
  | 'reload'
  | 'credential-exported'
  | 'credential-imported'
  | 'credential-revoked'
  /** All records were sealed with another key, or copied to another storage. */
  | 'keys-rotated'
  | 'storage-copied';

/** Who did what, as it may be kept and shown: ids and fixed words. No secret, no link, nothing that anybody wrote. */
export interface AuditEntry {
  /** Ms since the epoch. */
  readonly atMs: number;
  readonly what: AuditEvent;
  /** One of our own words: `connected`, `stranger`, `revoked`; of a failure also its code. */
  readonly outcome: string;
  /** `telegram:123`; `cli:ana` is a user of the machine. Absent: nobody did it, it happened. */
  readonly actor?: string;
  /** Whose credential it is about, where that is not the actor's own account. */
  readonly subject?: Subject;
  readonly server?: string;
  /** `private`, or the group: `telegram:-100123`. Absent: it came from no chat. */
  readonly chat?: string;
}

export interface AuditTrail {
  /** Returns at once: no command waits for it. Written with others within half a second. */
  record(entry: Omit<AuditEntry, 'atMs'>): void;
  /** Writes what is still in memory. */
  flush(): Promise<void>;
}

export interface AuditTrailDeps {
  readonly store: Store;
  /** Undefined: nothing is kept. */
  readonly retentionMs: () => number | undefined;
  readonly now: () => number;
  readonly log: Log;
  readonly flushAfterMs?: number;
}

/** One record: what happened within half a second in one process. */
export type AuditBatch = readonly AuditEntry[];

/** `{hour}/{time}-{number}-{random}`: sorted by key is sorted by time. Nothing is ever written twice. */
export const AUDIT = 'audit';
/** `{hour}`: hours in which anything happened, so that a range is listed without asking about each hour of it. */
export const AUDIT_HOURS = 'audit-hours';

/** `2026-11-21T09`, UTC. */
export function hourOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 13);
}

const FLUSH_AFTER_MS = 500;
/** While the store is down. */
const MOST_KEPT = 5_000;
/** Batches of one millisecond in one process. */
const MOST_IN_ORDER = 1_000_000;
const HOUR_MS = 3_600_000;

/** The writing half of the audit. A process that is killed loses what it recorded in its last half second. */
export function createAuditTrail(deps: AuditTrailDeps): AuditTrail {
  const { store, retentionMs, now, log, flushAfterMs = FLUSH_AFTER_MS } = deps;
  const batches = store.records<AuditBatch>(AUDIT);
  const hours = store.records<true>(AUDIT_HOURS);
  const waiting: AuditEntry[] = [];
  let known: string | undefined;
  let written = 0;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  function soon(): void {
    timer ??= setTimeout(() => void flush(), flushAfterMs).unref();
  }

  /** The hour first: a batch whose hour is not known would never be found. */
  async function put(batch: AuditBatch, ttlMs: number): Promise<void> {
    const atMs = batch[0]?.atMs ?? now();
    const hour = hourOf(atMs);
    if (known !== hour) await hours.set(recordKey(hour), true, ttlMs + HOUR_MS);
    known = hour;
    written = (written + 1) % MOST_IN_ORDER;
    const order = `${String(atMs).padStart(14, '0')}-${String(written).padStart(6, '0')}`;
    const id = `${order}-${randomBytes(6).toString('hex')}`;
    await batches.set(recordKey(hour, id), batch, ttlMs);
  }

  async function write(): Promise<void> {
    const ttlMs = retentionMs();
    const left = waiting.splice(0);
    if (ttlMs === undefined) return;
    try {
      for (let hour = ofOneHour(left); hour.length > 0; hour = ofOneHour(left)) {
        await put(hour, ttlMs);
        left.splice(0, hour.length);
      }
    } catch (error) {
      keep(left, error);
    }
  }

  function keep(batch: AuditBatch, error: unknown): void {
    waiting.unshift(...batch);
    const lost = waiting.splice(0, Math.max(0, waiting.length - MOST_KEPT)).length;
    log.warn({ error, waiting: waiting.length, lost }, 'the audit could not be written; it is tried again');
    soon();
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(write);
    return writing;
  }

  return {
    record(entry) {
      if (retentionMs() === undefined) return;
      waiting.push({ atMs: now(), ...entry });
      soon();
    },
    flush,
  };
}

/** Those at the beginning that are of one hour: what waited through an outage is found under the hours in which it happened. */
function ofOneHour(entries: AuditBatch): AuditBatch {
  const hour = hourOf(entries[0]?.atMs ?? 0);
  const end = entries.findIndex(({ atMs }) => hourOf(atMs) !== hour);
  return end < 0 ? entries.slice() : entries.slice(0, end);
}

const DEFAULT_RETENTION_MS = 90 * 24 * HOUR_MS;

/** Undefined: nothing is kept. */
export function retentionOf(configured: number | 'off' | undefined): number | undefined {
  return configured === 'off' ? undefined : (configured ?? DEFAULT_RETENTION_MS);
}
