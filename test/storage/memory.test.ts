import { describe, expect, it } from 'vitest';
import { MemoryEngine } from '../../src/storage/memory.js';
import { openStore } from '../../src/storage/open.js';
import { storeContract } from '../contracts/store.js';

storeContract('memory', async (options) => (await openStore({ kind: 'memory' }, options)).store);

describe('the memory engine', () => {
  it('does not let expired records pile up', async () => {
    let nowMs = 0;
    const engine = new MemoryEngine({ now: () => nowMs });
    for (let n = 0; n < 100; n++) await engine.write('things', `old${n}`, { text: 'x', expiresAtMs: 1000 });
    await engine.write('things', 'kept', { text: 'x' });
    nowMs = 61_000;
    await engine.write('things', 'new', { text: 'x', expiresAtMs: 62_000 });
    expect(await engine.read('things', 'old7')).toBeUndefined();
    expect(await engine.keys('things')).toEqual(['kept', 'new']);
  });

  it('gives each opening its own records and secret', async () => {
    const [one, other] = [await openStore({ kind: 'memory' }), await openStore({ kind: 'memory' })];
    await one.store.records('things').set('a', 1);
    expect(await other.store.records('things').get('a')).toBeUndefined();
    expect(one.pageSecrets()[0]).toHaveLength(32);
    expect(one.pageSecrets()).not.toEqual(other.pageSecrets());
  });
});
