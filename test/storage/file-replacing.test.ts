import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Replace } from '../../src/storage/engine.js';
import { FileLocks } from '../../src/storage/file/lock.js';
import { FileReplacing } from '../../src/storage/file/replacing.js';
import { StateFolder } from './state-folder-under-test.js';

const state = new StateFolder();

const replaceNothing: Replace = async () => false;

/** As another process would have it. */
function replacingIn(folder: string): FileReplacing {
  return new FileReplacing(folder, new FileLocks(join(folder, 'locks'), { leaseMs: 5000, waitMs: 5000 }), 10);
}

it('while records are replaced, who changes one waits for its turn, and others are not kept waiting', async () => {
  await state.open();
  const [rotating, gateway] = [replacingIn(state.path), replacingIn(state.path)];
  const order: string[] = [];
  await rotating.replacing(replaceNothing, async () => {
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
  await writeFile(join(state.path, 'replacing'), '');
  await store.records('things').set('a', 1);
  expect(await store.claim('things', 'a')).toBe(1);
  await replacingIn(state.path).replacing(replaceNothing, async () => {});
  expect(existsSync(join(state.path, 'replacing'))).toBe(false);
});

it('of one that fails nothing is left, once its last replacement under way has ended; none begins after that', async () => {
  await state.open();
  const marker = join(state.path, 'replacing');
  let finish = () => {};
  const slow = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const done: string[] = [];
  const replace: Replace = async (_name, key) => {
    await slow;
    done.push(key);
    return true;
  };
  let late: Replace = replaceNothing;
  const failing = replacingIn(state.path).replacing(replace, async (given) => {
    late = given;
    void given('things', 'a', undefined, { text: '' });
    throw new Error('the disk is full');
  });
  await expect.poll(() => late).not.toBe(replaceNothing);
  await expect.poll(() => late('things', 'b', undefined, { text: '' })).toBe(false);
  expect(existsSync(marker)).toBe(true);
  finish();
  await expect(failing).rejects.toThrow('the disk is full');
  expect(done).toEqual(['a']);
  expect(existsSync(marker)).toBe(false);
});
