import { cp, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { StateFolder } from './state-folder-under-test.js';

const state = new StateFolder();

describe('a record file', () => {
  it.each([
    ['is cut off', (text: string) => text.slice(0, -20)],
    ['is empty', () => ''],
    ['is not a record', () => '{}\nx\n'],
    [
      'was altered',
      (text: string) =>
        text.replace(/\.(.)([^.]*)\n$/, (_, first, rest) => `.${first === 'A' ? 'B' : 'A'}${rest}\n`),
    ],
    ['was given a longer life', (text: string) => text.replace(/"expiresAtMs":\d/, '"expiresAtMs":9')],
  ])('that %s is reported and left as it is', async (_, damage) => {
    const store = await state.open();
    const records = store.records('things');
    await records.set('ana/linear', 1, 60_000);
    const file = state.record('things', 'ana', 'linear.record');
    const damaged = damage(await readFile(file, 'utf8'));
    await writeFile(file, damaged);
    const before = await state.everything();
    await expect(records.get('ana/linear')).rejects.toMatchObject({ code: 'record_unreadable' });
    await expect(store.claim('things', 'ana/linear')).rejects.toMatchObject({ code: 'record_unreadable' });
    expect(await records.keys('ana')).toEqual(['ana/linear']);
    expect(await state.everything()).toEqual(before);
    await records.set('ana/linear', 2);
    expect(await records.get('ana/linear')).toBe(2);
  });

  it.each([
    ['as it is', (text: string) => text],
    ['renamed inside', (text: string) => text.replace('"ana/linear"', '"ben/linear"')],
  ])('copied over another’s (%s) is refused', async (_, change) => {
    const store = await state.open();
    await store.records('things').set('ana/linear', 'ana’s');
    await store.records('things').set('ben/linear', 'ben’s');
    const text = await readFile(state.record('things', 'ana', 'linear.record'), 'utf8');
    await writeFile(state.record('things', 'ben', 'linear.record'), change(text));
    await expect(store.records('things').get('ben/linear')).rejects.toMatchObject({
      code: 'record_unreadable',
    });
    await cp(state.record('things'), state.record('others'), { recursive: true });
    await expect(store.records('others').get('ana/linear')).rejects.toMatchObject({
      code: 'record_unreadable',
    });
  });
});
