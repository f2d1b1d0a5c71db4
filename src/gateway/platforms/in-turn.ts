import { setTimeout as sleep } from 'node:timers/promises';
import { orAborted } from '../../mcp/time-limit.js';
import type { Log } from '../../observability/log.js';
import { recordKey, type Store, StoreError } from '../../storage/types.js';
import type { InTurn } from '../types.js';

const AGAIN_MS = 2_000;

/**
 * What one replica at a time does, and another once that is gone: the store's lock is the turn, and its lease says when it
 * is over. Whoever waits for it waits in the store, and asks again where that gives up.
 */
export function createInTurn(store: Store, what: string, log: Log): InTurn {
  const name = recordKey('turn', what);

  /** True once the work has ended by itself. */
  async function take(work: (turn: AbortSignal) => Promise<void>, ending: AbortSignal): Promise<boolean> {
    let working = false;
    const locking = store.lock(name, async (lease) => {
      if (ending.aborted) return true;
      working = true;
      log.info({ turn: what }, 'it is this replica’s turn');
      await work(AbortSignal.any([ending, lease]));
      if (lease.aborted) log.warn({ turn: what }, 'the turn was lost: another replica may have it');
      return !lease.aborted;
    });
    // Whoever only waits for a turn must not hold up the end.
    try {
      return await orAborted(locking, ending);
    } catch (error) {
      if (!ending.aborted) throw error;
      return working ? await locking : true;
    }
  }

  return async (work, ending) => {
    while (!ending.aborted) {
      try {
        if (await take(work, ending)) return;
      } catch (error) {
        if (isBusy(error)) continue;
        log.warn({ turn: what, error }, 'no turn can be had; trying again');
        await sleep(AGAIN_MS, undefined, { signal: ending, ref: false }).catch(() => undefined);
      }
    }
  };
}

/** Another replica has it. */
function isBusy(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'lock_timeout';
}
