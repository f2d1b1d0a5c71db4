import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createInTurn } from '../../src/gateway/platforms/in-turn.js';
import { silentLog } from '../../src/observability/log.js';
import { MemoryEngine } from '../../src/storage/memory.js';
import { createStore } from '../../src/storage/store.js';
import { type Store, StoreError } from '../../src/storage/types.js';

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

/** Two replicas that share a store, and which of them work just now. */
function replicas(store: Store = createStore(new MemoryEngine({ lockWaitMs: 50 }), undefined)) {
  const working = new Set<string>();
  const replica = (name: string) => {
    const ending = new AbortController();
    const ended = createInTurn(
      store,
      'slack',
      silentLog,
    )(async (turn) => {
      working.add(name);
      await untilAborted(turn);
      working.delete(name);
    }, ending.signal);
    return { stop: () => ending.abort(), ended };
  };
  return { working, replica };
}

describe('what one replica at a time does', () => {
  it('is done by the first, and by another once that has stopped, however long it had to wait', async () => {
    const { working, replica } = replicas();
    const [one, other] = [replica('one'), replica('other')];
    await expect.poll(() => [...working]).toEqual(['one']);
    // Longer than one waiting for the lock.
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect([...working]).toEqual(['one']);
    one.stop();
    await one.ended;
    await expect.poll(() => [...working]).toEqual(['other']);
    other.stop();
    await other.ended;
    expect([...working]).toEqual([]);
  });

  it('leaves nothing behind with each time that it was waited for in vain', async () => {
    let asked = 0;
    const store = {
      lock: async () => {
        asked += 1;
        await new Promise(setImmediate);
        throw new StoreError('lock_timeout', 'another has it');
      },
    } as unknown as Store;
    const ending = new AbortController();
    const ended = createInTurn(store, 'slack', silentLog)(async () => {}, ending.signal);
    await expect.poll(() => asked).toBeGreaterThan(20);
    expect(getEventListeners(ending.signal, 'abort').length).toBeLessThan(3);
    ending.abort();
    await ended;
  });

  it('does not hold up the end of a replica that only waits, and is not begun after it', async () => {
    const { working, replica } = replicas(createStore(new MemoryEngine({ lockWaitMs: 60_000 }), undefined));
    const [one, other] = [replica('one'), replica('other')];
    await expect.poll(() => [...working]).toEqual(['one']);
    other.stop();
    await other.ended;
    one.stop();
    await one.ended;
    expect([...working]).toEqual([]);
  });

  it('is left where the lease is lost, and taken up again with the next turn', async () => {
    const leases: AbortController[] = [];
    const store = {
      lock: async <T>(_name: string, work: (lease: AbortSignal) => Promise<T>) => {
        const lease = new AbortController();
        leases.push(lease);
        return await work(lease.signal);
      },
    } as Store;
    const { working, replica } = replicas(store);
    const one = replica('one');
    await expect.poll(() => leases.length).toBe(1);
    leases[0]?.abort();
    await expect.poll(() => leases.length).toBe(2);
    expect([...working]).toEqual(['one']);
    one.stop();
    await one.ended;
  });

  it('waits for a store that is away, and ends meanwhile when it is told to', async () => {
    let asked = 0;
    const store = {
      lock: async () => {
        asked += 1;
        throw new StoreError('store_unavailable', 'away');
      },
    } as unknown as Store;
    const { working, replica } = replicas(store);
    const one = replica('one');
    await expect.poll(() => asked).toBe(1);
    one.stop();
    await one.ended;
    expect(working.size).toBe(0);
    expect(asked).toBe(1);
  });

  it('is over where it ends by itself: a token that was refused is not tried again', async () => {
    const store = createStore(new MemoryEngine(), undefined);
    let times = 0;
    await createInTurn(
      store,
      'telegram',
      silentLog,
    )(async () => {
      times += 1;
    }, new AbortController().signal);
    expect(times).toBe(1);
  });
});
