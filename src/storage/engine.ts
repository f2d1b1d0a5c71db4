import type { RecordVersion } from './record-version.js';

/** What a record is to an engine: a sealed text, and when it ends. */
export interface StoredRecord {
  readonly text: string;
  readonly expiresAtMs?: number;
}

/**
 * Puts `record` in the place of `seen` (undefined: where no record is) if that is still there; else false. Nothing that
 * another process wrote is overwritten, and nothing that was taken comes back.
 */
export type Replace = (
  name: string,
  key: string,
  seen: StoredRecord | undefined,
  record: StoredRecord,
) => Promise<boolean>;

/**
 * What keeps records: a map, a folder. It knows neither their contents nor how they are sealed, and it does not
 * judge expiry on `read` (`live` does, in one place). Every method rejects with a StoreError and with nothing else.
 */
export interface Engine {
  read(name: string, key: string): Promise<StoredRecord | undefined>;
  /**
   * The same for as long as no process has changed the record, so that what was read after asking for it need not be
   * read again. Costs no more than one `stat`, and never throws. Undefined: it cannot be told (as by an engine that
   * hears of changes from afar, while it may be missing some), or, where the engine knows that, there is no record.
   */
  version(name: string, key: string): RecordVersion | undefined;
  write(name: string, key: string, record: StoredRecord): Promise<void>;
  remove(name: string, key: string): Promise<boolean>;
  /**
   * Removes the record for one caller of all, in all processes, and resolves to what `understand` makes of it.
   * Where `understand` throws (another key, a damaged record) the record stays.
   */
  take<T>(
    name: string,
    key: string,
    understand: (record: StoredRecord) => Promise<T | undefined>,
  ): Promise<T | undefined>;
  /** By itself the file engine holds off only others who replace: from any other change it is a few ms away. */
  readonly replace: Replace;
  /**
   * Lets `work` replace records, whoever changes them. Not meant for every day: the file engine makes all who change
   * records go one after another meanwhile.
   */
  replacing<T>(work: (replace: Replace) => Promise<T>): Promise<T>;
  /** Those that have not expired, in order. */
  keys(name: string, prefix?: string): Promise<readonly string[]>;
  /** Those that have records, or had some, in order. */
  names(): Promise<readonly string[]>;
  lock<T>(name: string, work: (lease: AbortSignal) => Promise<T>): Promise<T>;
  watch(name: string, changed: (key: string) => void): Promise<() => void>;
  close(): Promise<void>;
}

/** An engine on a server that several machines share. */
export interface SharedEngine extends Engine {
  /** The server's clock, in ms since the epoch: by it all who share it judge what is over. */
  readonly now: () => number;
}

export interface SharedEngineOptions {
  /** This process's clock. */
  readonly now?: () => number;
  /** A lock's holder that gives no sign of life for so long is taken for dead. */
  readonly leaseMs?: number;
  /** How long `lock` waits for its turn. */
  readonly lockWaitMs?: number;
  /** How long the opening waits for a server that cannot be reached. @default 10 s */
  readonly openWaitMs?: number;
}

export function live(record: Pick<StoredRecord, 'expiresAtMs'>, nowMs: number): boolean {
  return record.expiresAtMs === undefined || nowMs < record.expiresAtMs;
}
