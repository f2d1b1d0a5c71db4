import { ChangeNews } from './change-news.js';
import { type Engine, live, type Replace, type StoredRecord } from './engine.js';
import type { RecordVersion } from './record-version.js';
import { TurnQueue } from './turn-queue.js';

export interface MemoryOptions {
  readonly now?: () => number;
  /** How long `lock` waits for its turn. */
  readonly lockWaitMs?: number;
}

const SWEEP_EVERY_MS = 60_000;

interface VersionedRecord extends StoredRecord {
  readonly version: number;
}

/** Keeps records in this process, for as long as it lives: for tests and `storage: memory`. */
export class MemoryEngine implements Engine {
  readonly #records = new Map<string, Map<string, VersionedRecord>>();
  readonly #turns = new TurnQueue();
  readonly #news = new ChangeNews();
  readonly #now: () => number;
  readonly #lockWaitMs: number;
  #sweptAtMs: number;
  #writes = 0;

  constructor({ now = Date.now, lockWaitMs = 60_000 }: MemoryOptions = {}) {
    this.#now = now;
    this.#lockWaitMs = lockWaitMs;
    this.#sweptAtMs = now();
  }

  async read(name: string, key: string): Promise<StoredRecord | undefined> {
    return this.#records.get(name)?.get(key);
  }

  version(name: string, key: string): RecordVersion | undefined {
    return this.#records.get(name)?.get(key)?.version;
  }

  async write(name: string, key: string, record: StoredRecord): Promise<void> {
    this.#sweep();
    const records = this.#records.get(name) ?? new Map<string, VersionedRecord>();
    this.#writes += 1;
    this.#records.set(name, records.set(key, { ...record, version: this.#writes }));
    this.#news.tell(name, key);
  }

  async remove(name: string, key: string): Promise<boolean> {
    const removed = this.#records.get(name)?.delete(key) ?? false;
    if (removed) this.#news.tell(name, key);
    return removed;
  }

  async take<T>(
    name: string,
    key: string,
    understand: (record: StoredRecord) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    for (;;) {
      const record = this.#records.get(name)?.get(key);
      const value = record && (await understand(record));
      if (value === undefined) return undefined;
      if (this.#records.get(name)?.get(key) !== record) continue;
      await this.remove(name, key);
      return value;
    }
  }

  async replace(...[name, key, seen, record]: Parameters<Replace>): Promise<boolean> {
    // Not sealed, two records may have the same text: what another caller has just put there has another end.
    const there = this.#records.get(name)?.get(key);
    if (there?.text !== seen?.text || there?.expiresAtMs !== seen?.expiresAtMs) return false;
    await this.write(name, key, record);
    return true;
  }

  replacing<T>(work: (replace: Replace) => Promise<T>): Promise<T> {
    return work((...given) => this.replace(...given));
  }

  async keys(name: string, prefix?: string): Promise<readonly string[]> {
    const nowMs = this.#now();
    return [...(this.#records.get(name) ?? [])]
      .filter(([key, record]) => isUnder(key, prefix) && live(record, nowMs))
      .map(([key]) => key)
      .sort();
  }

  async names(): Promise<readonly string[]> {
    return [...this.#records.keys()].sort();
  }

  async lock<T>(name: string, work: (lease: AbortSignal) => Promise<T>): Promise<T> {
    const end = await this.#turns.take(name, this.#lockWaitMs);
    try {
      return await work(new AbortController().signal);
    } finally {
      end();
    }
  }

  async watch(name: string, changed: (key: string) => void): Promise<() => void> {
    return this.#news.listen(name, changed);
  }

  async close(): Promise<void> {
    this.#news.clear();
  }

  /** Once a minute at most, when something is written: what expired must not pile up. */
  #sweep(): void {
    const nowMs = this.#now();
    if (nowMs - this.#sweptAtMs < SWEEP_EVERY_MS) return;
    this.#sweptAtMs = nowMs;
    for (const records of this.#records.values()) {
      for (const [key, record] of records) if (!live(record, nowMs)) records.delete(key);
    }
  }
}

function isUnder(key: string, prefix: string | undefined): boolean {
  return prefix === undefined || key === prefix || key.startsWith(`${prefix}/`);
}
