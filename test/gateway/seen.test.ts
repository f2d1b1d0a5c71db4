import { expect, it } from 'vitest';
import { createSeen } from '../../src/gateway/notices/seen.js';
import type { Actor } from '../../src/gateway/types.js';
import { MemoryEngine } from '../../src/storage/memory.js';
import { createStore } from '../../src/storage/store.js';

const onTelegram: Actor = { platform: 'telegram', userId: '1', displayName: 'Ana' };
const onSlack: Actor = { platform: 'slack', tenant: 'T1', userId: 'U1', displayName: 'Ana' };

it('who commands is written down once a day, and when they come from elsewhere: also by way of another process', async () => {
  let nowMs = 1_800_000_000_000;
  const now = () => nowMs;
  const store = createStore(new MemoryEngine(), undefined);
  let writes = 0;
  await store.watch('seen', () => {
    writes += 1;
  });
  const [here, there] = [createSeen(store, now), createSeen(store, now)];
  for (let command = 0; command < 100; command += 1) await here.note('ana', onTelegram);
  expect(writes).toBe(1);
  await there.note('ana', onSlack);
  expect(await here.last('ana')).toEqual(onSlack);
  nowMs += 6 * 60_000;
  await here.note('ana', onTelegram);
  expect(await there.last('ana')).toEqual(onTelegram);
  expect(writes).toBe(3);
  nowMs += 25 * 3_600_000;
  await here.note('ana', onTelegram);
  expect(writes).toBe(4);
  expect(await here.last('ben')).toBeUndefined();
});
