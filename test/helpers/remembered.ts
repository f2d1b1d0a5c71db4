import { setTimeout as sleep } from 'node:timers/promises';
import type { AdapterMemory, Json } from '../../src/gateway/types.js';

/** What an adapter remembers beyond a restart, by the test's clock. */
export class Remembered implements AdapterMemory {
  readonly #kept = new Map<string, { readonly value: Json; readonly untilMs: number }>();
  readonly #now: () => number;
  /** The store is away. */
  down = false;
  /** What is there can be read, and nothing more be written. */
  full = false;
  /** What the store takes for everything. */
  takesMs = 0;
  /** What it takes for writing, beyond that. */
  writesTakeMs = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  async get(key: string): Promise<Json | undefined> {
    await this.#there();
    const found = this.#kept.get(key);
    return found === undefined || found.untilMs <= this.#now() ? undefined : found.value;
  }

  async set(key: string, value: Json, ttlMs: number): Promise<void> {
    await this.#there();
    if (this.full) throw new Error('the store is full');
    if (this.writesTakeMs > 0) await sleep(this.writesTakeMs);
    this.#kept.set(key, { value: JSON.parse(JSON.stringify(value)), untilMs: this.#now() + ttlMs });
  }

  async take(key: string): Promise<Json | undefined> {
    await this.#there();
    const found = this.#kept.get(key);
    this.#kept.delete(key);
    return found === undefined || found.untilMs <= this.#now() ? undefined : found.value;
  }

  async first(key: string, ttlMs: number): Promise<boolean> {
    await this.#there();
    const found = this.#kept.get(key);
    if (found !== undefined && found.untilMs > this.#now()) return false;
    if (this.full) throw new Error('the store is full');
    this.#kept.set(key, { value: true, untilMs: this.#now() + ttlMs });
    return true;
  }

  async keys(prefix: string): Promise<readonly string[]> {
    await this.#there();
    return this.names.flatMap((key) => (key.startsWith(`${prefix}/`) ? [key.slice(prefix.length + 1)] : []));
  }

  /** Everything that is kept, by its whole key. */
  get names(): readonly string[] {
    return [...this.#kept.keys()];
  }

  async #there(): Promise<void> {
    if (this.takesMs > 0) await sleep(this.takesMs);
    if (this.down) throw new Error('the store is away');
  }
}
