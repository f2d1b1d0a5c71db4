import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCredentials } from '../../src/auth/credentials/credentials.js';
import { compileKeeper, KeeperProcess, type KeeperTask } from './keeper-process.js';
import { expiredGrant, openFileStore } from './kept-store.js';
import { killedKeepersContract } from './killed-keepers.js';
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
  await createCredentials(kept.store).set({ subject, server: 'linear' }, expiredGrant(endpoint.origin));
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

killedKeepersContract(
  'file',
  () => ({ compiled, place: { kind: 'file', folder: kept.folder } }),
  async () => {
    // What the dead process had written beside the record is nothing to anybody, and swept later.
    const beside = await readdir(join(kept.folder, 'records'), { recursive: true });
    expect(beside.filter((name) => name.endsWith('.tmp'))).toHaveLength(1);
  },
);
