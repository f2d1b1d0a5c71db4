import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { lockTimeout, TurnQueue } from './turn-queue.js';

/** Where leases are kept: a server whose clock alone says when one is over. Each method rejects with a StoreError. */
export interface Leases {
  /** True for one holder, until the lease is over or released. */
  take(name: string, holder: string, leaseMs: number): Promise<boolean>;
  /** False when it is no longer this holder's. */
  renew(name: string, holder: string, leaseMs: number): Promise<boolean>;
  /** Leaves another holder's lease alone. */
  release(name: string, holder: string): Promise<void>;
}

interface LeaseTimes {
  /** A holder that gives no sign of life for so long is dead: others take over. */
  readonly leaseMs: number;
  /** How long `acquire` waits for its turn. */
  readonly waitMs: number;
}

/** A holder gives up this much of its lease, so that it has let go before others may take over. */
const SAFE_PART = 0.8;
/** A tenth of what was waited so far: whoever waits for minutes (a replica for its turn) asks once a second. */
const LOOK_AGAIN_MS = { least: 8, most: 1_000 };

interface HeldLease {
  readonly lease: AbortSignal;
  end(): Promise<void>;
}

/**
 * Locks between processes on leases that a server keeps; within this process a queue stands in front, so that one asks
 * at a time for each lock. No connection is held while a lock is: a pooler between us and the server does no harm, and
 * a holder whose machine is gone is followed when its lease is over, whatever its connection still looks like.
 */
export class LeaseLocks {
  readonly #turns = new TurnQueue();

  constructor(
    private readonly leases: Leases,
    private readonly times: LeaseTimes,
  ) {}

  /** `Engine.lock`. */
  async hold<T>(name: string, work: (lease: AbortSignal) => Promise<T>): Promise<T> {
    const held = await this.acquire(name);
    try {
      return await work(held.lease);
    } finally {
      await held.end();
    }
  }

  /** @throws {StoreError} `lock_timeout`, or what the server could not do */
  async acquire(name: string): Promise<HeldLease> {
    const startedMs = performance.now();
    const endTurn = await this.#turns.take(name, this.times.waitMs);
    try {
      const held = await this.#take(name, startedMs);
      return { lease: held.lease, end: () => held.end().finally(endTurn) };
    } catch (error) {
      endTurn();
      throw error;
    }
  }

  async #take(name: string, startedMs: number): Promise<HeldLease> {
    const holder = randomUUID();
    for (;;) {
      const askedMs = performance.now();
      if (await this.leases.take(name, holder, this.times.leaseMs)) return this.#keep(name, holder, askedMs);
      const waitedMs = performance.now() - startedMs;
      if (waitedMs > this.times.waitMs) throw lockTimeout(name, this.times.waitMs);
      const pauseMs = Math.min(Math.max(waitedMs / 10, LOOK_AGAIN_MS.least), LOOK_AGAIN_MS.most);
      await delay(Math.min(pauseMs * (0.5 + Math.random()), this.times.waitMs));
    }
  }

  /** Renews the lease until it ends, and tells the holder when that failed for too long. */
  #keep(name: string, holder: string, takenMs: number): HeldLease {
    const lost = new AbortController();
    const { leaseMs } = this.times;
    let deadline: NodeJS.Timeout | undefined;
    const stop = () => {
      clearInterval(beating);
      clearTimeout(deadline);
    };
    const lose = () => {
      stop();
      lost.abort(new Error('The lock was lost: this process gave no sign of life in time.'));
    };
    /** From when it was asked for: when the server granted it, nobody here knows. */
    const granted = (askedMs: number) => {
      clearTimeout(deadline);
      deadline = setTimeout(lose, askedMs + leaseMs * SAFE_PART - performance.now());
      deadline.unref();
    };
    let ended = false;
    const beat = async () => {
      const askedMs = performance.now();
      // While the server cannot be asked, the lease that was granted last counts.
      const renewed = await this.leases.renew(name, holder, leaseMs).catch(() => undefined);
      if (ended || lost.signal.aborted) return;
      if (renewed) granted(askedMs);
      else if (renewed === false) lose();
    };
    const beating = setInterval(beat, leaseMs / 5);
    beating.unref();
    granted(takenMs);
    return {
      lease: lost.signal,
      end: async () => {
        ended = true;
        stop();
        // One that cannot be released is over when its time is.
        await this.leases.release(name, holder).catch(() => {});
      },
    };
  }
}
