import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type OpenedStore, type OpenStoreOptions, openStore } from '../../src/storage/open.js';
import { outagesContract } from '../contracts/store-outages.js';
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

  outagesContract({
    name: 'Redis',
    password: PASSWORD,
    open,
    kill: () => redis.kill(),
    start: () => redis.start(),
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
});
