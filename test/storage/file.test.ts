import { randomUUID } from 'node:crypto';
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FileEngine } from '../../src/storage/file.js';
import { type OpenStoreOptions, openStore } from '../../src/storage/open.js';
import { recordKey, type Store } from '../../src/storage/types.js';
import { storeContract } from '../contracts/store.js';

let folder: string;
const opened: Store[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-'));
});
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(opened.splice(0).map((store) => store.close()));
  await rm(folder, { recursive: true, force: true });
});

storeContract('file', async (options) => (await openStore({ kind: 'file', folder }, options)).store);

async function open(options?: OpenStoreOptions): Promise<Store> {
  const { store } = await openStore({ kind: 'file', folder }, options);
  opened.push(store);
  return store;
}

const recordFile = (...path: string[]) => join(folder, 'records', ...path);

async function everything(): Promise<Map<string, string>> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return new Map(files.map((file, index) => [file, contents[index] ?? '']));
}

async function modes(): Promise<Set<string>> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const stats = await Promise.all(entries.map((entry) => stat(join(entry.parentPath, entry.name))));
  return new Set(stats.map(({ mode }) => mode.toString(8)));
}

describe('the state folder', () => {
  it.each([0o000, 0o022, 0o177, 0o777])(
    'belongs to its owner alone, whatever the umask (%o)',
    async (umask) => {
      const before = process.umask(umask);
      try {
        folder = join(folder, 'state');
        const store = await open();
        await store.records('things').set(recordKey('ana', 'linear'), 1, 1000);
        await store.lock('a', async () => {});
      } finally {
        process.umask(before);
      }
      expect(await modes()).toEqual(new Set(['40700', '100600']));
      expect((await stat(folder)).mode & 0o777).toBe(0o700);
    },
  );

  it('is closed to others when they could look into it before', async () => {
    await chmod(folder, 0o755);
    await open();
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it('shows keys, and nothing of what is kept under them', async () => {
    const store = await open();
    await store.records('things').set(recordKey('ana', 'linear'), { token: 'a-secret-of-ana' });
    const text = [...(await everything()).values()].join('\n');
    expect(text).toContain('ana/linear');
    expect(text).not.toContain('a-secret-of-ana');
    expect(text).not.toContain('token');
  });

  it('is never left by a key, and holds nothing but records, changes and the key', async () => {
    const store = await open();
    for (const key of ['../../../outside', '/outside', 'a/../../../outside', '..']) {
      await store.records('../..').set(key, 1);
      await store.lock(key, async () => {});
      await store.claim('../..', key);
    }
    expect((await readdir(folder)).sort()).toEqual([
      'changes',
      'locks',
      'records',
      'sealing.key',
      'sealing.kid',
    ]);
    expect(await readdir(join(folder, 'locks'))).toEqual([]);
    const outside = (await readdir(tmpdir())).filter((name) => name.startsWith('outside'));
    expect(outside).toEqual([]);
  });

  it('costs one person’s listing no look at another’s records', async () => {
    const store = await open();
    await store.records('things').set(recordKey('ana', 'linear'), 1);
    await store.records('things').set(recordKey('ben', 'linear'), 1);
    await symlink('loop.record', recordFile('things', 'ben', 'loop.record'));
    await expect(store.records('things').keys()).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(await store.records('things').keys('ana')).toEqual(['ana/linear']);
  });

  it.each(['records', '.'])('that is gone (%s) is an outage and not an empty store', async (gone) => {
    const store = await open();
    await store.records('things').set('a', 1);
    await rename(join(folder, gone), `${folder}-gone`);
    const records = store.records('things');
    const refusals = await Promise.allSettled([
      records.get('a'),
      records.set('b/c', 1),
      records.delete('a'),
      records.keys(),
      store.claim('things', 'a'),
    ]);
    await rename(`${folder}-gone`, join(folder, gone));
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ reason: { name: 'StoreError', code: 'store_unavailable' } });
      expect(refusal).toMatchObject({ reason: { message: expect.stringContaining('bring it back') } });
    }
    expect(await records.get('a')).toBe(1);
  });

  it('is refused with the reason when it cannot be one', async () => {
    await writeFile(join(folder, 'file'), '');
    const opening = openStore({ kind: 'file', folder: join(folder, 'file', 'state') });
    await expect(opening).rejects.toMatchObject({ code: 'store_unavailable', message: /ENOTDIR/ });
  });
});

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
    const store = await open();
    const records = store.records('things');
    await records.set('ana/linear', 1, 60_000);
    const file = recordFile('things', 'ana', 'linear.record');
    const damaged = damage(await readFile(file, 'utf8'));
    await writeFile(file, damaged);
    const before = await everything();
    await expect(records.get('ana/linear')).rejects.toMatchObject({ code: 'record_unreadable' });
    await expect(store.claim('things', 'ana/linear')).rejects.toMatchObject({ code: 'record_unreadable' });
    expect(await records.keys('ana')).toEqual(['ana/linear']);
    expect(await everything()).toEqual(before);
    await records.set('ana/linear', 2);
    expect(await records.get('ana/linear')).toBe(2);
  });

  it.each([
    ['as it is', (text: string) => text],
    ['renamed inside', (text: string) => text.replace('"ana/linear"', '"ben/linear"')],
  ])('copied over another’s (%s) is refused', async (_, change) => {
    const store = await open();
    await store.records('things').set('ana/linear', 'ana’s');
    await store.records('things').set('ben/linear', 'ben’s');
    const text = await readFile(recordFile('things', 'ana', 'linear.record'), 'utf8');
    await writeFile(recordFile('things', 'ben', 'linear.record'), change(text));
    await expect(store.records('things').get('ben/linear')).rejects.toMatchObject({
      code: 'record_unreadable',
    });
    await cp(recordFile('things'), recordFile('others'), { recursive: true });
    await expect(store.records('others').get('ana/linear')).rejects.toMatchObject({
      code: 'record_unreadable',
    });
  });
});

describe('the sealing key', () => {
  const [one, two] = ['the first key '.repeat(4), 'the second key '.repeat(4)];

  it('and the secret of the pages are the same after a restart', async () => {
    const first = await openStore({ kind: 'file', folder });
    await first.store.records('things').set('a', 1);
    await first.store.close();
    const second = await openStore({ kind: 'file', folder });
    expect(await second.store.records('things').get('a')).toBe(1);
    expect(second.pageSecret).toEqual(first.pageSecret);
  });

  it('must be the one that the records were sealed with; nothing is deleted', async () => {
    await (await open({ sealingKeys: [one] })).records('things').set('a', 1);
    const before = await everything();
    for (const sealingKeys of [[two], undefined]) {
      const opening = openStore({ kind: 'file', folder }, sealingKeys && { sealingKeys });
      await expect(opening).rejects.toMatchObject({ name: 'StoreError', code: 'wrong_key' });
    }
    expect(await everything()).toEqual(before);
    expect(await (await open({ sealingKeys: [one] })).records('things').get('a')).toBe(1);
  });

  it('is changed by putting a new one in front', async () => {
    await (await open({ sealingKeys: [one] })).records('things').set('old', 1);
    const both = await open({ sealingKeys: [two, one] });
    expect(await both.records('things').get('old')).toBe(1);
    await both.records('things').set('new', 2);
    const store = await open({ sealingKeys: [two] });
    const before = await everything();
    expect(await store.records('things').get('new')).toBe(2);
    await expect(store.records('things').get('old')).rejects.toMatchObject({ code: 'wrong_key' });
    await expect(store.claim('things', 'old')).rejects.toMatchObject({ code: 'wrong_key' });
    expect(await store.records('things').keys()).toEqual(['new', 'old']);
    expect(await everything()).toEqual(before);
  });

  it('can move from the state folder into the config', async () => {
    await (await open()).records('things').set('a', 1);
    const own = (await readFile(join(folder, 'sealing.key'), 'utf8')).trim();
    const store = await open({ sealingKeys: [one, own] });
    expect(await store.records('things').get('a')).toBe(1);
  });

  it.each([
    ['lost', () => rm(join(folder, 'sealing.key'))],
    ['cut short', () => writeFile(join(folder, 'sealing.key'), 'x')],
  ])('that was %s is asked for, and never made anew', async (_, lose) => {
    await (await open()).records('things').set('a', 1);
    await lose();
    const before = await everything();
    await expect(openStore({ kind: 'file', folder })).rejects.toMatchObject({
      code: 'wrong_key',
      message: expect.stringMatching(/sealing\.key.*Restore it/),
    });
    expect(await everything()).toEqual(before);
  });

  it('is refused when it is shorter than 32 characters', async () => {
    const opening = openStore({ kind: 'file', folder }, { sealingKeys: ['x'.repeat(31)] });
    await expect(opening).rejects.toMatchObject({ code: 'wrong_key', message: /at least 32/ });
  });
});

describe('what is over', () => {
  it('is removed by a listing, a minute after its end', async () => {
    let nowMs = Date.now();
    const store = await open({ now: () => nowMs });
    await store.records('things').set('ana/old', 1, 1000);
    await store.records('things').set('ben/kept', 1);
    nowMs += 50_000;
    expect(await store.records('things').keys()).toEqual(['ben/kept']);
    expect(await readdir(recordFile('things', 'ana'))).toEqual(['old.record']);
    nowMs += 12_000;
    await store.records('things').keys();
    await store.records('things').keys();
    expect(await readdir(recordFile('things'))).toEqual(['ben']);
  });

  it('is removed where others of its kind are written, though nobody lists them', async () => {
    let nowMs = Date.now();
    const store = await open({ now: () => nowMs });
    for (let n = 0; n < 40; n++) await store.records('things').set(`old${n}`, 1, 1000);
    nowMs += 70_000;
    await store.records('things').set('new', 1, 1000);
    await store.close();
    expect(await readdir(recordFile('things'))).toEqual(['new.record']);
  });

  it('includes what dead processes left behind, once they cannot be at work any more', async () => {
    const store = await open();
    const records = store.records('things');
    for (const key of ['expired', 'moved']) await records.set(key, 1, key === 'moved' ? 1e9 : 1);
    const left = (key: string, kind: string) => recordFile('things', `${key}.record.${randomUUID()}.${kind}`);
    await rename(recordFile('things', 'moved.record'), left('moved', 'aside'));
    await rename(recordFile('things', 'expired.record'), left('expired', 'aside'));
    for (const kind of ['tmp', 'claim']) await writeFile(left('a', kind), 'x');
    const before = await readdir(recordFile('things'));
    expect(await records.keys()).toEqual([]);
    expect(await readdir(recordFile('things'))).toEqual(before);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 660_000 });
    await records.keys();
    expect(await readdir(recordFile('things'))).toEqual(['moved.record']);
    expect(await records.get('moved')).toBe(1);
  });
});

describe('a lease', () => {
  it('ends for the work that holds the lock when the lock is lost', async () => {
    const store = await open({ leaseMs: 2000 });
    const lost = await store.lock('a', async (lease) => {
      const [lock] = await readdir(join(folder, 'locks'));
      await rmdir(join(folder, 'locks', lock ?? ''));
      await new Promise((resolve) => lease.addEventListener('abort', resolve, { once: true }));
      return lease.reason;
    });
    expect(lost).toMatchObject({ message: expect.stringContaining('The lock was lost') });
    expect(await store.lock('a', async () => 'next')).toBe('next');
  });

  it('is taken over at once from a holder that has long been dead', async () => {
    const store = await open();
    await store.lock('a', async () => {
      const [lock] = await readdir(join(folder, 'locks'));
      await cp(join(folder, 'locks', lock ?? ''), join(folder, 'dead', lock ?? ''), { recursive: true });
    });
    const [lock] = await readdir(join(folder, 'dead'));
    await mkdir(join(folder, 'locks', lock ?? ''));
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(join(folder, 'locks', lock ?? ''), longAgo, longAgo);
    expect(await store.lock('a', async () => 'mine')).toBe('mine');
    expect(await readdir(join(folder, 'locks'))).toEqual([]);
  });

  it('is kept from two stores in one process at a time', async () => {
    const stores = [await open(), await open()];
    let inside = 0;
    const works = stores.flatMap((store) =>
      Array.from({ length: 5 }, () =>
        store.lock('a', async () => {
          expect(++inside).toBe(1);
          await new Promise((resolve) => setTimeout(resolve, 2));
          inside--;
        }),
      ),
    );
    await Promise.all(works);
  });
});

describe('the file engine', () => {
  it('keeps a listener of one store informed of another’s changes', async () => {
    const [store, other] = [await open(), await open()];
    const heard = new Promise((resolve) => store.watch('things', resolve).catch(resolve));
    await store.records('things').set('first', 1);
    expect(await heard).toBe('first');
    const next = new Promise((resolve) =>
      store.watch('others', resolve).then(() => other.records('others').set('b', 1)),
    );
    expect(await next).toBe('b');
  });

  it('rejects with a StoreError when its folder was never prepared', async () => {
    const engine = new FileEngine(join(folder, 'nowhere'));
    await expect(engine.read('things', 'a')).rejects.toMatchObject({ code: 'store_unavailable' });
    await expect(engine.lock('a', async () => 1)).rejects.toMatchObject({ code: 'store_unavailable' });
    await expect(engine.watch('things', () => {})).rejects.toMatchObject({ code: 'store_unavailable' });
  });
});
