import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { recordKey, type Store } from '../../src/storage/types.js';
import { type OpenForTest, recordsContract } from './store-records.js';
import { versionsContract } from './store-versions.js';

/**
 * What every Store does, whatever keeps its records. `open` gives an empty one, `openBeside` another over the same
 * records as the last, where the engine can share them.
 */
export function storeContract(engine: string, open: OpenForTest, openBeside?: () => Promise<Store>): void {
  describe(`a store on the ${engine} engine`, () => {
    const opened: Store[] = [];
    const kept = async (opening: Promise<Store>) => {
      const store = await opening;
      opened.push(store);
      return store;
    };
    const openStore: OpenForTest = (options) => kept(open(options));
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((store) => store.close()));
    });

    recordsContract(openStore);
    versionsContract(openStore, openBeside && (() => kept(openBeside())));
    keysContract(openStore);
    claimContract(openStore);
    lockContract(openStore);
    watchContract(openStore);
  });
}

function keysContract(open: OpenForTest): void {
  it('lists the keys whose leading segments are those of the prefix', async () => {
    const records = (await open()).records('things');
    const long = 'x'.repeat(5000);
    const keys = [
      recordKey('telegram:1'),
      recordKey('telegram:1', 'files'),
      recordKey('telegram:1', 'linear'),
      recordKey('telegram:1', 'linear', 'deep'),
      recordKey('telegram:10', 'linear'),
      recordKey(long, 'linear'),
    ];
    for (const key of keys) await records.set(key, 1);
    expect(await records.keys(recordKey('telegram:1'))).toEqual(keys.slice(0, 4));
    expect(await records.keys(recordKey('telegram:1', 'linear'))).toEqual(keys.slice(2, 4));
    expect(await records.keys(recordKey(long))).toEqual(keys.slice(5));
    expect(await records.keys(recordKey('telegram'))).toEqual([]);
    expect(await records.keys()).toEqual([...keys].sort());
    await records.delete(recordKey('telegram:1', 'linear', 'deep'));
    expect(await records.keys(recordKey('telegram:1', 'linear'))).toEqual([
      recordKey('telegram:1', 'linear'),
    ]);
  });
}

function claimContract(open: OpenForTest): void {
  it('gives a claimed record to one of fifty', async () => {
    const store = await open();
    await store.records('things').set('a', { secret: 1 });
    const claims = await Promise.all(Array.from({ length: 50 }, () => store.claim('things', 'a')));
    expect(claims.filter((value) => value !== undefined)).toEqual([{ secret: 1 }]);
    expect(await store.records('things').get('a')).toBeUndefined();
    expect(await store.records('things').keys()).toEqual([]);
  });

  it('claims nothing where nothing is, and again what is set again', async () => {
    const store = await open();
    expect(await store.claim('things', 'a')).toBeUndefined();
    await store.records('things').set('a', 1);
    expect(await store.claim('others', 'a')).toBeUndefined();
    expect(await store.claim('things', 'a')).toBe(1);
    await store.records('things').set('a', 2, 60_000);
    expect(await store.claim('things', 'a')).toBe(2);
  });

  it('claims each of several writes at most once, while they go on', async () => {
    const store = await open();
    const claimed: unknown[] = [];
    let writing = true;
    const claimer = async () => {
      while (writing) {
        const value = await store.claim('things', 'a');
        if (value !== undefined) claimed.push(value);
        await delay(0);
      }
    };
    const claimers = [claimer(), claimer(), claimer()];
    for (let n = 0; n < 30; n++) await store.records('things').set('a', n);
    writing = false;
    await Promise.all(claimers);
    expect(new Set(claimed).size).toBe(claimed.length);
  });
}

function lockContract(open: OpenForTest): void {
  it('lets one at a time work under a lock, in the order of their coming', async () => {
    const store = await open();
    const order: number[] = [];
    let inside = 0;
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        store.lock('a', async () => {
          expect(++inside).toBe(1);
          await delay(1);
          order.push(n);
          inside--;
        }),
      ),
    );
    expect(order).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });

  it('lets those with different locks work at the same time', async () => {
    const store = await open();
    const meeting = deferred();
    await Promise.all([
      store.lock('a', () => meeting.promise),
      store.lock('A', () => store.lock('a/b', async () => meeting.resolve())),
    ]);
  });

  it('gives back what the work gives, and frees the lock when the work throws', async () => {
    const store = await open();
    const failure = new Error('mine');
    await expect(store.lock('a', () => Promise.reject(failure))).rejects.toBe(failure);
    await expect(
      store.lock('a', () => {
        throw failure;
      }),
    ).rejects.toBe(failure);
    expect(await store.lock('a', async (lease) => [lease.aborted, 'done'])).toEqual([false, 'done']);
  });

  it('stops waiting for a lock after a while, and lets the others go on', async () => {
    const store = await open({ lockWaitMs: 1000 });
    const holding = deferred();
    const holder = store.lock('a', () => holding.promise);
    await expect(store.lock('a', async () => 'never')).rejects.toMatchObject({
      name: 'StoreError',
      code: 'lock_timeout',
    });
    const next = store.lock('a', async () => 'next');
    holding.resolve();
    await holder;
    expect(await next).toBe('next');
  });
}

function watchContract(open: OpenForTest): void {
  it('tells who watches of everything that is set, deleted or claimed, until they stop', async () => {
    const store = await open();
    const seen: string[] = [];
    const stop = await store.watch('things', (key) => seen.push(key));
    const records = store.records('things');
    await records.set(recordKey('telegram:1', 'linear'), 1);
    await records.set('b', 1);
    await store.records('others').set('c', 1);
    await records.delete('b');
    await records.set('d', 1);
    await store.claim('things', 'd');
    expect(seen).toEqual([recordKey('telegram:1', 'linear'), 'b', 'b', 'd', 'd']);
    stop();
    await records.set('e', 1);
    expect(seen).not.toContain('e');
  });

  it('goes on telling the others when one who watches throws or stops', async () => {
    const store = await open();
    const seen: string[] = [];
    const warned = new Promise((resolve) => process.once('warning', resolve));
    await store.watch('things', () => {
      throw new Error('a listener of the test threw');
    });
    const stop = await store.watch('things', () => {});
    await store.watch('things', (key) => seen.push(key));
    stop();
    await store.records('things').set('a', 1);
    expect(seen).toEqual(['a']);
    expect(await warned).toMatchObject({ message: 'a listener of the test threw' });
  });
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve: () => resolve() };
}
