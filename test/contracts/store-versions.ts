import { expect, it } from 'vitest';
import { CachedRecords } from '../../src/storage/cached-records.js';
import { type RecordVersion, sameVersion } from '../../src/storage/record-version.js';
import { type Records, recordKey, type Store } from '../../src/storage/types.js';
import type { OpenForTest } from './store-records.js';

const KEY = recordKey('telegram:1', 'linear');

/** Resolves once a version can be told and stays. */
async function settled(records: Pick<Records<unknown>, 'version'>, key = KEY): Promise<void> {
  await expect
    .poll(() => {
      const [one, other] = [records.version(key), records.version(key)];
      return one !== undefined && other !== undefined && sameVersion(one, other);
    })
    .toBe(true);
}

/** Counts the readings. */
function counted<T>(records: Records<T>): {
  readonly cached: CachedRecords<T>;
  readonly reads: () => number;
} {
  let reads = 0;
  const get = (key: string) => {
    reads += 1;
    return records.get(key);
  };
  return {
    cached: new CachedRecords({ get, version: (key) => records.version(key) }),
    reads: () => reads,
  };
}

/**
 * What every Store tells about changes: the third part of store.ts.
 *
 * @param openBeside another store over the records of the one that was opened last, where the engine can
 */
export function versionsContract(open: OpenForTest, openBeside?: () => Promise<Store>): void {
  it('changes the version with every change, and leaves it where others change', async () => {
    const store = await open();
    const records = store.records('things');
    const seen: RecordVersion[] = [];
    for (let n = 0; n < 3; n += 1) {
      await records.set(KEY, n);
      await settled(records);
      await store.records('others').set(KEY, n);
      await records.set(recordKey('telegram:1'), n);
      const version = records.version(KEY);
      if (version === undefined) throw new Error('the version is told no more');
      expect(seen.some((other) => sameVersion(other, version))).toBe(false);
      seen.push(version);
    }
    await records.delete(KEY);
    const gone = records.version(KEY);
    expect(seen.some((other) => gone !== undefined && sameVersion(other, gone))).toBe(false);
  });

  it('gives from memory, read once, what nobody has changed, and shows every change at the next call', async () => {
    const store = await open();
    const records = store.records<number>('things');
    const { cached, reads } = counted(records);
    for (const n of [1, 2, 3]) {
      await records.set(KEY, n);
      await settled(records);
      await records.set(recordKey('telegram:1'), n);
      const before = reads();
      expect(await Promise.all(Array.from({ length: 20 }, () => cached.current(KEY)))).toEqual(
        Array.from({ length: 20 }, () => n),
      );
      expect(cached.current(KEY)).toBe(n);
      expect(reads()).toBe(before + 1);
    }
    expect(await store.claim('things', KEY)).toBe(3);
    expect(await cached.current(KEY)).toBeUndefined();
    expect(cached.remembered(KEY)).toBeUndefined();
    await records.set(KEY, 4);
    expect(await cached.current(KEY)).toBe(4);
    await records.delete(KEY);
    expect(await cached.current(KEY)).toBeUndefined();
  });

  it('shows each of many changes that follow one another quickly', async () => {
    const records = (await open()).records<string>('things');
    const { cached } = counted(records);
    for (let n = 0; n < 100; n += 1) {
      await records.set(KEY, String(n % 10));
      expect(await cached.current(KEY)).toBe(String(n % 10));
    }
  });

  if (openBeside === undefined) return;
  it('shows what another store changed', async () => {
    const store = await open();
    const beside = (await openBeside()).records<number>('things');
    const { cached } = counted(store.records<number>('things'));
    await beside.set(KEY, 1);
    await expect.poll(() => cached.current(KEY)).toBe(1);
    await settled(store.records('things'));
    expect(await cached.current(KEY)).toBe(1);
    await beside.set(KEY, 2);
    await expect.poll(() => cached.current(KEY)).toBe(2);
    await beside.delete(KEY);
    await expect.poll(() => cached.current(KEY)).toBeUndefined();
  });
}
