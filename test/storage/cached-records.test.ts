import { beforeEach, expect, it } from 'vitest';
import { CachedRecords } from '../../src/storage/cached-records.js';
import { RecentlyUsed } from '../../src/storage/recently-used.js';
import type { RecordVersion } from '../../src/storage/record-version.js';
import { StoreError } from '../../src/storage/types.js';

let version: RecordVersion | undefined;
let answers: (() => Promise<string | undefined>)[];
let cached: CachedRecords<string>;
const gone = () => Promise.reject(new StoreError('store_unavailable', 'away'));

beforeEach(() => {
  version = 1;
  answers = [];
  cached = new CachedRecords<string>({
    get: () => answers.shift()?.() ?? Promise.reject(new Error('read once too often')),
    version: () => version,
  });
});

it('a record whose version cannot be told is read each time', async () => {
  version = undefined;
  answers = [async () => 'one', async () => 'two'];
  expect(await cached.current('a')).toBe('one');
  expect(await cached.current('a')).toBe('two');
});

it('a change while it is read is seen at the next call', async () => {
  answers = [
    async () => {
      version = 2;
      return 'old or new';
    },
    async () => 'new',
  ];
  expect(await cached.current('a')).toBe('old or new');
  expect(await cached.current('a')).toBe('new');
});

it('who comes after a change does not join a reading that began before it', async () => {
  let read = (_value: string) => {};
  answers = [
    () =>
      new Promise((resolve) => {
        read = resolve;
      }),
    async () => 'new',
  ];
  const early = cached.current('a');
  version = 2;
  const late = cached.current('a');
  read('old');
  expect(await Promise.all([early, late])).toEqual(['old', 'new']);
});

it('an outage is an error, and what was known before is remembered; what is deleted is not', async () => {
  answers = [async () => 'known', gone, gone, async () => undefined];
  expect(await cached.current('a')).toBe('known');
  version = undefined;
  await expect(cached.current('a')).rejects.toMatchObject({ code: 'store_unavailable' });
  expect(cached.remembered('a')).toBe('known');
  version = 2;
  await expect(cached.current('a')).rejects.toMatchObject({ code: 'store_unavailable' });
  expect(cached.remembered('a')).toBe('known');
  expect(await cached.current('a')).toBeUndefined();
  expect(cached.remembered('a')).toBeUndefined();
});

it('of many, those that were used last are kept, and never more than twice as many as asked for', () => {
  const recent = new RecentlyUsed<number>(10);
  for (let n = 0; n < 1000; n += 1) {
    recent.set(String(n), n);
    recent.get('0');
  }
  const kept = Array.from({ length: 1000 }, (_, n) => recent.get(String(n))).filter((n) => n !== undefined);
  expect(kept).toContain(0);
  expect(kept).toContain(999);
  expect(kept.length).toBeLessThanOrEqual(22);
});
