import { randomUUID } from 'node:crypto';
import { afterAll, describe } from 'vitest';
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
});
