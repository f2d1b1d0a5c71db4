import { type Engine, live, type Replace } from './engine.js';
import { placesIn } from './sealing/reseal.js';
import { readSeal } from './sealing/sealing.js';
import { isUnreadable } from './sealing/unreadable.js';

export interface CopyReport {
  readonly copied: number;
  /** There already: the same, or written later. */
  readonly kept: number;
  /** Changed there at that moment, by a gateway: run it again. */
  readonly changed: number;
  /** Of those that were in the target alone: with `exact`. */
  readonly removed: number;
  /** `name/key` of those that one has and the other has not, now that it is done. */
  readonly missing: readonly string[];
  /** With `exact`, where nothing may be removed: the target is no earlier copy, or somebody has worked on it since. */
  readonly inUse: boolean;
  readonly additional: readonly string[];
}

export interface CopyOptions {
  /** The clock of the target. */
  readonly now: () => number;
  /** How far it is, from time to time. */
  readonly progress?: (done: number, total: number) => void;
  /** Ends it between two records. */
  readonly signal?: AbortSignal;
  /**
   * Removes what the target alone has: what was ended here since an earlier copy must not come back there. For a target
   * on which no gateway runs yet. From a storage without records nothing is removed, nor where the target has a later
   * record or none of ours: those were hardly meant, or in the other order.
   */
  readonly exact?: boolean;
  /** Copies the records of these names alone. */
  readonly only?: ReadonlySet<string>;
}

const AT_ONCE = 16;

/** `added`: where there was none. `newer`: there already, and written later. */
type Fate = 'added' | 'copied' | 'kept' | 'newer' | 'changed' | 'gone';

/**
 * Copies all records as they are, sealed: no key is needed for that, and what nobody can read is copied like the rest.
 * What was written later in the target stays. To be run again where it was cut short, or to bring what has changed since.
 */
export async function copyRecords(from: Engine, to: Engine, options: CopyOptions): Promise<CopyReport> {
  const fates = await to.replacing((replace) => copyAll(from, to, replace, options));
  const count = (fate: Fate) => fates.filter((is) => is === fate).length;
  const ours = await placesOf(from);
  const others = options.exact === true && options.signal?.aborted !== true && ours.size > 0;
  const isEarlierCopy = count('newer') === 0 && count('kept') + count('copied') > 0;
  const removed = others && isEarlierCopy ? await removeOthers(to, ours) : 0;
  const theirs = await placesOf(to);
  const additional = [...theirs].filter((place) => !ours.has(place));
  return {
    copied: count('added') + count('copied'),
    kept: count('kept') + count('newer'),
    changed: count('changed'),
    removed,
    missing: [...ours].filter((place) => !theirs.has(place)),
    additional,
    inUse: others && !isEarlierCopy && additional.length > 0,
  };
}

async function copyAll(
  from: Engine,
  to: Engine,
  replace: Replace,
  { now, progress, signal, only }: CopyOptions,
): Promise<readonly Fate[]> {
  const places = (await placesIn(from)).filter(([name]) => only?.has(name) !== false);
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

async function removeOthers(to: Engine, ours: ReadonlySet<string>): Promise<number> {
  const others = (await placesIn(to)).filter(([name, key]) => !ours.has(`${name}/${key}`));
  for (const [name, key] of others) await to.remove(name, key);
  return others.length;
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
  const later = theirs !== undefined && live(theirs, now()) ? writtenAtMs(theirs) - writtenAtMs(ours) : -1;
  if (later >= 0) return later === 0 ? 'kept' : 'newer';
  if (!(await replace(name, key, theirs, ours))) return 'changed';
  return theirs === undefined ? 'added' : 'copied';
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
