import { describe, expect, it } from 'vitest';
import { createAdapterMemory } from '../../src/gateway/platforms/adapter-memory.js';
import { MemoryEngine } from '../../src/storage/memory.js';
import { createStore } from '../../src/storage/store.js';
import { StateFolder } from '../storage/state-folder-under-test.js';

const folder = new StateFolder();

describe('what an adapter remembers', () => {
  it('is its own: another platform asks about the same key in vain', async () => {
    const store = createStore(new MemoryEngine(), undefined);
    await createAdapterMemory(store, 'slack').set('button/1', { words: ['auth'] }, 60_000);
    expect(await createAdapterMemory(store, 'discord').get('button/1')).toBeUndefined();
    expect(await createAdapterMemory(store, 'discord').first('button/1', 60_000)).toBe(true);
  });

  it('has one first of many who ask at once, in two processes that share a folder', async () => {
    const open = async () => createAdapterMemory(await folder.open(), 'slack');
    const replicas = [await open(), await open()];
    const asked = Array.from({ length: 20 }, (_, at) =>
      Promise.all(replicas.map((memory) => memory.first(`taken/${at % 4}`, 60_000))),
    );
    const answers = (await Promise.all(asked)).flat();
    expect(answers.filter((first) => first)).toHaveLength(4);
  });

  it('has a first again once it has expired', async () => {
    let nowMs = 0;
    const store = createStore(new MemoryEngine({ now: () => nowMs }), undefined, () => nowMs);
    const memory = createAdapterMemory(store, 'discord');
    expect(await memory.first('taken/7', 1_000)).toBe(true);
    expect(await memory.first('taken/7', 1_000)).toBe(false);
    nowMs = 1_001;
    expect(await memory.first('taken/7', 1_000)).toBe(true);
  });
});
