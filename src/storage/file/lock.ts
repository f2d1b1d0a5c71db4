import { createHash } from 'node:crypto';
import { rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lock as lockFile } from 'proper-lockfile';
import { errorCode, unlessAbsent } from '../file-failure.js';
import { lockTimeout, TurnQueue } from '../turn-queue.js';
import { Heartbeats } from './lock-heartbeats.js';

export interface LockTimes {
  /** A holder that gives no sign of life for so long is dead: others take over. At least 2 s. */
  readonly leaseMs: number;
  /** How long `lock` waits for its turn. */
  readonly waitMs: number;
}

/** proper-lockfile's own takeover of a stale lock is not exclusive: it must never think one is stale. */
const NEVER_STALE = Number.MAX_SAFE_INTEGER;
const BREAKING_TAKES_AT_MOST_MS = 5_000;
/** proper-lockfile beats the heart once a second at most. */
const SHORTEST_LEASE_MS = 2_000;
const LOOK_AGAIN_MS = { least: 10, most: 80 };

interface Held {
  readonly path: string;
  readonly lease: AbortController;
  readonly release: () => Promise<void>;
}

/** Locks between the processes that share a folder, on proper-lockfile; within this one a queue stands in front. */
export class FileLocks {
  readonly #turns = new TurnQueue();
  readonly #heartbeats: Heartbeats;
  readonly #times: LockTimes;

  constructor(
    private readonly folder: string,
    { leaseMs, waitMs }: LockTimes,
  ) {
    this.#times = { leaseMs: Math.max(leaseMs, SHORTEST_LEASE_MS), waitMs };
    this.#heartbeats = new Heartbeats(this.#times.leaseMs);
  }

  /** @throws {StoreError} `lock_timeout` */
  async acquire(name: string): Promise<{ readonly lease: AbortSignal; end(): Promise<void> }> {
    const startedMs = performance.now();
    const endTurn = await this.#turns.take(name, this.#times.waitMs);
    try {
      const held = await this.#acquireFile(name, startedMs);
      return { lease: held.lease.signal, end: () => this.#release(held).finally(endTurn) };
    } catch (error) {
      endTurn();
      throw error;
    }
  }

  async #acquireFile(name: string, startedMs: number): Promise<Held> {
    const path = join(this.folder, createHash('sha256').update(name).digest('hex').slice(0, 40));
    const watched = new HolderWatch(this.#times.leaseMs);
    for (let pause = LOOK_AGAIN_MS.least; ; pause = Math.min(pause * 2, LOOK_AGAIN_MS.most)) {
      const held = await this.#try(path);
      if (held) return held;
      if (await watched.seemsDead(`${path}.lock`)) await breakLock(path, watched);
      if (performance.now() - startedMs > this.#times.waitMs) throw lockTimeout(name, this.#times.waitMs);
      await delay(pause * (0.5 + Math.random()));
    }
  }

  async #try(path: string): Promise<Held | undefined> {
    const lease = new AbortController();
    const fromMs = Date.now();
    const release = await ifFree(
      lockFile(path, {
        realpath: false,
        stale: NEVER_STALE,
        update: Math.max(1_000, this.#times.leaseMs / 4),
        fs: this.#heartbeats.fs,
        // The default throws, from a timer.
        onCompromised: () =>
          lease.abort(new Error('The lock was lost: this process gave no sign of life in time.')),
      }),
    );
    if (release === undefined) return undefined;
    this.#heartbeats.begin(`${path}.lock`, fromMs);
    return { path: `${path}.lock`, lease, release };
  }

  /** One that cannot be released goes stale; one that was lost is left to its new holder (see `Heartbeats`). */
  async #release({ path, release }: Held): Promise<void> {
    await release().catch(() => {});
    this.#heartbeats.end(path);
  }
}

/** Tells from the heartbeats in a lock's mtime whether its holder lives. */
class HolderWatch {
  #seen: { readonly mtimeMs: number; readonly atMs: number } | undefined;

  constructor(private readonly leaseMs: number) {}

  /** By the clock; or, where clocks were set back, because nothing has changed for as long under our eyes. */
  async seemsDead(lock: string): Promise<boolean> {
    const stats = await unlessAbsent(stat(lock));
    if (stats === undefined) return false;
    if (this.#seen?.mtimeMs !== stats.mtimeMs) {
      this.#seen = { mtimeMs: stats.mtimeMs, atMs: performance.now() };
    }
    return Date.now() - stats.mtimeMs > this.leaseMs || performance.now() - this.#seen.atMs > this.leaseMs;
  }
}

/** Removes a dead holder's lock, under a second lock: else two could do so, and the later one free a new holder's. */
async function breakLock(path: string, watched: HolderWatch): Promise<void> {
  const release = await ifFree(
    lockFile(`${path}.break`, { realpath: false, stale: BREAKING_TAKES_AT_MOST_MS, onCompromised: () => {} }),
  );
  if (release === undefined) return;
  try {
    if (await watched.seemsDead(`${path}.lock`)) await unlessAbsent(rmdir(`${path}.lock`));
  } finally {
    await release().catch(() => {});
  }
}

async function ifFree<T>(locking: Promise<T>): Promise<T | undefined> {
  try {
    return await locking;
  } catch (error) {
    if (errorCode(error) === 'ELOCKED') return undefined;
    throw error;
  }
}
