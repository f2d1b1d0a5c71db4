import { expect, it } from 'vitest';
import type { OpenedStore, OpenStoreOptions } from '../../src/storage/open.js';
import type { Store } from '../../src/storage/types.js';

export interface ServerUnderTest {
  readonly name: string;
  /** In the server's address, and in no error. */
  readonly password: string;
  /** Two of them share their records. */
  open(options?: OpenStoreOptions): Promise<OpenedStore>;
  kill(): Promise<void>;
  start(): Promise<void>;
}

const isSet = (store: Store, key: string, value: string): Promise<boolean> =>
  store
    .records('things')
    .set(key, value)
    .then(
      () => true,
      () => false,
    );

/** What holds for every store whose server can be away while the gateway runs. */
export function outagesContract({ name, password, open, kill, start }: ServerUnderTest): void {
  it(`fails at once while ${name} is away, and goes on by itself when it is back, with all that was there`, async () => {
    const [{ store }, { store: other }] = [await open(), await open()];
    const records = store.records<string>('things');
    await records.set('a', 'kept');
    const heard: string[] = [];
    await store.watch('things', (key) => heard.push(key));
    const version = records.version('a');
    const held = store.lock('held', async (lease) => {
      await kill();
      await expect.poll(() => records.version('a')).toBeUndefined();
      const asked = [
        ...[records.get('a'), records.set('a', 'lost'), records.delete('a'), records.keys()],
        ...[
          store.claim('things', 'a'),
          store.lock('b', async () => 'never'),
          store.watch('things', () => {}),
        ],
      ];
      for (const work of await Promise.allSettled(asked)) {
        expect(work).toMatchObject({ reason: { name: 'StoreError', code: 'store_unavailable' } });
        expect(String(work.status === 'rejected' && work.reason)).not.toContain(password);
      }
      await start();
      await expect.poll(() => records.get('a').catch(() => 'away')).toBe('kept');
      return lease.aborted;
    });
    expect(await held).toBe(false);
    await expect.poll(() => records.version('a')).toBeDefined();
    expect(records.version('a')).not.toBe(version);
    await expect.poll(() => isSet(other, 'a', 'new')).toBe(true);
    await expect.poll(() => new Set(heard)).toEqual(new Set(['a']));
    expect(await store.claim('things', 'a')).toBe('new');
    expect(await other.lock('held', async () => 'free')).toBe('free');
  });

  it(`judges what is over by the clock of ${name}, where that of a replica is a minute off`, async () => {
    const early = await open({ now: () => Date.now() - 60_000 });
    const late = await open({ now: () => Date.now() + 60_000 });
    for (const [writer, reader] of [
      [early, late],
      [late, early],
    ] as const) {
      await writer.store.records('things').set('a', 'set', 30_000);
      expect(await reader.store.records('things').get('a')).toBe('set');
      expect(await reader.store.records('things').keys('a')).toEqual(['a']);
      expect(await reader.store.claim('things', 'a')).toBe('set');
    }
    expect(Math.abs(early.now() - late.now())).toBeLessThan(5_000);
  });
}
