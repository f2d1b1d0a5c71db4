import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Replace } from '../engine.js';
import { createDurably } from './durable-file.js';
import type { FileLocks } from './lock.js';

/**
 * A file system can replace a file, but not "replace it if it is still that one". So while somebody replaces records, a
 * marker stands in the folder, and whoever changes a record does the last step of it, the rename or the deletion, under
 * a lock of that record. Without the marker this costs one look at the folder.
 *
 * A process that died leaves the marker: changes then take a little longer, until somebody replaces again and ends it.
 */
export class FileReplacing {
  readonly #marker: string;

  /** @param settleMs longer than any process needs from its look at the folder to the step that follows at once */
  constructor(
    folder: string,
    private readonly locks: FileLocks,
    private readonly settleMs: number,
  ) {
    this.#marker = join(folder, 'replacing');
  }

  /** The step that changes the record's file for all who look. */
  async step<T>(name: string, key: string, change: () => Promise<T>): Promise<T> {
    return existsSync(this.#marker) ? await this.alone(name, key, change) : await change();
  }

  /**
   * One process at a time: the next would lose the marker to the end of the first.
   *
   * @param replace of `Engine`: `work` gets it for as long as the marker stands
   */
  async replacing<T>(replace: Replace, work: (replace: Replace) => Promise<T>): Promise<T> {
    const held = await this.locks.acquire('replacing');
    const ending = untilEnded(replace);
    try {
      await createDurably(this.#marker, '');
      await delay(this.settleMs);
      return await work(ending.replace);
    } finally {
      await ending.end();
      try {
        if (!held.lease.aborted) await rm(this.#marker, { force: true });
      } finally {
        await held.end();
      }
    }
  }

  /** Nobody else changes the record meanwhile. */
  async alone<T>(name: string, key: string, work: () => Promise<T>): Promise<T> {
    const held = await this.locks.acquire(`replacing/${encodeURIComponent(name)}/${key}`);
    try {
      return await work();
    } finally {
      await held.end();
    }
  }
}

/** Work that fails may leave others of its replacements under way: they are waited for, and none begins after the end. */
function untilEnded(replace: Replace): { readonly replace: Replace; end(): Promise<void> } {
  const underWay = new Set<Promise<boolean>>();
  let ended = false;
  return {
    async replace(...given) {
      if (ended) return false;
      const replacing = replace(...given);
      underWay.add(replacing);
      return await replacing.finally(() => underWay.delete(replacing));
    },
    async end() {
      ended = true;
      await Promise.allSettled(underWay);
    },
  };
}
