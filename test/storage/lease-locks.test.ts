import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LeaseLocks, type Leases } from '../../src/storage/lease-locks.js';

const LEASE_MS = 10_000;
let renewals: number;
let renewing: () => Promise<boolean>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'] });
  renewals = 0;
  renewing = async () => true;
});
afterEach(() => {
  vi.useRealTimers();
});

function acquire() {
  const leases: Leases = {
    take: async () => true,
    renew: () => {
      renewals += 1;
      return renewing();
    },
    release: async () => {},
  };
  return new LeaseLocks(leases, { leaseMs: LEASE_MS, waitMs: 1000 }).acquire('a');
}

describe('a lease', () => {
  it('is renewed for as long as the work takes, and no longer', async () => {
    const held = await acquire();
    await vi.advanceTimersByTimeAsync(10 * LEASE_MS);
    expect(held.lease.aborted).toBe(false);
    const before = renewals;
    expect(before).toBeGreaterThan(40);
    await held.end();
    await vi.advanceTimersByTimeAsync(LEASE_MS);
    expect(renewals).toBe(before);
  });

  it('is lost at once when the server gave it to another', async () => {
    renewing = async () => false;
    const held = await acquire();
    await vi.advanceTimersByTimeAsync(LEASE_MS / 4);
    expect(held.lease.aborted).toBe(true);
    expect(held.lease.reason).toMatchObject({ message: expect.stringContaining('The lock was lost') });
  });

  it.each([
    ['cannot be asked', () => Promise.reject(new Error('away'))],
    ['does not answer', () => new Promise<boolean>(() => {})],
  ])('is given up before it is over where the server %s, and not before it must be', async (_, renew) => {
    renewing = renew;
    const held = await acquire();
    await vi.advanceTimersByTimeAsync(LEASE_MS * 0.7);
    expect(held.lease.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(LEASE_MS * 0.3 - 1);
    expect(held.lease.aborted).toBe(true);
  });
});
