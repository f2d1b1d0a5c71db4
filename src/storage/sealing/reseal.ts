import { type Engine, live, type Replace } from '../engine.js';
import { StoreError } from '../types.js';
import { RECORD_VERSION, readSeal, type Sealer } from './sealing.js';
import { OWN_RECORDS } from './shared-keys.js';
import { isUnreadable } from './unreadable.js';

export interface ResealReport {
  /** Sealed with the first key by now, those that were before among them. */
  readonly sealed: number;
  /** Sealed anew. */
  readonly resealed: number;
  /** `name/key` of what stayed as it is: sealed with a key that was not given, or damaged, or of a later version. */
  readonly unread: readonly string[];
  /** The last look found nothing to do: nobody writes with an old key any more. */
  readonly settled: boolean;
}

export interface ResealOptions {
  readonly now: () => number;
  /** How far it is, from time to time. */
  readonly progress?: (done: number, total: number) => void;
  /** Ends it between two records. */
  readonly signal?: AbortSignal;
}

/** While it works, gateways write records with the old key: so often it looks again at most. */
const MOST_PASSES = 5;
const AT_ONCE = 8;

type Fate = 'sealed' | 'resealed' | 'unread' | 'changed' | 'gone';

/**
 * Seals all records with the sealer's first key, and in the format of this version. Gateways may go on meanwhile: what
 * they change is theirs, and looked at again. To be run again where it was cut short: what was done is skipped.
 */
export async function resealAll(
  engine: Engine,
  sealer: Sealer,
  options: ResealOptions,
): Promise<ResealReport> {
  return engine.replacing(async (replace) => {
    let resealed = 0;
    for (let pass = 1; ; pass += 1) {
      const fates = await onePass(engine, new Resealing(engine, sealer, replace, options), options);
      const count = (fate: Fate) => fates.filter(([, is]) => is === fate).length;
      resealed += count('resealed');
      const ended = options.signal?.aborted === true;
      const settled = !ended && count('resealed') + count('changed') === 0;
      if (settled || ended || pass === MOST_PASSES) {
        const unread = fates.filter(([, fate]) => fate === 'unread').map(([place]) => place);
        return { sealed: count('sealed') + count('resealed'), resealed, unread, settled };
      }
    }
  });
}

type Places = readonly (readonly [name: string, key: string])[];

async function onePass(
  engine: Engine,
  resealing: Resealing,
  { progress, signal }: ResealOptions,
): Promise<readonly (readonly [place: string, fate: Fate])[]> {
  const places = await placesIn(engine);
  const fates: (readonly [string, Fate])[] = [];
  for (let start = 0; start < places.length && !signal?.aborted; start += AT_ONCE) {
    const some = places.slice(start, start + AT_ONCE);
    const theirs = await Promise.all(some.map(([name, key]) => resealing.one(name, key)));
    some.forEach(([name, key], index) => {
      fates.push([`${name}/${key}`, theirs[index] ?? 'gone']);
    });
    progress?.(fates.length, places.length);
  }
  return fates;
}

/** Every record that is sealed, and has not ended. */
export async function placesIn(engine: Engine): Promise<Places> {
  const places: (readonly [string, string])[] = [];
  for (const name of await engine.names()) {
    if (name === OWN_RECORDS) continue;
    for (const key of await engine.keys(name)) places.push([name, key]);
  }
  return places;
}

class Resealing {
  constructor(
    private readonly engine: Engine,
    private readonly sealer: Sealer,
    private readonly replace: Replace,
    private readonly options: ResealOptions,
  ) {}

  async one(name: string, key: string): Promise<Fate> {
    try {
      return await this.#one(name, key);
    } catch (error) {
      if (isUnreadable(error) || isTooNew(error)) return 'unread';
      throw error;
    }
  }

  async #one(name: string, key: string): Promise<Fate> {
    const record = await this.engine.read(name, key);
    if (record === undefined || !live(record, this.options.now())) return 'gone';
    const seal = readSeal({ name, key }, record);
    if (seal.keyId === this.sealer.keyId() && seal.version === RECORD_VERSION) return 'sealed';
    const text = await this.sealer.open({ name, key }, record);
    const next = await this.sealer.seal({ name, key }, text, record.expiresAtMs, seal.writtenAtMs);
    return (await this.replace(name, key, record, next)) ? 'resealed' : 'changed';
  }
}

function isTooNew(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'record_too_new';
}
