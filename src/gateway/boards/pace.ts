import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** Work under way that a shutdown, or a test, waits for. */
export interface Tasks {
  /** `work` must not reject. */
  add(work: Promise<void>): void;
  /** Resolves when nothing is under way any more, what was added meanwhile included. */
  settled(): Promise<void>;
}

export function createTasks(): Tasks {
  const under = new Set<Promise<void>>();
  return {
    add(work) {
      const tracked = work.finally(() => under.delete(tracked));
      under.add(tracked);
    },
    async settled() {
      while (under.size > 0) await Promise.allSettled([...under]);
    },
  };
}

/** Waits, or less where `signal` aborts. Never rejects. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
}

/** What `work` resolved to, or undefined where it takes longer than `ms`. The work goes on by itself. */
export async function within<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  const done = new AbortController();
  try {
    return await Promise.race([work, pause(ms, done.signal).then(() => undefined)]);
  } finally {
    done.abort();
  }
}

/**
 * One lane a key: work runs at once in a free lane, and then not again until `everyMs` later; what is asked for
 * meanwhile is folded into one run. So the last request is always served, at most `everyMs` late.
 */
export interface Lanes {
  /** Resolves when it was served. `work` must not reject. */
  request(key: string, work: () => Promise<void>): Promise<void>;
  /** Nothing waits any more, until the function it returns is called. */
  hurry(): () => void;
}

interface Lane {
  wanted: (() => Promise<void>) | undefined;
  served: Promise<void>;
  serve: () => void;
}

/** Every lane that waits listens to the same one: many listeners are no leak here. */
function endOfWaiting(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

export function createLanes(everyMs: number, tasks: Tasks): Lanes {
  const lanes = new Map<string, Lane>();
  let rush = endOfWaiting();
  let hurrying = 0;

  async function run(key: string, lane: Lane): Promise<void> {
    while (lane.wanted !== undefined) {
      const { wanted, serve } = lane;
      lane.wanted = undefined;
      await wanted().finally(serve);
      await pause(everyMs, rush.signal);
    }
    lanes.delete(key);
  }

  return {
    request(key, work) {
      const lane = lanes.get(key) ?? { wanted: undefined, served: Promise.resolve(), serve: () => undefined };
      if (lane.wanted === undefined) {
        lane.served = new Promise((resolve) => {
          lane.serve = resolve;
        });
        tasks.add(lane.served);
      }
      lane.wanted = work;
      if (!lanes.has(key)) {
        lanes.set(key, lane);
        void run(key, lane);
      }
      return lane.served;
    },
    hurry() {
      hurrying += 1;
      rush.abort();
      return () => {
        hurrying -= 1;
        if (hurrying === 0) rush = endOfWaiting();
      };
    },
  };
}
