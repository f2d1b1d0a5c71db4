import type { Params } from './params.js';
import { badRequest, conflict, type Refusal } from './refusal.js';
import type { Update, UpdateQueue } from './update-queue.js';

const MAX_TIMEOUT_S = 50;

const SUPERSEDED = conflict(
  'terminated by other getUpdates request; make sure that only one bot instance is running',
);

interface Batch {
  readonly offset: number;
  readonly limit: number;
  readonly timeoutMs: number;
}

function readBatch(params: Params): Batch {
  const limit = params.integer('limit') ?? 100;
  const timeoutS = Math.min(Math.max(params.integer('timeout') ?? 0, 0), MAX_TIMEOUT_S);
  return {
    offset: params.integer('offset') ?? 0,
    limit: limit < 1 || limit > 100 ? 100 : limit,
    timeoutMs: timeoutS * 1000,
  };
}

/** Only names of update types; an empty list is the default again. */
export function readAllowedUpdates(params: Params): readonly string[] | undefined {
  const names = params.list('allowed_updates') ?? [];
  return names.map((name) => {
    if (typeof name !== 'string') throw badRequest("can't parse allowed updates");
    return name;
  });
}

/** `getUpdates`: one caller at a time; a new one ends the one before. */
export class LongPolling {
  readonly #updates: UpdateQueue;
  #end: ((reason: Refusal) => void) | undefined;

  constructor(updates: UpdateQueue) {
    this.#updates = updates;
  }

  async get(params: Params, gone: AbortSignal): Promise<readonly Update[]> {
    this.end(SUPERSEDED);
    const batch = readBatch(params);
    this.#allow(params);
    const ready = this.#updates.take(batch.offset, batch.limit);
    if (ready.length > 0 || batch.timeoutMs === 0) return ready;
    await this.#something(batch.timeoutMs, gone);
    return gone.aborted ? [] : this.#updates.take(batch.offset, batch.limit);
  }

  /** The one who waits now gets this instead. */
  end(reason: Refusal): void {
    this.#end?.(reason);
  }

  #allow(params: Params): void {
    const names = params.has('allowed_updates') ? readAllowedUpdates(params) : undefined;
    if (names !== undefined) this.#updates.allowed = names.length === 0 ? undefined : names;
  }

  /** An update, the time's end, the caller's going, or a new caller (rejects). */
  #something(timeoutMs: number, gone: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (reason?: Refusal): void => {
        clearTimeout(timer);
        stopListening();
        gone.removeEventListener('abort', onGone);
        if (this.#end === settle) this.#end = undefined;
        if (reason === undefined) resolve();
        else reject(reason);
      };
      const onGone = (): void => settle();
      const timer = setTimeout(settle, timeoutMs);
      const stopListening = this.#updates.onAdded(() => settle());
      gone.addEventListener('abort', onGone);
      this.#end = settle;
    });
  }
}
