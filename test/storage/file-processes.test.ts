import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CachedRecords } from '../../src/storage/cached-records.js';
import { ProcessesUnderTest, results, storeProcessesContract } from '../contracts/store-processes.js';

const inFolder = (folder: string) => ({ place: { kind: 'file', folder } }) as const;

storeProcessesContract('file', inFolder);

async function filesIn(inside: string): Promise<readonly string[]> {
  const entries = await readdir(inside, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

describe('several processes with one folder', () => {
  const processes = new ProcessesUnderTest(inFolder);

  it('leave no file behind when they claim', async () => {
    const { store } = await processes.open();
    await store.records('things').set('a', 1);
    await results(
      await processes.start(...['a', 'a'].map((key) => processes.task('claim', { keys: [key] }))),
    );
    expect(await filesIn(join(processes.folder, 'records'))).toEqual([]);
  });

  it('find an old or a new record whole when one is killed while it writes', async () => {
    const keys = ['a', 'b', 'c', 'd'];
    const writers = await processes.start(...keys.map((key) => processes.task('write', { key })));
    const { store } = await processes.open();
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
    const { store } = await processes.open();
    await store.records('things').set('first', 2);
    await store.records('things').set('second', 2);
    await delay(50);
    const cached = new CachedRecords(store.records('things'));
    expect([await cached.current('first'), await cached.current('second')]).toEqual([2, 2]);
    await results(await processes.start(processes.task('change', { keys: ['first', 'claimed', 'second'] })));
    expect([await cached.current('first'), await cached.current('second')]).toEqual([undefined, 1]);
  });

  it('share one sealing key when they all start first', async () => {
    const starters = await processes.start(...Array.from({ length: 5 }, () => processes.task('start')));
    const secrets = await results(starters);
    const { store, pageSecrets } = await processes.open();
    expect(new Set(secrets)).toEqual(new Set([Buffer.from(pageSecrets()[0]).toString('hex')]));
    const keys = await store.records('things').keys('by');
    expect(await Promise.all(keys.map((key) => store.records('things').get(key)))).toHaveLength(5);
    expect(await filesIn(processes.folder)).not.toContainEqual(expect.stringMatching(/\.tmp$/));
  });
});

describe('a process that may not', () => {
  const processes = new ProcessesUnderTest(inFolder);

  it('keeps the old record whole where the disk is full', async () => {
    const child = processes.limited(processes.task('fill'), 'ulimit -f 32');
    child.go();
    await child.says('ready');
    const [outcome, left] = (await child.result()) as [string, string];
    expect(outcome).toMatch(/^StoreError store_unavailable: .*The disk is full: free some space/);
    expect(left).toBe('old');
    expect(await filesIn(join(processes.folder, 'records'))).toEqual(['a.record']);
  });

  it('says for every operation why, and what to do, where the folder is forbidden to it', async () => {
    const [child] = await processes.start(processes.task('forbidden'));
    const outcomes = (await child?.result()) as string[];
    expect(outcomes).toHaveLength(7);
    for (const outcome of outcomes) {
      expect(outcome).toMatch(/^StoreError store_unavailable: .*\(EACCES\)\. This user may not: let it own/);
    }
    const { store } = await processes.open();
    expect(await store.records('things').get('a')).toBe('old');
  });
});
