import { beforeEach, describe, expect, it } from 'vitest';
import { type AtWork, createAtWork } from '../../../src/adapters/common/at-work.js';
import { createAdapterMemory } from '../../../src/gateway/platforms/adapter-memory.js';
import type { AdapterMemory } from '../../../src/gateway/types.js';
import { silentLog } from '../../../src/observability/log.js';
import { MemoryEngine } from '../../../src/storage/memory.js';
import { createStore } from '../../../src/storage/store.js';

let memory: AdapterMemory;
let nowMs: number;

beforeEach(() => {
  nowMs = Date.now();
  const now = () => nowMs;
  memory = createAdapterMemory(createStore(new MemoryEngine({ now }), undefined, now), 'web');
});

/** One of several that share the store. */
const replica = (own: AdapterMemory = memory): AtWork =>
  createAtWork({ memory: own, inTurn: (work, ending) => work(ending) }, () => nowMs, silentLog);

describe('a message that is pressed', () => {
  it('is at work on all replicas until its command is over, and for a minute where its replica was killed', async () => {
    const [one, two] = [replica(), replica()];
    expect(await one.begin('m', 'Add key')).toBe('first');
    expect(await two.begin('m', 'Add key')).toBe('again');
    expect(await two.begin('m', 'Sign out')).toBe('another');
    await one.end('m');
    expect(await two.begin('m', 'Sign out')).toBe('first');
    expect(await one.begin('m', 'Add key')).toBe('another');
    nowMs += 60_000;
    expect(await one.begin('m', 'Add key')).toBe('first');
    // Of the one that took too long: what is there now is another's.
    await two.end('m');
    expect(await replica().begin('m', 'Add key')).toBe('again');
  });

  it('is free again where the store took the mark and its answer was lost', async () => {
    const lost: AdapterMemory = {
      ...memory,
      first: async (...given) => {
        await memory.first(...given);
        throw new Error('the connection was cut');
      },
    };
    const one = replica(lost);
    expect(await one.begin('m', 'Add key')).toBe('first');
    expect(await replica().begin('m', 'Add key')).toBe('again');
    await one.end('m');
    expect(await replica().begin('m', 'Add key')).toBe('first');
  });

  it('stays another replica’s for whoever could not ask', async () => {
    const down: AdapterMemory = { ...memory, first: () => Promise.reject(new Error('the store is down')) };
    const [one, two] = [replica(), replica(down)];
    expect(await one.begin('m', 'Add key')).toBe('first');
    expect(await two.begin('m', 'Add key')).toBe('first');
    await two.end('m');
    expect(await replica().begin('m', 'Add key')).toBe('again');
  });
});
