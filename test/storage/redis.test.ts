import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/storage/open.js';
import { storeContract } from '../contracts/store.js';
import { storeProcessesContract } from '../contracts/store-processes.js';
import { RedisUnderTest } from '../helpers/servers/redis-server.js';

const redis = await RedisUnderTest.start();
const KEYS = ['a key of the tests '.repeat(3)];

afterAll(() => redis?.stop());

describe.runIf(redis !== undefined)('', () => {
  let last = '';
  const open = async (options: object = {}) => {
    const place = { kind: 'redis', url: redis?.url ?? '', prefix: last } as const;
    return (await openStore(place, { sealingKeys: KEYS, ...options })).store;
  };
  storeContract(
    'redis',
    (options) => {
      last = `${randomUUID()}:`;
      return open(options);
    },
    () => open(),
  );

  storeProcessesContract('redis', () => ({
    place: { kind: 'redis', url: redis?.url ?? '', prefix: `${randomUUID()}:` },
    sealingKeys: KEYS,
  }));

  it('gives up a record whose end is written as the gateway never writes it, instead of trying for ever', async () => {
    last = `${randomUUID()}:`;
    const store = await open();
    await store.records('things').set('a', 1, 60_000);
    const longer = "redis.call('SET', KEYS[1], '0' .. redis.call('GET', KEYS[1]), 'KEEPTTL')";
    redis?.cli('EVAL', longer, '1', `${last}record:things/a`);
    const unreadable = { code: 'record_unreadable' };
    await expect(store.claim('things', 'a')).rejects.toMatchObject(unreadable);
    await expect(store.records('things').replace('a', () => true, 2)).rejects.toMatchObject(unreadable);
    await store.close();
  });
});
