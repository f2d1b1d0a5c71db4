import { type Engine, live, type Replace } from './engine.js';
import { placesIn } from './reseal.js';
import { readSeal } from './sealing.js';
import { isUnreadable } from './unreadable.js';

export interface CopyReport {
  readonly copied: number;
  /** There already: the same, or written later. */
  readonly kept: number;
  /** Changed there at that moment, by a gateway: run it again. */
  readonly changed: number;
  /** `name/key` of those that one has and the other has not, now that it is done. */
  readonly missing: readonly string[];
  readonly additional: readonly string[];
}

export interface CopyOptions {
  /** The clock of the target. */
  readonly now: () => number;
  /** How far it is, from time to time. */
  readonly progress?: (done: number, total: number) => void;
  /** Ends it between two records. */
  readonly signal?: AbortSignal;
}

const AT_ONCE = 16;

type Fate = 'copied' | 'kept' | 'changed' | 'gone';

/**
 * Copies all records as they are, sealed: no key is needed for that, and what nobody can read is copied like the rest.
 * What was written later in the target stays. To be run again where it was cut short, or to bring what has changed since.
 */
export async function copyRecords(from: Engine, to: Engine, options: CopyOptions): Promise<CopyReport> {
  const fates = await to.replacing((replace) => copyAll(from, to, replace, options));
  const count = (fate: Fate) => fates.filter((is) => is === fate).length;
  const [ours, theirs] = [await placesOf(from), await placesOf(to)];
  return {
    copied: count('copied'),
    kept: count('kept'),
    changed: count('changed'),
    missing: [...ours].filter((place) => !theirs.has(place)),
    additional: [...theirs].filter((place) => !ours.has(place)),
  };
}

async function copyAll(
  from: Engine,
  to: Engine,
  replace: Replace,
  { now, progress, signal }: CopyOptions,
): Promise<readonly Fate[]> {
  const places = await placesIn(from);
  const fates: Fate[] = [];
  for (let start = 0; start < places.length && !signal?.aborted; start += AT_ONCE) {
    const some = places.slice(start, start + AT_ONCE);
    fates.push(
      ...(await Promise.all(some.map(([name, key]) => copyOne(from, to, replace, { name, key, now })))),
    );
    progress?.(fates.length, places.length);
  }
  return fates;
}

interface Place {
  readonly name: string;
  readonly key: string;
  readonly now: () => number;
}

async function copyOne(from: Engine, to: Engine, replace: Replace, place: Place): Promise<Fate> {
  const { name, key, now } = place;
  const [ours, theirs] = await Promise.all([from.read(name, key), to.read(name, key)]);
  if (ours === undefined || !live(ours, now())) return 'gone';
  const writtenAtMs = (record: typeof ours) => writtenAt(place, record);
  if (theirs !== undefined && live(theirs, now()) && writtenAtMs(theirs) >= writtenAtMs(ours)) return 'kept';
  return (await replace(name, key, theirs, ours)) ? 'copied' : 'changed';
}

/** Of what is damaged nothing is known: anything is newer. */
function writtenAt(place: Place, record: { readonly text: string }): number {
  try {
    return readSeal(place, record).writtenAtMs;
  } catch (error) {
    if (isUnreadable(error)) return -1;
    throw error;
  }
}

async function placesOf(engine: Engine): Promise<ReadonlySet<string>> {
  return new Set((await placesIn(engine)).map(([name, key]) => `${name}/${key}`));
}
