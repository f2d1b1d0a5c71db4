import { setTimeout as sleep } from 'node:timers/promises';
import type { AdapterMemory, Json } from '../../gateway/types.js';
import type { Log } from '../../observability/log.js';
import { createLatest } from './latest.js';

/** Which deliveries were taken already: a platform delivers again what it did not see acknowledged. */
export interface Taken {
  /** True once for each delivery id, across a restart too. Never rejects: while the store is down it knows this process alone. */
  first(id: string): Promise<boolean>;
  /** Whether it was taken before. Never rejects, as above. */
  has(id: string): Promise<boolean>;
  /** Writes down what is not written yet. */
  flush(): Promise<void>;
}

const REMEMBERED = 500;
const DAY_MS = 86_400_000;
/** What was taken but not acknowledged comes again soon; each mark is a record that any stranger's message makes (threat 20). */
const MARKED_MS = 3_600_000;
const TOGETHER_MS = 200;

/**
 * For one process that receives by a connection of its own: only a process that died before it acknowledged sees a
 * delivery again. One record holds the latest ids, written a moment later and for many at a time.
 */
export function createTakenList(memory: AdapterMemory, log: Log): Taken {
  const known = createLatest<true>(REMEMBERED);
  const before = recall(memory, log).then((ids) => {
    for (const id of ids) known.add(id, true);
  });
  const hurry = new AbortController();
  let due = false;
  let writing = Promise.resolve();

  async function write(): Promise<void> {
    const ids = known.all().map(([id]) => id);
    await memory
      .set('taken', ids.slice(-REMEMBERED), DAY_MS)
      .catch((error: unknown) => log.warn({ error }, 'taken deliveries could not be written down'));
  }

  async function soon(): Promise<void> {
    await sleep(TOGETHER_MS, undefined, { ref: false, signal: hurry.signal }).catch(() => undefined);
    due = false;
    await write();
  }

  return {
    async first(id) {
      await before;
      if (known.of(id) === true) return false;
      known.add(id, true);
      if (!due) writing = writing.then(soon);
      due = true;
      return true;
    },
    async has(id) {
      await before;
      return known.of(id) === true;
    },
    /** Nothing is written after it: the store may be closed by then. */
    async flush() {
      hurry.abort();
      await writing;
    },
  };
}

async function recall(memory: AdapterMemory, log: Log): Promise<readonly string[]> {
  try {
    const kept = await memory.get('taken');
    return Array.isArray(kept) ? kept.filter((id: Json) => typeof id === 'string') : [];
  } catch (error) {
    log.warn({ error }, 'which deliveries were taken before could not be read');
    return [];
  }
}

const markOf = (id: string): string => `taken/${id}`;

/** For several processes behind one address: each delivery leaves a mark before it is acted on. */
export function createTakenMarks(memory: AdapterMemory, log: Log): Taken {
  const known = createLatest<true>(REMEMBERED);
  return {
    async first(id) {
      if (known.of(id) === true) return false;
      known.add(id, true);
      try {
        return await memory.first(markOf(id), MARKED_MS);
      } catch (error) {
        log.warn({ error }, 'a taken delivery could not be written down');
        return true;
      }
    },
    async has(id) {
      if (known.of(id) === true) return true;
      try {
        return (await memory.get(markOf(id))) !== undefined;
      } catch (error) {
        log.warn({ error }, 'whether a delivery was taken before could not be read');
        return false;
      }
    },
    async flush() {},
  };
}
