import { setTimeout as sleep } from 'node:timers/promises';
import type { AdapterMemory, Json } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import { integer } from '../refs.js';

/** Which updates were taken already: Telegram delivers again what it did not see confirmed. */
export interface Taken {
  /** True once for each update id, across a restart too. Never rejects: while the store is down it knows this process alone. */
  first(updateId: number): Promise<boolean>;
  /** Writes down what is not written yet. */
  flush(): Promise<void>;
}

const REMEMBERED = 500;
const DAY_MS = 86_400_000;
/** What was taken but not confirmed comes again soon; each mark is a record that any stranger's message makes (threat 20). */
const MARKED_MS = 3_600_000;
const TOGETHER_MS = 200;

function latest(): { add(id: number): boolean; readonly all: () => readonly number[] } {
  const ids = new Set<number>();
  return {
    add(id) {
      if (ids.has(id)) return false;
      ids.add(id);
      for (const oldest of ids) {
        if (ids.size <= REMEMBERED) break;
        ids.delete(oldest);
      }
      return true;
    },
    all: () => [...ids],
  };
}

/**
 * For one process that polls: the next poll confirms what the last one brought, so that only a process that died in
 * between sees an update again. One record holds the latest ids, written a moment later and for many at a time.
 */
export function createTakenList(memory: AdapterMemory, log: Log): Taken {
  const known = latest();
  const before = recall(memory, log).then((ids) => {
    for (const id of ids) known.add(id);
  });
  const hurry = new AbortController();
  let due = false;
  let writing = Promise.resolve();

  async function write(): Promise<void> {
    await memory
      .set('taken', [...known.all()], DAY_MS)
      .catch((error: unknown) => log.warn({ error }, 'taken updates could not be written down'));
  }

  async function soon(): Promise<void> {
    await sleep(TOGETHER_MS, undefined, { ref: false, signal: hurry.signal }).catch(() => undefined);
    due = false;
    await write();
  }

  return {
    async first(updateId) {
      await before;
      if (!known.add(updateId)) return false;
      if (!due) writing = writing.then(soon);
      due = true;
      return true;
    },
    /** Nothing is written after it: the store may be closed by then. */
    async flush() {
      hurry.abort();
      await writing;
    },
  };
}

async function recall(memory: AdapterMemory, log: Log): Promise<readonly number[]> {
  try {
    const kept = await memory.get('taken');
    return Array.isArray(kept) ? kept.flatMap((id: Json) => integer(id) ?? []) : [];
  } catch (error) {
    log.warn({ error }, 'which updates were taken before could not be read');
    return [];
  }
}

/** For several processes behind one webhook: each update leaves a mark before it is acted on. */
export function createTakenMarks(memory: AdapterMemory, log: Log): Taken {
  const known = latest();
  return {
    async first(updateId) {
      if (!known.add(updateId)) return false;
      const key = `taken/${updateId}`;
      try {
        if ((await memory.get(key)) !== undefined) return false;
        await memory.set(key, true, MARKED_MS);
      } catch (error) {
        log.warn({ error }, 'a taken update could not be written down');
      }
      return true;
    },
    async flush() {},
  };
}
