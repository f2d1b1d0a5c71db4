import { setTimeout as sleep } from 'node:timers/promises';
import type { AdapterMemory, Json, MessageRef } from '../../gateway/types.js';
import type { Log } from '../../observability/log.js';

export interface UnfinishedParts {
  readonly memory: () => AdapterMemory;
  /** Says in a message that its command was interrupted. False: not now. */
  readonly tell: (message: MessageRef) => Promise<boolean>;
  /** No other process serves this bot: what stands there at the start was left by a former one. */
  readonly single: boolean;
  readonly log: Log;
}

/** Messages that say "Working…", for the next process to find: one that is killed must not leave them so for ever (threat 24). */
export interface Unfinished {
  add(message: MessageRef): Promise<void>;
  remove(message: MessageRef): Promise<void>;
  /** Says in those that a former process left that it was interrupted. Never rejects. */
  recover(ending: AbortSignal): Promise<void>;
}

const KEY = 'working';
const KEPT_MS = 86_400_000;
/** Whatever still says it after so long is no living replica's. */
const LONGEST_WORK_MS = 60_000;
const AGAIN_MS = 30_000;

export function createUnfinished({ memory, tell, single, log }: UnfinishedParts): Unfinished {
  let last: Promise<void> = Promise.resolve();

  /** One change after the other. */
  function change(edit: (before: readonly MessageRef[]) => readonly MessageRef[]): Promise<void> {
    last = last.then(async () => {
      const after = edit(read(await memory().take(KEY)));
      if (after.length > 0) await memory().set(KEY, [...after], KEPT_MS);
    });
    last = last.catch((error: unknown) => log.warn({ error }, 'unfinished answers could not be kept'));
    return last;
  }

  const remove = (message: MessageRef): Promise<void> =>
    change((before) => before.filter((one) => !isSame(one, message)));

  const kept = async (): Promise<readonly MessageRef[]> => read(await memory().get(KEY));

  async function end(message: MessageRef): Promise<boolean> {
    if (!(await tell(message))) return false;
    await remove(message);
    return true;
  }

  async function endAll(left: readonly MessageRef[]): Promise<boolean> {
    try {
      const still = await kept();
      const ended = left.filter((one) => still.some((other) => isSame(one, other))).map(end);
      return (await Promise.all(ended)).every((done) => done);
    } catch (error) {
      log.warn({ error }, 'unfinished answers of a former process could not be ended; trying again');
      return false;
    }
  }

  async function recover(ending: AbortSignal): Promise<void> {
    const left = await kept();
    if (left.length === 0) return;
    if (!single) await sleep(LONGEST_WORK_MS, undefined, { signal: ending, ref: false });
    while (!(await endAll(left))) await sleep(AGAIN_MS, undefined, { signal: ending, ref: false });
  }

  return {
    add: (message) => change((before) => [...before, message]),
    remove,
    recover: (ending) =>
      recover(ending).catch((error: unknown) => {
        if (!ending.aborted) log.warn({ error }, 'what a former process left unfinished could not be read');
      }),
  };
}

function read(value: Json | undefined): readonly MessageRef[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one: Json) => (isRef(one) ? [one] : []));
}

function isRef(value: Json): value is MessageRef {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** References come back from the store with their members in the same order. */
function isSame(one: MessageRef, other: MessageRef): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
