import { chmod, chown, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/storage/open.js';
import { recordKey } from '../../src/storage/types.js';
import { StateFolder } from './state-folder-under-test.js';

const state = new StateFolder();

async function modes(): Promise<Set<string>> {
  const entries = await readdir(state.path, { withFileTypes: true, recursive: true });
  const stats = await Promise.all(entries.map((entry) => stat(join(entry.parentPath, entry.name))));
  return new Set(stats.map(({ mode }) => mode.toString(8)));
}

describe('the state folder', () => {
  it.each([0o000, 0o022, 0o177, 0o777])(
    'belongs to its owner alone, whatever the umask (%o)',
    async (umask) => {
      const before = process.umask(umask);
      try {
        state.path = join(state.path, 'state');
        const store = await state.open();
        await store.records('things').set(recordKey('ana', 'linear'), 1, 1000);
        await store.lock('a', async () => {});
      } finally {
        process.umask(before);
      }
      expect(await modes()).toEqual(new Set(['40700', '100600']));
      expect((await stat(state.path)).mode & 0o777).toBe(0o700);
    },
  );

  it('belongs to its owner, also what root makes in it', async () => {
    // Where the tests are not root, it is theirs anyway.
    if (process.geteuid?.() === 0) await chown(state.path, 4_321, 4_322);
    const store = await state.open();
    await store.records('things').set(recordKey('ana', 'linear'), 1, 1000);
    const { uid, gid } = await stat(state.path);
    const entries = await readdir(state.path, { withFileTypes: true, recursive: true });
    const paths = entries.map((entry) => join(entry.parentPath, entry.name));
    const owners = await Promise.all(
      paths.map(async (path) => [path, (await stat(path)).uid, (await stat(path)).gid]),
    );
    expect(paths.length).toBeGreaterThan(8);
    expect(owners).toEqual(paths.map((path) => [path, uid, gid]));
  });

  it('is closed to others when they could look into it before', async () => {
    await chmod(state.path, 0o755);
    await state.open();
    expect((await stat(state.path)).mode & 0o777).toBe(0o700);
  });

  it('shows keys, and nothing of what is kept under them', async () => {
    const store = await state.open();
    await store.records('things').set(recordKey('ana', 'linear'), { token: 'a-secret-of-ana' });
    const text = [...(await state.everything()).values()].join('\n');
    expect(text).toContain('ana/linear');
    expect(text).not.toContain('a-secret-of-ana');
    expect(text).not.toContain('token');
  });

  it('is never left by a key, and holds nothing but records, changes and the key', async () => {
    const store = await state.open();
    for (const key of ['../../../outside', '/outside', 'a/../../../outside', '..']) {
      await store.records('../..').set(key, 1);
      await store.lock(key, async () => {});
      await store.claim('../..', key);
    }
    expect((await readdir(state.path)).sort()).toEqual([
      'changes',
      'locks',
      'records',
      'sealing.key',
      'sealing.kid',
    ]);
    expect(await readdir(join(state.path, 'locks'))).toEqual([]);
    const outside = (await readdir(tmpdir())).filter((name) => name.startsWith('outside'));
    expect(outside).toEqual([]);
  });

  it('costs one person’s listing no look at another’s records', async () => {
    const store = await state.open();
    await store.records('things').set(recordKey('ana', 'linear'), 1);
    await store.records('things').set(recordKey('ben', 'linear'), 1);
    await symlink('loop.record', state.record('things', 'ben', 'loop.record'));
    await expect(store.records('things').keys()).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(await store.records('things').keys('ana')).toEqual(['ana/linear']);
  });

  it.each(['records', '.'])('that is gone (%s) is an outage and not an empty store', async (gone) => {
    const store = await state.open();
    await store.records('things').set('a', 1);
    await rename(join(state.path, gone), `${state.path}-gone`);
    const records = store.records('things');
    const refusals = await Promise.allSettled([
      records.get('a'),
      records.set('b/c', 1),
      records.delete('a'),
      records.keys(),
      store.claim('things', 'a'),
    ]);
    await rename(`${state.path}-gone`, join(state.path, gone));
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ reason: { name: 'StoreError', code: 'store_unavailable' } });
      expect(refusal).toMatchObject({ reason: { message: expect.stringContaining('bring it back') } });
    }
    expect(await records.get('a')).toBe(1);
  });

  it('is refused with the reason when it cannot be one', async () => {
    await writeFile(join(state.path, 'file'), '');
    const opening = openStore({ kind: 'file', folder: join(state.path, 'file', 'state') });
    await expect(opening).rejects.toMatchObject({ code: 'store_unavailable', message: /ENOTDIR.*is a file/ });
  });

  it('is refused where a file has its name, which stays as it was', async () => {
    const file = join(state.path, 'file');
    await writeFile(file, 'something else', { mode: 0o644 });
    await expect(openStore({ kind: 'file', folder: file })).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringMatching(/is a file.*Choose another folder/),
    });
    expect((await stat(file)).mode & 0o777).toBe(0o644);
  });

  it('is refused, and not tried for ever, where the system lets nobody make one (/proc)', async () => {
    const opening = openStore({ kind: 'file', folder: '/proc/state/of/the-gateway' });
    await expect(opening).rejects.toMatchObject({ name: 'StoreError', code: 'store_unavailable' });
  });
});

describe('the sealing key', () => {
  const [one, two] = ['the first key '.repeat(4), 'the second key '.repeat(4)];

  it('and the secret of the pages are the same after a restart', async () => {
    const first = await openStore({ kind: 'file', folder: state.path });
    await first.store.records('things').set('a', 1);
    await first.store.close();
    const second = await openStore({ kind: 'file', folder: state.path });
    expect(await second.store.records('things').get('a')).toBe(1);
    expect(second.pageSecrets()).toEqual(first.pageSecrets());
  });

  it('must be the one that the records were sealed with; nothing is deleted', async () => {
    await (await state.open({ sealingKeys: [one] })).records('things').set('a', 1);
    const before = await state.everything();
    for (const sealingKeys of [[two], undefined]) {
      const opening = openStore({ kind: 'file', folder: state.path }, sealingKeys && { sealingKeys });
      await expect(opening).rejects.toMatchObject({ name: 'StoreError', code: 'wrong_key' });
    }
    expect(await state.everything()).toEqual(before);
    expect(await (await state.open({ sealingKeys: [one] })).records('things').get('a')).toBe(1);
  });

  it('is changed by putting a new one in front', async () => {
    await (await state.open({ sealingKeys: [one] })).records('things').set('old', 1);
    const both = await state.open({ sealingKeys: [two, one] });
    expect(await both.records('things').get('old')).toBe(1);
    await both.records('things').set('new', 2);
    const store = await state.open({ sealingKeys: [two] });
    const before = await state.everything();
    expect(await store.records('things').get('new')).toBe(2);
    await expect(store.records('things').get('old')).rejects.toMatchObject({ code: 'wrong_key' });
    await expect(store.claim('things', 'old')).rejects.toMatchObject({ code: 'wrong_key' });
    expect(await store.records('things').keys()).toEqual(['new', 'old']);
    expect(await state.everything()).toEqual(before);
  });

  it('can move from the state folder into the config', async () => {
    await (await state.open()).records('things').set('a', 1);
    const own = (await readFile(join(state.path, 'sealing.key'), 'utf8')).trim();
    const store = await state.open({ sealingKeys: [one, own] });
    expect(await store.records('things').get('a')).toBe(1);
  });

  it.each([
    ['lost', () => rm(join(state.path, 'sealing.key'))],
    ['cut short', () => writeFile(join(state.path, 'sealing.key'), 'x')],
  ])('that was %s is asked for, and never made anew', async (_, lose) => {
    await (await state.open()).records('things').set('a', 1);
    await lose();
    const before = await state.everything();
    await expect(openStore({ kind: 'file', folder: state.path })).rejects.toMatchObject({
      code: 'wrong_key',
      message: expect.stringMatching(/sealing\.key.*Restore it/),
    });
    expect(await state.everything()).toEqual(before);
  });

  it('is refused when it is shorter than 32 characters', async () => {
    const opening = openStore({ kind: 'file', folder: state.path }, { sealingKeys: ['x'.repeat(31)] });
    await expect(opening).rejects.toMatchObject({ code: 'wrong_key', message: /at least 32/ });
  });
});
