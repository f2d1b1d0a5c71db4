import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdapterMemory, Json, MessageRef } from '../../gateway/types.js';
import type { Log } from '../../observability/log.js';

export interface UnfinishedParts {
  readonly memory: () => AdapterMemory;
  /** Says in a message that its command was interrupted. False: not now. */
  readonly tell: (message: MessageRef) => Promise<boolean>;
  /** No other process serves this bot: what stands there at the start was left by a former one. */
  readonly single: () => boolean;
  /** How old, among several processes, what is left unfinished must be. @default a minute */
  readonly longestWorkMs?: number;
  /** Between two tries. @default half a minute */
  readonly againMs?: number;
  readonly log: Log;
}

/**
 * Messages that say "Working…", for another process to find: one that is killed must not leave them so for ever
 * (threat 24). A record for each: replicas that note theirs in the same moment must not lose one another's.
 */
export interface Unfinished {
  add(message: MessageRef): Promise<void>;
  remove(message: MessageRef): Promise<void>;
  /** Its command is over, and its answer could not be put in its place: says that it was interrupted, as soon as it can. */
  abandon(message: MessageRef): void;
  /**
   * Says in those that a process left that it was interrupted: once, where no other serves the bot; else for as long as
   * this one runs, because any of them may die. Never rejects.
   */
  recover(ending: AbortSignal): Promise<void>;
}

const KEY = 'working';
const KEPT_MS = 86_400_000;
/** Whatever still says it after so long is no living replica's. */
const LONGEST_WORK_MS = 60_000;
const AGAIN_MS = 30_000;

export function createUnfinished(parts: UnfinishedParts): Unfinished {
  const { memory, tell, single, longestWorkMs = LONGEST_WORK_MS, againMs = AGAIN_MS, log } = parts;
  let ended: AbortSignal | undefined;

  /** Never rejects: the store may be away, or the chat closed by now. */
  async function change(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      log.warn({ error }, 'unfinished answers could not be kept');
    }
  }

  const left = async (): Promise<readonly string[]> => {
    const ids = await memory().keys(KEY);
    return ids.map((id) => `${KEY}/${id}`);
  };

  /** Told before it is forgotten: a kill in between says it again. Of several processes, one tells at a time. */
  async function end(key: string): Promise<boolean> {
    const message = await memory().get(key);
    if (!isRef(message)) return true;
    if (!single() && !(await memory().first(`telling/${key}`, longestWorkMs))) return true;
    if (!(await tell(message))) return false;
    await memory().take(key);
    return true;
  }

  async function endAll(keys: readonly string[]): Promise<boolean> {
    try {
      return (await Promise.all(keys.map(end))).every((done) => done);
    } catch (error) {
      log.warn({ error }, 'unfinished answers could not be ended; trying again');
      return false;
    }
  }

  const pause = (ms: number, ending: AbortSignal) => sleep(ms, undefined, { signal: ending, ref: false });

  async function recoverOnce(ending: AbortSignal): Promise<void> {
    const keys = await left();
    while (!(await endAll(keys))) await pause(againMs, ending);
  }

  async function endLater(key: string, ending: AbortSignal): Promise<void> {
    do await pause(againMs, ending);
    while (!(await endAll([key])));
  }

  async function keepRecovering(ending: AbortSignal): Promise<void> {
    let before = new Set<string>();
    while (!ending.aborted) {
      const keys = await left().catch(() => []);
      await endAll(keys.filter((key) => before.has(key)));
      before = new Set(keys);
      await pause(longestWorkMs, ending);
    }
  }

  return {
    add: (message) => change(() => memory().set(keyOf(message), message, KEPT_MS)),
    remove: (message) => change(() => memory().take(keyOf(message))),
    abandon(message) {
      // Among replicas whoever looks next finds it.
      if (ended === undefined || !single()) return;
      endLater(keyOf(message), ended).catch(() => undefined);
    },
    recover(ending) {
      ended = ending;
      return (single() ? recoverOnce(ending) : keepRecovering(ending)).catch((error: unknown) => {
        if (!ending.aborted) log.warn({ error }, 'what a former process left unfinished could not be read');
      });
    },
  };
}

/** References come back from the store with their members in the same order. */
function keyOf(message: MessageRef): string {
  return `${KEY}/${createHash('sha256').update(JSON.stringify(message)).digest('base64url').slice(0, 22)}`;
}

function isRef(value: Json | undefined): value is MessageRef {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
