import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type OpenedStore, type OpenStoreOptions, openStore } from '../../src/storage/open.js';
import { freePort } from '../helpers/servers/free-port.js';
import { RedisUnderTest } from '../helpers/servers/redis-server.js';

const PASSWORD = 'hunter2-of-the-tests';
const server = await RedisUnderTest.start('--user', 'gateway', 'on', `>${PASSWORD}`, '~*', '&*', '+@all');
const KEYS = ['a key of the tests '.repeat(3)];
const opened: OpenedStore[] = [];

afterEach(async () => {
  for (const { store } of opened.splice(0)) await store.close();
});
afterAll(() => server?.stop());

describe.runIf(server !== undefined)('a store on Redis', () => {
  const redis = server as RedisUnderTest;
  const urlOf = (port: number, password = PASSWORD) => `redis://gateway:${password}@127.0.0.1:${port}/1`;
  const prefix = `${randomUUID()}:`;

  async function open(options: OpenStoreOptions = {}, url = urlOf(redis.port)): Promise<OpenedStore> {
    const store = await openStore({ kind: 'redis', url, prefix }, { sealingKeys: KEYS, ...options });
    opened.push(store);
    return store;
  }

  it('says why at the start, and what to do, and no password', async () => {
    const nobody = await freePort();
    const refusals = [
      [urlOf(nobody), { code: 'store_unavailable', message: /ECONNREFUSED.*Is it running/ }],
      [urlOf(redis.port, 'wrong'), { code: 'store_unavailable', message: /WRONGPASS.*user or password/ }],
    ] as const;
    for (const [url, expected] of refusals) {
      const refused = await open({ openWaitMs: 300 }, url).catch((error: unknown) => error);
      expect(refused).toMatchObject({ name: 'StoreError', ...expected });
      expect(String(refused)).toContain(`redis://127.0.0.1:${new URL(url).port}/1`);
      expect(String(refused)).not.toMatch(/hunter2|wrong|gateway:/);
    }
  });

  it('is refused where Redis may throw records away, with the setting to change', async () => {
    redis.cli('CONFIG', 'SET', 'maxmemory', '100mb');
    redis.cli('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    await expect(open()).rejects.toMatchObject({
      code: 'store_misconfigured',
      message: expect.stringMatching(/allkeys-lru.*Set maxmemory-policy noeviction/),
    });
    redis.cli('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    await open();
    redis.cli('CONFIG', 'SET', 'maxmemory', '0');
  });

  it('loses nothing where Redis is full, and goes on when it is not any more', async () => {
    const { store } = await open();
    const records = store.records('full');
    await records.set('a', 'old');
    await records.set('b', 'to be claimed', 60_000);
    redis.cli('CONFIG', 'SET', 'maxmemory', '1');
    await expect(records.set('a', 'new')).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringMatching(/OOM.*Its memory is full/),
    });
    expect(await records.get('a')).toBe('old');
    expect(await store.claim('full', 'b')).toBe('to be claimed');
    redis.cli('CONFIG', 'SET', 'maxmemory', '0');
    await records.set('a', 'new');
    expect(await records.keys()).toEqual(['a']);
  });

  it('says so when the primary has become a replica, and is refused by one at the start', async () => {
    const { store } = await open();
    await store.records('things').set('a', 'old');
    redis.cli('REPLICAOF', '127.0.0.1', String(await freePort()));
    await expect(store.records('things').set('a', 'new')).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('name the primary'),
    });
    await expect(open()).rejects.toMatchObject({ code: 'store_misconfigured', message: /is a replica/ });
    redis.cli('REPLICAOF', 'NO', 'ONE');
    await expect
      .poll(() =>
        store
          .records('things')
          .set('a', 'new')
          .then(
            () => 'set',
            () => 'not',
          ),
      )
      .toBe('set');
  });

  it('fails at once while Redis is away, and goes on by itself when it is back, with all that was there', async () => {
    const [{ store }, { store: other }] = [await open(), await open()];
    const records = store.records<string>('things');
    await records.set('a', 'kept');
    const heard: string[] = [];
    await store.watch('things', (key) => heard.push(key));
    const version = records.version('a');
    const held = store.lock('held', async (lease) => {
      await redis.kill();
      await expect.poll(() => records.version('a')).toBeUndefined();
      const outages = await Promise.all(
        [
          ...[records.get('a'), records.set('a', 'lost'), records.delete('a'), records.keys()],
          ...[
            store.claim('things', 'a'),
            store.lock('b', async () => 'never'),
            store.watch('things', () => {}),
          ],
        ].map((work) =>
          work.then(
            () => 'fine',
            (error: unknown) => error,
          ),
        ),
      );
      for (const outage of outages) {
        expect(outage).toMatchObject({ name: 'StoreError', code: 'store_unavailable' });
        expect(String(outage)).not.toContain(PASSWORD);
      }
      await redis.start();
      await expect.poll(() => records.get('a').catch(() => 'away')).toBe('kept');
      return lease.aborted;
    });
    expect(await held).toBe(false);
    expect(records.version('a')).not.toBe(version);
    await expect
      .poll(() =>
        other
          .records('things')
          .set('a', 'new')
          .then(
            () => 'set',
            () => 'not',
          ),
      )
      .toBe('set');
    await expect.poll(() => heard).toContain('a');
    expect(await store.claim('things', 'a')).toBe('new');
    expect(await other.lock('held', async () => 'free')).toBe('free');
  });

  it('is given up after five seconds where Redis takes commands and answers none, and then asked anew', async () => {
    const { store } = await open();
    await store.records('things').set('a', 1);
    redis.freeze();
    const asking = store.records('things').get('a');
    await expect(asking).rejects.toMatchObject({
      code: 'store_unavailable',
      message: /did not answer in time/,
    });
    expect(store.records('things').version('a')).toBeUndefined();
    redis.thaw();
    await expect
      .poll(() =>
        store
          .records('things')
          .get('a')
          .catch(() => 'away'),
      )
      .toBe(1);
  });

  it('judges what is over by the clock of Redis, where that of a replica is a minute off', async () => {
    const [early, late] = [
      await open({ now: () => Date.now() - 60_000 }),
      await open({ now: () => Date.now() + 60_000 }),
    ];
    for (const [writer, reader] of [
      [early, late],
      [late, early],
    ] as const) {
      await writer.store.records('things').set('a', 1, 30_000);
      expect(await reader.store.records('things').get('a')).toBe(1);
      expect(await reader.store.records('things').keys()).toEqual(['a']);
      expect(await reader.store.claim('things', 'a')).toBe(1);
    }
    expect(Math.abs(early.now() - late.now())).toBeLessThan(5_000);
  });
});
