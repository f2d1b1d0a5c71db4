import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CachedRecords } from '../../src/storage/cached-records.js';
import { type OpenedStore, type OpenStoreOptions, openStore } from '../../src/storage/open.js';
import { recordKey } from '../../src/storage/types.js';
import { compileStorage, StoreProcess, startTogether, type Task } from './store-process.js';

let compiled: { readonly folder: string; readonly compiled: string };
let folder: string;
const cleanups: Array<() => Promise<void>> = [];

beforeAll(async () => {
  compiled = await compileStorage();
});
afterAll(() => rm(compiled.folder, { recursive: true, force: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const task = (name: string, given: object = {}): Task => ({
  compiled: compiled.compiled,
  folder,
  task: name,
  ...given,
});

async function open(options?: OpenStoreOptions): Promise<OpenedStore> {
  const opened = await openStore({ kind: 'file', folder }, options);
  cleanups.push(() => opened.store.close());
  return opened;
}

async function start(...tasks: Task[]): Promise<readonly StoreProcess[]> {
  const processes = await startTogether(tasks);
  cleanups.push(async () => {
    await Promise.all(processes.map((process) => process.kill()));
  });
  return processes;
}

const results = (processes: readonly StoreProcess[]) =>
  Promise.all(processes.map((process) => process.result()));

async function filesIn(inside: string): Promise<readonly string[]> {
  const entries = await readdir(inside, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

describe('several processes with one folder', () => {
  it('give each of 100 keys to exactly one of eight who claim it', async () => {
    const { store } = await open();
    const keys = Array.from({ length: 100 }, (_, n) => recordKey(`state${n}`));
    await Promise.all(keys.map((key) => store.records('things').set(key, key)));
    const claimers = await start(...Array.from({ length: 8 }, () => task('claim', { keys })));
    const won = (await results(claimers)).flat();
    expect(won.sort()).toEqual([...keys].sort());
    expect((await filesIn(join(folder, 'records'))).length).toBe(0);
  });

  it('work one at a time under a lock', async () => {
    await writeFile(join(folder, 'counter'), '0');
    await results(await start(...Array.from({ length: 6 }, () => task('count', { times: 20 }))));
    expect(await readFile(join(folder, 'counter'), 'utf8')).toBe('120');
  });

  it('take a killed holder’s lock over within its lease, one after another', async () => {
    const options = { leaseMs: 3000 };
    const [holder] = await start(task('hold', { options }));
    await holder?.says('holding');
    const waiters = await start(...Array.from({ length: 8 }, () => task('enter', { options, insideMs: 20 })));
    await holder?.kill();
    const killedAtMs = Date.now();
    const entered = (await results(waiters)).map(Number).sort((a, b) => a - b);
    expect((entered[0] ?? 0) - killedAtMs).toBeLessThan(6000);
  });

  it('outlive being blocked for longer than a lease, and leave the lock to its new holder', async () => {
    const options = { leaseMs: 4000 };
    const [blocked] = await start(task('block', { options, blockMs: 7500 }));
    await blocked?.says('holding');
    const [next] = await start(task('hold', { options }));
    await next?.says('holding');
    expect(await blocked?.result()).toBe('lives');
    const { store } = await open({ ...options, lockWaitMs: 200 });
    await expect(store.lock('held', async () => 'freed')).rejects.toMatchObject({ code: 'lock_timeout' });
  });

  it('find an old or a new record whole when one is killed while it writes', async () => {
    const keys = ['a', 'b', 'c', 'd'];
    const writers = await start(...keys.map((key) => task('write', { key })));
    const { store } = await open();
    for (const [index, writer] of writers.entries()) {
      await writer.says('writing');
      await delay(20 + 37 * index);
      await writer.kill();
    }
    for (const key of keys) {
      const value = await store.records<{ n: number; fill: string }>('things').get(key);
      expect(value?.fill).toBe(String((value?.n ?? -1) % 10).repeat(300_000));
    }
    expect(await store.records('things').keys()).toEqual(keys);
  });

  it('see at the next call what another changed', async () => {
    const { store } = await open();
    await store.records('things').set('first', 2);
    await store.records('things').set('second', 2);
    await delay(50);
    const cached = new CachedRecords(store.records('things'));
    expect([await cached.current('first'), await cached.current('second')]).toEqual([2, 2]);
    await results(await start(task('change', { keys: ['first', 'claimed', 'second'] })));
    expect([await cached.current('first'), await cached.current('second')]).toEqual([undefined, 1]);
  });

  it('hear of what another changes', async () => {
    const { store } = await open();
    const keys = [recordKey('new', 'folder'), 'taken', recordKey('x'.repeat(5000), '😀')];
    const seen: string[] = [];
    const all = new Promise<void>((resolve) => {
      store.watch('things', (key) => {
        seen.push(key);
        if (seen.length === 5) resolve();
      });
    });
    await results(await start(task('change', { keys })));
    await all;
    expect(seen).toEqual([...keys, keys[0], keys[1]]);
  });

  it('share one sealing key when they all start first', async () => {
    const starters = await start(...Array.from({ length: 5 }, () => task('start')));
    const secrets = await results(starters);
    const { store, pageSecret } = await open();
    expect(new Set(secrets)).toEqual(new Set([Buffer.from(pageSecret).toString('hex')]));
    const keys = await store.records('things').keys('by');
    expect(await Promise.all(keys.map((key) => store.records('things').get(key)))).toHaveLength(5);
    expect(await filesIn(folder)).not.toContainEqual(expect.stringMatching(/\.tmp$/));
  });
});

describe('a process that may not', () => {
  it('keeps the old record whole where the disk is full', async () => {
    const child = new StoreProcess(task('fill'), 'ulimit -f 32');
    cleanups.push(() => child.kill());
    child.go();
    await child.says('ready');
    const [outcome, left] = (await child.result()) as [string, string];
    expect(outcome).toMatch(/^StoreError store_unavailable: .*The disk is full: free some space/);
    expect(left).toBe('old');
    expect(await filesIn(join(folder, 'records'))).toEqual(['a.record']);
  });

  it('says for every operation why, and what to do, where the folder is forbidden to it', async () => {
    const [child] = await start(task('forbidden'));
    const outcomes = (await child?.result()) as string[];
    expect(outcomes).toHaveLength(7);
    for (const outcome of outcomes) {
      expect(outcome).toMatch(/^StoreError store_unavailable: .*\(EACCES\)\. This user may not: let it own/);
    }
    const { store } = await open();
    expect(await store.records('things').get('a')).toBe('old');
  });
});
