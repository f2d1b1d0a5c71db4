import { describe, expect, it } from 'vitest';
import { keepSweeping } from '../../src/app/sweeping.js';
import { createInTurn } from '../../src/gateway/platforms/in-turn.js';
import { MemoryEngine } from '../../src/storage/memory.js';
import { createStore } from '../../src/storage/store.js';
import { keptLog } from '../http/serving.js';

describe('sweeping', () => {
  it('goes on after a failure, which the log names, and never runs twice at once', async () => {
    const log = keptLog();
    const seen = { sweeps: 0, atOnce: 0, most: 0 };
    const sweeping = keepSweeping({ everyMs: 1, log, what: 'lost sheep' }, async () => {
      seen.sweeps += 1;
      seen.atOnce += 1;
      seen.most = Math.max(seen.most, seen.atOnce);
      await new Promise(setImmediate);
      seen.atOnce -= 1;
      if (seen.sweeps === 2) throw new Error('no sheep');
    });
    await expect.poll(() => seen.sweeps).toBeGreaterThan(4);
    await sweeping.stop();
    expect(seen).toMatchObject({ atOnce: 0, most: 1 });
    expect(log.lines).toEqual([expect.stringContaining('looking for lost sheep failed')]);
  });

  it('is done by one replica for all, and by another once that has stopped', async () => {
    const store = createStore(new MemoryEngine({ lockWaitMs: 50 }), undefined);
    const sweeps = { one: 0, other: 0 };
    const replica = (name: keyof typeof sweeps) => {
      const log = keptLog();
      const inTurn = createInTurn(store, 'sheep', log);
      return keepSweeping({ everyMs: 1, log, what: 'sheep', inTurn }, async () => {
        sweeps[name] += 1;
      });
    };
    const one = replica('one');
    await expect.poll(() => sweeps.one).toBeGreaterThan(0);
    const other = replica('other');
    await expect.poll(() => sweeps.one).toBeGreaterThan(20);
    expect(sweeps.other).toBe(0);
    await one.stop();
    const at = sweeps.one;
    await expect.poll(() => sweeps.other).toBeGreaterThan(5);
    await other.stop();
    expect(sweeps.one).toBe(at);
  });
});
