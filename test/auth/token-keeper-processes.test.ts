import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCredentials } from '../../src/auth/credentials.js';
import { createGuardedFetch } from '../../src/auth/guarded-fetch.js';
import { createTokenKeeper } from '../../src/auth/token-keeper.js';
import type { OAuthCredential } from '../../src/auth/types.js';
import { silentLog } from '../../src/observability/log.js';
import { httpServer } from '../helpers/configured-server.js';
import { compileKeeper, KeeperProcess, type KeeperTask, type StoppingPoint } from './keeper-process.js';
import { openFileStore } from './kept-store.js';
import { startTokenEndpoint, type TokenEndpoint } from './token-endpoint.js';

/** Long enough for a busy machine: a holder that is kept from its heartbeat for most of it has lost its lock. */
const LEASE_MS = 5000;
const ANA = 'telegram:1';

let compiled: string;
let kept: Awaited<ReturnType<typeof openFileStore>>;
const cleanups: (() => Promise<void>)[] = [];

beforeAll(async () => {
  compiled = await compileKeeper();
});
afterAll(() => rm(compiled, { recursive: true, force: true }));
beforeEach(async () => {
  kept = await openFileStore({ leaseMs: LEASE_MS });
  cleanups.push(() => kept.remove());
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A provider with one grant, and that grant, expired, in the store as this person's. */
async function grantTo(subject: string): Promise<TokenEndpoint> {
  const endpoint = await startTokenEndpoint();
  cleanups.push(() => endpoint.close());
  const credential: OAuthCredential = {
    kind: 'oauth',
    accessToken: 'a1',
    refreshToken: 'r1',
    issuedAtMs: Date.now() - 7_200_000,
    expiresAtMs: Date.now() - 3_600_000,
    client: { clientId: 'c', kind: 'dynamic' },
    issuer: endpoint.origin,
    tokenEndpoint: `${endpoint.origin}/token`,
    resource: 'https://mcp.example/mcp',
  };
  await createCredentials(kept.store).set({ subject, server: 'linear' }, credential);
  return endpoint;
}

async function start(task: Omit<KeeperTask, 'compiled' | 'place' | 'leaseMs'>): Promise<KeeperProcess> {
  const place = { kind: 'file', folder: kept.folder } as const;
  const started = new KeeperProcess({ compiled, place, leaseMs: LEASE_MS, ...task });
  cleanups.push(() => started.kill());
  expect(await started.says()).toBe('ready');
  return started;
}

async function fourTimesFifty(origin: string): Promise<() => Promise<readonly string[]>> {
  const askers = await Promise.all(
    Array.from({ length: 4 }, () => start({ origin, subject: ANA, calls: 50 })),
  );
  return async () => {
    for (const asker of askers) asker.go();
    const asked = await Promise.all(askers.map((asker) => asker.asked()));
    return asked
      .flatMap(({ outcomes }) => outcomes)
      .map((outcome) => (outcome.kind === 'token' ? outcome.accessToken : outcome.kind));
  };
}

describe('four processes with fifty calls each', () => {
  it('refresh once in all', async () => {
    const endpoint = await grantTo(ANA);
    endpoint.delayMs = 50;
    const ask = await fourTimesFifty(endpoint.origin);
    expect(await ask()).toEqual(Array.from({ length: 200 }, () => 'a2'));
    expect(endpoint.refreshes).toHaveLength(1);
  });

  it('wait no longer than the lease for one that was killed with the lock in its hand, and refresh once', async () => {
    const endpoint = await grantTo(ANA);
    const { origin } = endpoint;
    const holder = await start({ origin, subject: ANA, calls: 1, stop: 'before the request' });
    const ask = await fourTimesFifty(origin);
    holder.go();
    expect(await holder.says()).toBe('there');
    const asking = ask();
    await holder.kill();
    const killedMs = performance.now();
    expect(await asking).toEqual(Array.from({ length: 200 }, () => 'a2'));
    expect(performance.now() - killedMs).toBeLessThan(LEASE_MS * 5);
    expect(endpoint.refreshes).toHaveLength(1);
  });
});

type Point = StoppingPoint | 'after the request, which the provider had not come to';

/** What the next process gets, from how many requests to the provider in all, where one was killed at this point. */
const LEFT: Readonly<Record<Point, readonly [string, number]>> = {
  'before the request': ['a2', 1],
  'after the request, which the provider had not come to': ['a2', 2],
  'between the answer and the write': ['needs-sign-in', 2],
  'during the write': ['needs-sign-in', 2],
  'after the write': ['a2', 1],
};

const POINTS = Object.keys(LEFT) as Point[];

/** Resolves when the process is at that point. */
async function reach(point: Point, one: KeeperProcess, endpoint: TokenEndpoint): Promise<void> {
  if (point !== 'after the request, which the provider had not come to') {
    one.go();
    expect(await one.says()).toBe('there');
    return;
  }
  endpoint.next((response) => response.destroy());
  endpoint.delayMs = 500;
  const arrived = endpoint.arrival();
  one.go();
  await arrived;
}

it('kill -9 at each point of a refresh leaves the old or the new record whole, and costs a sign-in only where an answer was there and not written', async () => {
  const guard = createGuardedFetch({ allowPrivateHosts: [] });
  cleanups.push(() => guard.close());
  const credentials = createCredentials(kept.store);
  const told: string[] = [];
  const keeper = createTokenKeeper({
    store: kept.store,
    credentials,
    fetchFor: () => guard.forServer(httpServer('http://127.0.0.1/mcp')),
    onRefused: ({ subject }, { code }) => void told.push(`${subject}: ${code}`),
    log: silentLog,
  });
  const killed = await Promise.all(
    POINTS.map(async (point) => {
      const endpoint = await grantTo(point);
      const stop = point === 'after the request, which the provider had not come to' ? {} : { stop: point };
      const one = await start({ origin: endpoint.origin, subject: point, calls: 1, ...stop });
      await reach(point, one, endpoint);
      await one.kill();
      const record = await credentials.get({ subject: point, server: 'linear' });
      const outcome = await keeper.accessToken({ subject: point, server: 'linear' });
      return {
        point,
        record: record?.kind === 'oauth' ? [record.accessToken, record.refreshToken] : [],
        left: [
          outcome.kind === 'token' ? outcome.accessToken : outcome.kind,
          endpoint.refreshes.length,
        ] as const,
      };
    }),
  );
  for (const { point, record, left } of killed) {
    expect(record, point).toEqual(point === 'after the write' ? ['a2', 'r2'] : ['a1', 'r1']);
    expect(left, point).toEqual(LEFT[point]);
  }
  expect(told.sort()).toEqual([
    'between the answer and the write: invalid_grant',
    'during the write: invalid_grant',
  ]);
  const view = await credentials.view({ subject: 'during the write', server: 'linear' });
  expect(view).toMatchObject({ refused: { code: 'invalid_grant' } });
  // What the dead process had written beside the record is nothing to anybody, and swept later.
  const beside = await readdir(join(kept.folder, 'records'), { recursive: true });
  expect(beside.filter((name) => name.endsWith('.tmp'))).toHaveLength(1);
  expect(await credentials.list()).toHaveLength(POINTS.length);
});
