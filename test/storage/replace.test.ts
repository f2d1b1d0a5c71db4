import { expect, it } from 'vitest';
import type { StoredRecord } from '../../src/storage/engine.js';
import { MemoryEngine } from '../../src/storage/memory.js';
import { createStore } from '../../src/storage/store.js';

/** Between a look at a record and the step that changes it, something happens: once each. */
class BusyEngine extends MemoryEngine {
  readonly meanwhile: (() => Promise<unknown>)[] = [];

  override async read(name: string, key: string): Promise<StoredRecord | undefined> {
    const record = await super.read(name, key);
    await this.meanwhile.shift()?.();
    return record;
  }
}

it('what changes between the look at a record and its replacing is looked at again', async () => {
  const engine = new BusyEngine();
  const records = createStore(engine, undefined).records<string>('things');
  const replace = () => records.replace('a', (found) => found !== 'signed in anew', 'refreshed');

  await records.set('a', 'spent');
  engine.meanwhile.push(() => records.set('a', 'spent, and sealed anew'));
  expect(await replace()).toBe('refreshed');
  expect(await records.get('a')).toBe('refreshed');

  engine.meanwhile.push(() => records.set('a', 'signed in anew'));
  expect(await replace()).toBe('signed in anew');
  expect(await records.get('a')).toBe('signed in anew');

  await records.set('a', 'spent');
  engine.meanwhile.push(() => records.delete('a'));
  expect(await replace()).toBeUndefined();
  expect(await records.get('a')).toBeUndefined();
});
