import { randomUUID } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rename, rmdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CachedRecords } from '../../src/storage/cached-records.js';
import { FileEngine } from '../../src/storage/file/engine.js';
import { storeContract } from '../contracts/store.js';
import { StateFolder } from './state-folder-under-test.js';

const state = new StateFolder();

storeContract(
  'file',
  (options) => state.open(options),
  () => state.open(),
);

afterEach(() => {
  vi.useRealTimers();
});

describe('what is over', () => {
  it('is removed by a listing, a minute after its end', async () => {
    let nowMs = Date.now();
    const store = await state.open({ now: () => nowMs });
    await store.records('things').set('ana/old', 1, 1000);
    await store.records('things').set('ben/kept', 1);
    nowMs += 50_000;
    expect(await store.records('things').keys()).toEqual(['ben/kept']);
    expect(await readdir(state.record('things', 'ana'))).toEqual(['old.record']);
    nowMs += 12_000;
    await store.records('things').keys();
    expect(await readdir(state.record('things', 'ana'))).toEqual([]);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11_000 });
    await store.records('things').keys();
    expect(await readdir(state.record('things'))).toEqual(['ben']);
  });

  it('is removed where others of its kind are written, though nobody lists them', async () => {
    let nowMs = Date.now();
    const store = await state.open({ now: () => nowMs });
    for (let n = 0; n < 40; n++) await store.records('things').set(`old${n}`, 1, 1000);
    nowMs += 70_000;
    await store.records('things').set('new', 1, 1000);
    await store.close();
    expect(await readdir(state.record('things'))).toEqual(['new.record']);
  });

  it('includes what dead processes left behind, once they cannot be at work any more', async () => {
    const store = await state.open();
    const records = store.records('things');
    for (const key of ['expired', 'moved']) await records.set(key, 1, key === 'moved' ? 1e9 : 1);
    const left = (key: string, kind: string) =>
      state.record('things', `${key}.record.${randomUUID()}.${kind}`);
    await rename(state.record('things', 'moved.record'), left('moved', 'aside'));
    await rename(state.record('things', 'expired.record'), left('expired', 'aside'));
    for (const kind of ['tmp', 'claim']) await writeFile(left('a', kind), 'x');
    const before = await readdir(state.record('things'));
    expect(await records.keys()).toEqual([]);
    expect(await readdir(state.record('things'))).toEqual(before);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 660_000 });
    await records.keys();
    expect(await readdir(state.record('things'))).toEqual(['moved.record']);
    expect(await records.get('moved')).toBe(1);
  });
});

describe('a lease', () => {
  it('ends for the work that holds the lock when the lock is lost', async () => {
    const store = await state.open({ leaseMs: 2000 });
    const lost = await store.lock('a', async (lease) => {
      const [lock] = await readdir(join(state.path, 'locks'));
      await rmdir(join(state.path, 'locks', lock ?? ''));
      await new Promise((resolve) => lease.addEventListener('abort', resolve, { once: true }));
      return lease.reason;
    });
    expect(lost).toMatchObject({ message: expect.stringContaining('The lock was lost') });
    expect(await store.lock('a', async () => 'next')).toBe('next');
  });

  it('is taken over at once from a holder that has long been dead', async () => {
    const store = await state.open();
    await store.lock('a', async () => {
      const [lock] = await readdir(join(state.path, 'locks'));
      await cp(join(state.path, 'locks', lock ?? ''), join(state.path, 'dead', lock ?? ''), {
        recursive: true,
      });
    });
    const [lock] = await readdir(join(state.path, 'dead'));
    await mkdir(join(state.path, 'locks', lock ?? ''));
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(join(state.path, 'locks', lock ?? ''), longAgo, longAgo);
    expect(await store.lock('a', async () => 'mine')).toBe('mine');
    expect(await readdir(join(state.path, 'locks'))).toEqual([]);
  });

  it('is kept from two stores in one process at a time', async () => {
    const stores = [await state.open(), await state.open()];
    let inside = 0;
    const works = stores.flatMap((store) =>
      Array.from({ length: 5 }, () =>
        store.lock('a', async () => {
          expect(++inside).toBe(1);
          await new Promise((resolve) => setTimeout(resolve, 2));
          inside--;
        }),
      ),
    );
    await Promise.all(works);
  });
});

describe('the file engine', () => {
  it('tells of a change at once, whoever wrote the file, also one of the same length in the same instant', async () => {
    const store = await state.open();
    const cached = new CachedRecords(store.records<string>('things'));
    const path = state.record('things', 'a.record');
    const at = new Date(Date.now() - 60_000);
    const kept: Buffer[] = [];
    for (const value of ['x', 'y']) {
      await store.records('things').set('a', value);
      kept.push(await readFile(path));
    }
    for (let n = 0; n < 20; n += 1) {
      await writeFile(`${path}.new`, kept[n % 2] ?? '');
      await utimes(`${path}.new`, at, at);
      await rename(`${path}.new`, path);
      expect(await cached.current('a')).toBe(['x', 'y'][n % 2]);
    }
  });

  it('cannot tell the version of what was written a moment ago: the next file could look the same', async () => {
    const store = await state.open();
    // A busy machine may let the moment pass between the two.
    const version = async () => {
      await store.records('things').set('a', 1);
      return store.records('things').version('a');
    };
    await expect.poll(version).toBeUndefined();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1000 });
    expect(store.records('things').version('a')).toBeDefined();
  });

  it('keeps a listener of one store informed of another’s changes', async () => {
    const [store, other] = [await state.open(), await state.open()];
    const heard: string[] = [];
    await store.watch('things', (key) => heard.push(key));
    await store.records('things').set('first', 1);
    await expect.poll(() => heard).toEqual(['first']);
    const next = new Promise((resolve) =>
      store.watch('others', resolve).then(() => other.records('others').set('b', 1)),
    );
    expect(await next).toBe('b');
  });

  it('rejects with a StoreError when its folder was never prepared', async () => {
    const engine = new FileEngine(join(state.path, 'nowhere'));
    await expect(engine.read('things', 'a')).rejects.toMatchObject({ code: 'store_unavailable' });
    await expect(engine.lock('a', async () => 1)).rejects.toMatchObject({ code: 'store_unavailable' });
    await expect(engine.watch('things', () => {})).rejects.toMatchObject({ code: 'store_unavailable' });
  });

  // A sign-in could not begin while the sweeper of another gateway listed: the folder above the one to make was taken too.
  it('writes into folders that listings take away because they are empty', async () => {
    const [store, other] = [await state.open(), await state.open()];
    let writing = true;
    const written = Promise.all(
      ['ana', 'ben', 'eve'].map(async (name) => {
        for (let n = 0; n < 100; n++) {
          await store.records('things').set(`${name}/linear/deep/${n}`, n);
          await store.records('things').delete(`${name}/linear/deep/${n}`);
        }
      }),
    ).finally(() => {
      writing = false;
    });
    const list = async () => {
      while (writing) await other.records('things').keys();
    };
    await Promise.all([written, list(), list(), list(), list()]);
  });
});
