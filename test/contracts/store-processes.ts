import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type OpenedStore, type OpenStoreOptions, openStore } from '../../src/storage/open.js';
import type { StorageKind } from '../../src/storage/places.js';
import { recordKey } from '../../src/storage/types.js';
import { compileStorage, StoreProcess, startTogether, type Task } from '../storage/store-process.js';

/** Where the processes of one test keep their records. */
export interface SharedPlace {
  readonly place: StorageKind;
  readonly sealingKeys?: readonly string[];
}

/** A place of its own for each test, the processes that share it, and what a test needs to play with them. */
export class ProcessesUnderTest {
  /** For files of the test; and for the records, where they are kept in files. */
  folder = '';
  #compiled: { readonly folder: string; readonly compiled: string } | undefined;
  #shared: SharedPlace | undefined;
  readonly #cleanups: Array<() => Promise<void>> = [];

  constructor(place: (folder: string) => SharedPlace) {
    beforeAll(async () => {
      this.#compiled = await compileStorage();
    });
    afterAll(() => rm(this.#compiled?.folder ?? '', { recursive: true, force: true }));
    beforeEach(async () => {
      this.folder = await mkdtemp(join(tmpdir(), 'store-'));
      this.#shared = place(this.folder);
      this.cleanUp(() => rm(this.folder, { recursive: true, force: true }));
    });
    afterEach(async () => {
      for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup();
    });
  }

  cleanUp(cleanup: () => Promise<void>): void {
    this.#cleanups.push(cleanup);
  }

  async open(options?: OpenStoreOptions): Promise<OpenedStore> {
    const { place, ...keys } = this.#place();
    const opened = await openStore(place, { ...keys, ...options });
    this.cleanUp(() => opened.store.close());
    return opened;
  }

  task(
    name: string,
    { options = {}, ...given }: { readonly options?: object; [given: string]: unknown } = {},
  ): Task {
    const { place, ...keys } = this.#place();
    const compiled = this.#compiled?.compiled ?? '';
    return { compiled, folder: this.folder, place, task: name, options: { ...keys, ...options }, ...given };
  }

  /** Together, when all are ready. */
  async start(...tasks: readonly Task[]): Promise<readonly StoreProcess[]> {
    const processes = await startTogether(tasks);
    this.cleanUp(async () => {
      await Promise.all(processes.map((process) => process.kill()));
    });
    return processes;
  }

  /** One alone, under a limit of the shell. */
  limited(task: Task, limit: string): StoreProcess {
    const process = new StoreProcess(task, limit);
    this.cleanUp(() => process.kill());
    return process;
  }

  #place(): SharedPlace {
    if (this.#shared === undefined) throw new Error('There is no place yet');
    return this.#shared;
  }
}

export const results = (processes: readonly StoreProcess[]) =>
  Promise.all(processes.map((process) => process.result()));

/** What a store does for several processes that share it, whatever keeps its records. */
export function storeProcessesContract(engine: string, place: (folder: string) => SharedPlace): void {
  describe(`several processes on the ${engine} engine`, () => {
    const processes = new ProcessesUnderTest(place);

    it('give each of 100 keys to exactly one of eight who claim it', async () => {
      const { store } = await processes.open();
      const keys = Array.from({ length: 100 }, (_, n) => recordKey(`state${n}`));
      await Promise.all(keys.map((key) => store.records('things').set(key, key)));
      const claimers = Array.from({ length: 8 }, () => processes.task('claim', { keys }));
      const won = (await results(await processes.start(...claimers))).flat();
      expect(won.sort()).toEqual([...keys].sort());
      expect(await store.records('things').keys()).toEqual([]);
    });

    it('work one at a time under a lock', async () => {
      await writeFile(join(processes.folder, 'counter'), '0');
      const counters = Array.from({ length: 4 }, () => processes.task('count', { times: 20 }));
      await results(await processes.start(...counters));
      expect(await readFile(join(processes.folder, 'counter'), 'utf8')).toBe('80');
    });

    it('take a killed holder’s lock over within its lease, one after another', async () => {
      const options = { leaseMs: 3000 };
      const [holder] = await processes.start(processes.task('hold', { options }));
      await holder?.says('holding');
      const waiter = processes.task('enter', { options, insideMs: 20 });
      const waiters = await processes.start(...Array.from({ length: 5 }, () => waiter));
      await holder?.kill();
      const killedAtMs = Date.now();
      const entered = (await results(waiters)).map(Number).sort((a, b) => a - b);
      // Three seconds and a look; the rest is what a busy machine may add. Without the lease it would be for ever.
      expect((entered[0] ?? 0) - killedAtMs).toBeLessThan(20_000);
    });

    it('outlive being blocked for longer than a lease, and leave the lock to its new holder', async () => {
      const options = { leaseMs: 3000 };
      const [blocked] = await processes.start(processes.task('block', { options, blockMs: 6000 }));
      await blocked?.says('holding');
      const [next] = await processes.start(processes.task('hold', { options }));
      await next?.says('holding');
      expect(await blocked?.result()).toBe('lives');
      const { store } = await processes.open({ ...options, lockWaitMs: 200 });
      await expect(store.lock('held', async () => 'freed')).rejects.toMatchObject({ code: 'lock_timeout' });
    });

    it('hear of what another changes', async () => {
      const { store } = await processes.open();
      const keys = [recordKey('new', 'folder'), 'taken', recordKey('x'.repeat(5000), '😀')];
      const seen: string[] = [];
      await store.watch('things', (key) => seen.push(key));
      await results(await processes.start(processes.task('change', { keys })));
      await expect.poll(() => seen).toEqual([...keys, keys[0], keys[1]]);
    });
  });
}
