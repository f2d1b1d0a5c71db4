import { describe } from 'vitest';
import { RedisUnderTest } from '../helpers/servers/redis-server.js';
import { replicasSuite } from './replicas.js';

const redis = await RedisUnderTest.start();

describe.skipIf(redis === undefined)('Redis', () => {
  replicasSuite('Redis', async () => {
    if (redis === undefined) throw new Error('Redis is missing.');
    return {
      url: redis.url,
      start: () => redis.start(),
      kill: () => redis.kill(),
      stop: () => redis.stop(),
    };
  });
});
