import { setTimeout as sleep } from 'node:timers/promises';
import type { AdapterMemory, Json } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import { isMembers, messageRef, readMessageRef, type SentMessage } from '../refs.js';
import { INTERRUPTED } from '../sentences.js';
import type { Outbox } from './outbox.js';

export interface UnfinishedParts {
  readonly memory: () => AdapterMemory;
  readonly outbox: () => Outbox | undefined;
  /** No other process serves this bot: what stands there at the start was left by a former one. */
  readonly single: boolean;
  readonly log: Log;
}

/** Messages that say "Working…", for the next process to find: one that is killed must not leave them so for ever (threat 24). */
export interface Unfinished {
  add(message: SentMessage): Promise<void>;
  remove(message: SentMessage): Promise<void>;
  /** Says in those that a former process left that it was interrupted. Never rejects. */
  recover(ending: AbortSignal): Promise<void>;
}

const KEY = 'working';
const KEPT_MS = 86_400_000;
/** Whatever still says it after so long is no living replica's. */
const LONGEST_WORK_MS = 60_000;
const AGAIN_MS = 30_000;

export function createUnfinished({ memory, outbox, single, log }: UnfinishedParts): Unfinished {
  let last: Promise<void> = Promise.resolve();

  /** One change after the other. */
  function change(edit: (before: readonly SentMessage[]) => readonly SentMessage[]): Promise<void> {
    last = last.then(async () => {
      const after = edit(read(await memory().take(KEY)));
      if (after.length > 0) await memory().set(KEY, after.map(messageRef), KEPT_MS);
    });
    last = last.catch((error: unknown) => log.warn({ error }, 'unfinished answers could not be kept'));
    return last;
  }

  const remove = (message: SentMessage): Promise<void> =>
    change((before) => before.filter((one) => !isSame(one, message)));

  const kept = async (): Promise<readonly SentMessage[]> => read(await memory().get(KEY));

  /** False: not now. */
  async function tell(message: SentMessage): Promise<boolean> {
    const out = outbox();
    if (out === undefined) return false;
    await out.edit(message, { text: INTERRUPTED, keyboard: [], kept: [] });
    await remove(message);
    return true;
  }

  async function tellAll(left: readonly SentMessage[]): Promise<boolean> {
    try {
      const still = await kept();
      const told = left.filter((one) => still.some((other) => isSame(one, other))).map(tell);
      return (await Promise.all(told)).every((done) => done);
    } catch (error) {
      log.warn({ error }, 'unfinished answers of a former process could not be ended; trying again');
      return false;
    }
  }

  async function recover(ending: AbortSignal): Promise<void> {
    const left = await kept();
    if (left.length === 0) return;
    if (!single) await sleep(LONGEST_WORK_MS, undefined, { signal: ending, ref: false });
    while (!(await tellAll(left))) await sleep(AGAIN_MS, undefined, { signal: ending, ref: false });
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

function read(value: Json | undefined): readonly SentMessage[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one: Json) => (isMembers(one) ? (readMessageRef(one) ?? []) : []));
}

function isSame(one: SentMessage, other: SentMessage): boolean {
  return JSON.stringify(messageRef(one)) === JSON.stringify(messageRef(other));
}
