import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUnfinished } from '../../../src/adapters/common/unfinished.js';
import type { MessageRef } from '../../../src/gateway/types.js';
import { silentLog } from '../../../src/observability/log.js';
import { Remembered } from '../../helpers/remembered.js';

describe('answers that replicas left unfinished', () => {
  let ending = new AbortController();
  beforeEach(() => {
    ending = new AbortController();
  });
  afterEach(() => ending.abort());

  function replica(memory: Remembered, told: MessageRef[]) {
    return createUnfinished({
      memory: () => memory,
      tell: async (message) => {
        told.push(message);
        return true;
      },
      single: () => false,
      longestWorkMs: 50,
      log: silentLog,
    });
  }

  it('are told by the others while they run: once, and not those that end in time', async () => {
    const memory = new Remembered(Date.now);
    const told: MessageRef[] = [];
    const [dead, ...alive] = [replica(memory, told), replica(memory, told), replica(memory, told)];
    await dead?.add({ id: 'left' });
    for (const one of alive) void one.recover(ending.signal);
    await expect.poll(() => told).toEqual([{ id: 'left' }]);
    await expect.poll(() => memory.keys('working')).toEqual([]);
    await dead?.add({ id: 'ends' });
    await dead?.remove({ id: 'ends' });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(told).toEqual([{ id: 'left' }]);
  });

  it('do not displace one another where two note theirs in the same moment', async () => {
    const memory = new Remembered(Date.now);
    memory.takesMs = 5;
    const both = [replica(memory, []), replica(memory, [])];
    await Promise.all(both.map((one, at) => one.add({ id: String(at) })));
    expect(await memory.keys('working')).toHaveLength(2);
    await both[0]?.remove({ id: '0' });
    expect(await memory.keys('working')).toHaveLength(1);
  });

  it('of the one process that there is are told by itself, again and again until it can', async () => {
    const memory = new Remembered(Date.now);
    let tries = 0;
    const alone = createUnfinished({
      memory: () => memory,
      tell: async () => {
        tries += 1;
        if (tries < 3) throw new Error('the platform is away');
        return true;
      },
      single: () => true,
      againMs: 5,
      log: silentLog,
    });
    await alone.recover(ending.signal);
    await alone.add({ id: 'left' });
    await alone.add({ id: 'at work' });
    alone.abandon({ id: 'left' });
    await expect.poll(() => memory.keys('working')).toHaveLength(1);
    expect(tries).toBe(3);
  });

  it('are no failure of who notes or forgets one once the chat is closed', async () => {
    const closed = createUnfinished({
      memory: () => {
        throw new Error('closed');
      },
      tell: async () => true,
      single: () => true,
      log: silentLog,
    });
    await expect(closed.add({ id: 'x' })).resolves.toBeUndefined();
    await expect(closed.remove({ id: 'x' })).resolves.toBeUndefined();
    await expect(closed.recover(ending.signal)).resolves.toBeUndefined();
  });
});
