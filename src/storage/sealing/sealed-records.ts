import type { KeyvStoreAdapter } from 'keyv';
import { type Engine, live, type StoredRecord } from '../engine.js';
import type { Sealer } from './sealing.js';

/**
 * The storage adapter that Keyv is given for the records of one name: it seals what goes into the engine and opens
 * what comes out, here because only here is the record's name known.
 *
 * It hands Keyv values without their expiry. Keyv deletes an expired record when it reads one, whatever has been
 * written there since; here an expired record is simply not found, and the engine removes it when that is safe.
 */
export class SealedRecords implements KeyvStoreAdapter {
  /** Keyv looks for a dialect in here when an adapter can iterate. This one cannot: the engine lists keys. */
  readonly opts = {};
  namespace?: string | undefined;

  constructor(
    private readonly name: string,
    private readonly engine: Engine,
    private readonly sealer: Sealer | undefined,
    private readonly now: () => number,
  ) {}

  async get<Value>(key: string): Promise<{ value: Value } | undefined> {
    const record = await this.engine.read(this.name, key);
    return record && this.#understand<Value>(key, record);
  }

  async set(key: string, text: string, ttlMs?: number): Promise<void> {
    const expiresAtMs = ttlMs === undefined ? undefined : Math.ceil(this.now() + ttlMs);
    await this.engine.write(this.name, key, await this.#seal(key, text, expiresAtMs));
  }

  /** `Records.add`. Goes around Keyv like `replace`. */
  async add(key: string, value: unknown, ttlMs: number): Promise<boolean> {
    const record = await this.#seal(key, textOf(value), Math.ceil(this.now() + ttlMs));
    for (;;) {
      if (await this.engine.replace(this.name, key, undefined, record)) return true;
      // What has expired may still be there: it is replaced, if it is that one.
      const seen = await this.engine.read(this.name, key);
      if (seen === undefined) continue;
      if (live(seen, this.now())) return false;
      if (await this.engine.replace(this.name, key, seen, record)) return true;
    }
  }

  delete(key: string): Promise<boolean> {
    return this.engine.remove(this.name, key);
  }

  /** `Records.replace`. Goes around Keyv, which cannot compare, with the same naming, sealing and expiry. */
  async replace<Value>(
    key: string,
    isStill: (found: Value) => boolean,
    value: Value,
  ): Promise<Value | undefined> {
    for (;;) {
      const seen = await this.engine.read(this.name, key);
      const found = seen && (await this.#understand<Value>(key, seen));
      if (seen === undefined || found === undefined || !isStill(found.value)) return found?.value;
      const record = await this.#seal(key, textOf(value), seen.expiresAtMs);
      if (await this.engine.replace(this.name, key, seen, record)) return value;
    }
  }

  /** The way around Keyv, which has no atomic take: same naming, sealing and expiry. */
  async take<Value>(key: string): Promise<Value | undefined> {
    const taken = await this.engine.take(this.name, key, (record) => this.#understand<Value>(key, record));
    return taken?.value;
  }

  async clear(): Promise<void> {
    for (const key of await this.engine.keys(this.name)) await this.engine.remove(this.name, key);
  }

  /** Errors are thrown, not emitted. */
  on(): this {
    return this;
  }

  async #seal(key: string, text: string, expiresAtMs: number | undefined): Promise<StoredRecord> {
    if (this.sealer) return this.sealer.seal({ name: this.name, key }, text, expiresAtMs);
    return expiresAtMs === undefined ? { text } : { text, expiresAtMs };
  }

  async #understand<Value>(key: string, record: StoredRecord): Promise<{ value: Value } | undefined> {
    if (!live(record, this.now())) return undefined;
    const text = this.sealer ? await this.sealer.open({ name: this.name, key }, record) : record.text;
    return JSON.parse(text) as { value: Value };
  }
}

/** How Keyv is told to write a value, too. */
export function textOf(value: unknown): string {
  return JSON.stringify({ value });
}
