import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCredentials } from '../../src/auth/credentials.js';
import { openStore } from '../../src/storage/open.js';
import type { ServerPlace } from '../../src/storage/places.js';
import type { Store } from '../../src/storage/types.js';
import { PostgresUnderTest } from '../helpers/servers/postgres-server.js';
import { RedisUnderTest } from '../helpers/servers/redis-server.js';
import { compileKeeper, expiredCredential, KeeperProcess } from './keeper-process.js';
import { startTokenEndpoint, type TokenEndpoint } from './token-endpoint.js';

const KEY = { subject: 'telegram:1', server: 'linear' };
const KEYS = ['a key of the tests '.repeat(3)];
const servers = { redis: await RedisUnderTest.start(), postgres: await PostgresUnderTest.start() };
let compiled: string;

beforeAll(async () => {
  compiled = await compileKeeper();
});

afterAll(async () => {
  await servers.redis?.stop();
  await servers.postgres?.stop();
  await rm(compiled, { recursive: true, force: true });
});

describe.each(['redis', 'postgres'] as const)('keepers in several processes that share %s', (kind) => {
  const server = servers[kind];
  let endpoint: TokenEndpoint;
  let place: ServerPlace;
  let store: Store;

  beforeEach(async () => {
    endpoint = await startTokenEndpoint();
    place = { kind, url: server?.url ?? '', prefix: `t${randomUUID().slice(0, 8)}_` };
    store = (await openStore(place, { sealingKeys: KEYS })).store;
    await createCredentials(store).set(KEY, expiredCredential(endpoint.origin));
  });

  afterEach(async () => {
    await store.close();
    await endpoint.close();
  });

  /** Several processes that ask together, when all are ready. */
  async function askTogether(count: number, calls: number): Promise<readonly KeeperProcess[]> {
    const task = { compiled, place, sealingKeys: KEYS, origin: endpoint.origin, subject: KEY.subject, calls };
    const askers = Array.from({ length: count }, () => new KeeperProcess(task));
    for (const asker of askers) expect(await asker.says()).toBe('ready');
    for (const asker of askers) asker.go();
    return askers;
  }

  async function outcomesOf(askers: readonly KeeperProcess[]) {
    return (await Promise.all(askers.map((asker) => asker.asked()))).flatMap(({ outcomes }) => outcomes);
  }

  it.runIf(server !== undefined)('refresh once in all for four processes with fifty calls each', async () => {
    endpoint.delayMs = 50;
    const outcomes = await outcomesOf(await askTogether(4, 50));
    expect(outcomes).toHaveLength(200);
    expect(outcomes.filter((outcome) => outcome.kind !== 'token' || outcome.accessToken !== 'a2')).toEqual(
      [],
    );
    expect(endpoint.refreshes).toHaveLength(1);
  });

  it.runIf(server !== undefined)(
    'write the only token that works, though the server restarts while they refresh',
    async () => {
      endpoint.delayMs = 1_000;
      const askers = await askTogether(2, 10);
      await endpoint.arrival();
      await server?.kill();
      await server?.start();
      const outcomes = await outcomesOf(askers);
      // Some may have found the store away; none was told to sign in again, and none was given what was spent.
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject(
          outcome.kind === 'token'
            ? { accessToken: 'a2' }
            : { kind: expect.stringMatching(/^(error|try-later)$/) },
        );
      }
      expect(endpoint.refreshes).toHaveLength(1);
      await expect
        .poll(() =>
          createCredentials(store)
            .get(KEY)
            .catch(() => 'away'),
        )
        .toMatchObject({
          accessToken: 'a2',
          refreshToken: 'r2',
        });
    },
  );
});
