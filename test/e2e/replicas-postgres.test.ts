import { describe } from 'vitest';
import { PostgresUnderTest } from '../helpers/servers/postgres-server.js';
import { replicasSuite } from './replicas.js';

const postgres = await PostgresUnderTest.start();

describe.skipIf(postgres === undefined)('PostgreSQL', () => {
  replicasSuite('PostgreSQL', async () => {
    if (postgres === undefined) throw new Error('PostgreSQL is missing.');
    return {
      url: postgres.url,
      start: () => postgres.start(),
      kill: () => postgres.kill('SIGINT'),
      stop: () => postgres.stop(),
    };
  });
});
