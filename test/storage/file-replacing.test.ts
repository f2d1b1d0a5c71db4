import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FileLocks } from '../../src/storage/file/lock.js';
import { FileReplacing } from '../../src/storage/file/replacing.js';
import { StateFolder } from './state-folder-under-test.js';

const state = new StateFolder();

/** As another process would have it. */
function replacingIn(folder: string): FileReplacing {
  return new FileReplacing(folder, new FileLocks(join(folder, 'locks'), { leaseMs: 5000, waitMs: 5000 }), 10);
}

it('while records are replaced, who changes one waits for its turn, and others are not kept waiting', async () => {
  await state.open();
  const [rotating, gateway] = [replacingIn(state.path), replacingIn(state.path)];
  const order: string[] = [];
  await rotating.replacing(async () => {
    let finish = () => {};
    const replacing = rotating.alone('things', 'a', async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      order.push('replaced');
    });
    await expect.poll(() => finish.name).not.toBe('finish');
    const changing = gateway.step('things', 'a', async () => order.push('changed'));
    await gateway.step('things', 'b', async () => order.push('another'));
    finish();
    await Promise.all([replacing, changing]);
  });
  expect(order).toEqual(['another', 'replaced', 'changed']);
  expect(existsSync(join(state.path, 'replacing'))).toBe(false);
});

it('what is left of one that died costs a change a lock, and is cleared by the next', async () => {
  const store = await state.open();
  await expect(replacingIn(state.path).replacing(() => Promise.reject(new Error('it died')))).rejects.toThrow(
    'it died',
  );
  expect(existsSync(join(state.path, 'replacing'))).toBe(true);
  await store.records('things').set('a', 1);
  expect(await store.claim('things', 'a')).toBe(1);
  await replacingIn(state.path).replacing(async () => {});
  expect(existsSync(join(state.path, 'replacing'))).toBe(false);
});
