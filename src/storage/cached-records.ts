import { RecentlyUsed } from './recently-used.js';
import { type RecordVersion, sameVersion } from './record-version.js';
import type { Records } from './types.js';

interface Cached<T> {
  readonly value: T;
  /** Taken before the value was read; absent: it cannot be told whether it is still that. */
  readonly version?: RecordVersion;
}

interface Reading<T> {
  readonly version: RecordVersion;
  readonly value: Promise<T | undefined>;
}

/**
 * Records that are read far more often than they change: read once, unsealed once, and from then on given out from
 * memory for as long as the store says that nobody, in no process, has changed them. Only for records without an end,
 * of which a version tells nothing. All who ask share the value: it is not to be changed.
 */
export class CachedRecords<T> {
  readonly #cached: RecentlyUsed<Cached<T>>;
  readonly #readings = new Map<string, Reading<T>>();

  /** @param most so many are kept at least, and twice as many at most */
  constructor(
    private readonly records: Pick<Records<T>, 'get' | 'version'>,
    most = 5_000,
  ) {
    this.#cached = new RecentlyUsed(most);
  }

  /** The record as it is now: at once when it is in memory. @throws {StoreError} a rejection, as of `get` */
  current(key: string): T | undefined | Promise<T | undefined> {
    const version = this.records.version(key);
    if (version === undefined) return this.#read(key, undefined);
    const cached = this.#cached.get(key);
    if (cached?.version !== undefined && sameVersion(cached.version, version)) return cached.value;
    return this.#join(key, version);
  }

  /** The record as it was when it was last read, for when the store cannot be asked. Undefined: not known, or deleted. */
  remembered(key: string): T | undefined {
    return this.#cached.get(key)?.value;
  }

  /** One reading serves all who came for the same version. */
  #join(key: string, version: RecordVersion): Promise<T | undefined> {
    const running = this.#readings.get(key);
    if (running !== undefined && sameVersion(running.version, version)) return running.value;
    const reading = { version, value: this.#read(key, version) };
    this.#readings.set(key, reading);
    const done = () => {
      if (this.#readings.get(key) === reading) this.#readings.delete(key);
    };
    reading.value.then(done, done);
    return reading.value;
  }

  async #read(key: string, version: RecordVersion | undefined): Promise<T | undefined> {
    const value = await this.records.get(key);
    if (value === undefined) this.#cached.delete(key);
    else this.#cached.set(key, version === undefined ? { value } : { value, version });
    return value;
  }
}
