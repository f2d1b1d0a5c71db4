import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCredentials } from '../../src/auth/credentials/credentials.js';
import { lockOf } from '../../src/auth/keeper/kept-tokens.js';
import type { OAuthCredential } from '../../src/auth/types.js';
import { openStore } from '../../src/storage/open.js';
import type { ServerPlace } from '../../src/storage/places.js';
import type { Store } from '../../src/storage/types.js';
import { startCuttingProxy } from '../helpers/servers/cutting-proxy.js';
import { PostgresUnderTest } from '../helpers/servers/postgres-server.js';
import { RedisUnderTest } from '../helpers/servers/redis-server.js';
import { type CallOutcome, compileKeeper, KeeperProcess } from './keeper-process.js';
import { type KeeperReplica, openReplica } from './keeper-replica.js';
import { expiredGrant } from './kept-store.js';
import { killedKeepersContract } from './killed-keepers.js';
import { startTokenEndpoint, type TokenEndpoint } from './token-endpoint.js';

const KEY = { subject: 'telegram:1', server: 'linear' };
const sealingKeys = ['a key of the tests '.repeat(3)];
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

const tokens = (outcomes: readonly CallOutcome[]) =>
  outcomes.map((outcome) => (outcome.kind === 'token' ? outcome.accessToken : outcome.kind));

describe.each(['redis', 'postgres'] as const)('keepers in several processes that share %s', (kind) => {
  const server = servers[kind];
  const cleanups: (() => Promise<void>)[] = [];
  let endpoint: TokenEndpoint;
  let place: ServerPlace;
  let store: Store;
  let expired: OAuthCredential;

  beforeEach(async () => {
    endpoint = await startTokenEndpoint();
    place = { kind, url: server?.url ?? '', prefix: `t${randomUUID().slice(0, 8)}_` };
    store = (await openStore(place, { sealingKeys })).store;
    cleanups.push(
      () => store.close(),
      () => endpoint.close(),
    );
    expired = expiredGrant(endpoint.origin);
    await createCredentials(store).set(KEY, expired);
  });

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function start(calls: number): Promise<KeeperProcess> {
    const task = { compiled, place, sealingKeys, origin: endpoint.origin, subject: KEY.subject, calls };
    // A busy machine takes its time to start a server again: the lock of whoever refreshes is to outlive that.
    const started = new KeeperProcess({ ...task, leaseMs: 15_000 });
    cleanups.push(() => started.kill());
    expect(await started.says()).toBe('ready');
    return started;
  }

  async function replica(): Promise<KeeperReplica> {
    const opened = await openReplica(place, { sealingKeys });
    cleanups.push(() => opened.close());
    return opened;
  }

  async function outcomesOf(askers: readonly KeeperProcess[]): Promise<readonly CallOutcome[]> {
    for (const asker of askers) asker.go();
    return (await Promise.all(askers.map((asker) => asker.asked()))).flatMap(({ outcomes }) => outcomes);
  }

  it.runIf(server !== undefined)('refresh once in all for four with fifty calls each', async () => {
    endpoint.delayMs = 50;
    const askers = await Promise.all([start(50), start(50), start(50), start(50)]);
    expect(tokens(await outcomesOf(askers))).toEqual(Array.from({ length: 200 }, () => 'a2'));
    expect(endpoint.refreshes).toHaveLength(1);
  });

  it.runIf(server !== undefined)(
    'write the only token that works, though the server is killed in the middle and started again',
    async () => {
      endpoint.delayMs = 1_000;
      const askers = await Promise.all([start(10), start(10)]);
      const asking = outcomesOf(askers);
      await endpoint.arrival();
      await server?.kill();
      await server?.start();
      // Some may have found the store away; none was told to sign in again, and none was given what was spent.
      expect(new Set([...tokens(await asking), 'a2', 'error', 'try-later'])).toEqual(
        new Set(['a2', 'error', 'try-later']),
      );
      expect(endpoint.refreshes).toHaveLength(1);
      const kept = () => createCredentials(store).get(KEY);
      await expect
        .poll(() => kept().catch(() => 'away'))
        .toMatchObject({ accessToken: 'a2', refreshToken: 'r2' });
    },
  );

  it.runIf(server !== undefined)(
    'bring nothing back that was signed out while a refresh ran whose lock a failover lost',
    async () => {
      const [one, other] = [await replica(), await replica()];
      const arrived = endpoint.arrival();
      const answer = endpoint.hold();
      const refreshing = one.keeper.accessToken(KEY);
      await arrived;
      // What a server does that comes back without its last second. Until the next heartbeat nobody hears of it.
      if (kind === 'redis') servers.redis?.cli('DEL', `${place.prefix}lock:${lockOf(KEY)}`);
      else servers.postgres?.sql(`DELETE FROM "${place.prefix}leases"`);
      expect(await other.keeper.signOut(KEY)).toMatchObject({ kind: 'deleted-only' });
      answer();
      expect(await refreshing).toEqual({ kind: 'needs-sign-in', reason: 'never' });
      expect(await other.credentials.get(KEY)).toBeUndefined();
    },
  );

  it.runIf(server !== undefined)(
    'say that the provider ended it where a failover lost the last refresh',
    async () => {
      const [one, other] = [await replica(), await replica()];
      expect(await one.keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a2' });
      // What a server does that comes back without its last second.
      await createCredentials(store).set(KEY, expired);
      const outcomes = await Promise.all([one, other].map(({ keeper }) => keeper.accessToken(KEY)));
      expect(tokens(outcomes)).toEqual(['needs-sign-in', 'needs-sign-in']);
      expect([...one.told, ...other.told]).toEqual(['telegram:1: invalid_grant']);
      expect(await createCredentials(store).view(KEY)).toMatchObject({ refused: { code: 'invalid_grant' } });
    },
  );
});

/** How everything begins that is sealed: a compact JWE (RFC 7516 §7.1), whose header is JSON. */
const SEALED = 'eyJ';

for (const kind of ['redis', 'postgres'] as const) {
  const server = servers[kind];
  if (server === undefined) continue;
  killedKeepersContract(kind, (cleanUp) => {
    const place = { kind, url: server.url, prefix: `t${randomUUID().slice(0, 8)}_` };
    return {
      compiled,
      place,
      sealingKeys,
      stopWrite: async (passed) => {
        const proxy = await startCuttingProxy(server.port);
        cleanUp(async () => proxy.close());
        const url = server.url.replace(String(server.port), String(proxy.port));
        return { place: { ...place, url }, reached: proxy.stop(SEALED, passed) };
      },
    };
  });
}
