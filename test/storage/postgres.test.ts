import { randomUUID } from 'node:crypto';
import { afterAll, describe } from 'vitest';
import { openStore } from '../../src/storage/open.js';
import { storeContract } from '../contracts/store.js';
import { storeProcessesContract } from '../contracts/store-processes.js';
import { PostgresUnderTest } from '../helpers/servers/postgres-server.js';

const postgres = await PostgresUnderTest.start();
const KEYS = ['a key of the tests '.repeat(3)];

afterAll(() => postgres?.stop());

describe.runIf(postgres !== undefined)('', () => {
  let last = '';
  const open = async (options: object = {}) => {
    const place = { kind: 'postgres', url: postgres?.url ?? '', prefix: last } as const;
    return (await openStore(place, { sealingKeys: KEYS, ...options })).store;
  };
  storeContract(
    'postgres',
    (options) => {
      last = `${randomUUID().slice(0, 8)}_`;
      return open(options);
    },
    () => open(),
  );

  storeProcessesContract('postgres', () => ({
    place: { kind: 'postgres', url: postgres?.url ?? '', prefix: `t${randomUUID().slice(0, 8)}_` },
    sealingKeys: KEYS,
  }));
});
