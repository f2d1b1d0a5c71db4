import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenedStore, openStore } from '../../src/storage/open.js';
import type { StorageKind } from '../../src/storage/places.js';
import { addFolderKey, dropFolderKeys, loadFolderKeys } from '../../src/storage/sealing/folder-keys.js';
import { rotateKeys } from '../../src/storage/sealing/rotate.js';
import { PostgresUnderTest } from '../helpers/servers/postgres-server.js';
import { RedisUnderTest } from '../helpers/servers/redis-server.js';

const [one, two, three] = [
  'the first key '.repeat(4),
  'the second key '.repeat(4),
  'the third key '.repeat(4),
];
const servers = { redis: await RedisUnderTest.start(), postgres: await PostgresUnderTest.start() };
const opened: OpenedStore[] = [];
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rotate-'));
});
afterEach(async () => {
  for (const { store } of opened.splice(0)) await store.close();
  await rm(folder, { recursive: true, force: true });
});
afterAll(async () => {
  await servers.redis?.stop();
  await servers.postgres?.stop();
});

async function open(place: StorageKind, sealingKeys?: readonly string[]) {
  const store = await openStore(place, sealingKeys && { sealingKeys });
  opened.push(store);
  return store.store;
}

describe.each(['file', 'redis', 'postgres'] as const)('sealing keys of records in %s', (kind) => {
  const server = kind === 'file' ? undefined : servers[kind];
  let place: StorageKind;
  beforeEach(() => {
    const prefix = `t${randomUUID().slice(0, 8)}_`;
    place = kind === 'file' ? { kind, folder } : { kind, url: server?.url ?? '', prefix };
  });
  const able = kind === 'file' || server !== undefined;
  const rotate = (sealingKeys: readonly string[], more: object = {}) =>
    rotateKeys(place, { sealingKeys, settleMs: 50, ...more });

  it.runIf(able)(
    'are changed for every record, with its value and its end, and the old one is needed no more',
    async () => {
      const store = await open(place, [one]);
      for (let n = 0; n < 30; n += 1) await store.records('things').set(`a/${n}`, n);
      await store.records('others').set('ends', 'soon', 60_000);
      const report = await rotate([two, one]);
      expect(report).toEqual({ sealed: 31, resealed: 31, unread: [], settled: true, done: true });
      const after = await open(place, [two]);
      for (let n = 0; n < 30; n += 1) expect(await after.records('things').get(`a/${n}`)).toBe(n);
      expect(await after.claim('others', 'ends')).toBe('soon');
      await expect(store.records('things').get('a/1')).rejects.toMatchObject({ code: 'wrong_key' });
    },
  );

  it.runIf(able)('leave alone what needs a key that was not given, say so, and delete nothing', async () => {
    await (await open(place, [one])).records('things').set('a', 1);
    await (await open(place, [two, one])).records('things').set('b', 2);
    const report = await rotate([three, two]);
    expect(report).toMatchObject({ sealed: 1, resealed: 1, unread: ['things/a'], done: false });
    const all = await open(place, [three, one]);
    expect(await all.records('things').get('a')).toBe(1);
    expect(await all.records('things').get('b')).toBe(2);
    expect(await rotate([three, one])).toMatchObject({ sealed: 2, resealed: 1, unread: [], done: true });
  });

  it.runIf(able)('go on where they were cut short', async () => {
    const store = await open(place, [one]);
    for (let n = 0; n < 40; n += 1) await store.records('things').set(`a${n}`, n);
    const ending = new AbortController();
    const cut = await rotate([two, one], { signal: ending.signal, progress: () => ending.abort() });
    expect(cut).toMatchObject({ resealed: 8, done: false });
    expect(await rotate([two, one])).toMatchObject({ sealed: 40, resealed: 32, done: true });
  });

  it.runIf(able)('are changed while others write, claim and delete, whose changes stand', async () => {
    const old = await open(place, [one]);
    const store = await open(place, [two, one]);
    const records = store.records<string>('things');
    const keys = Array.from({ length: 25 }, (_, n) => `${n}`);
    for (const key of keys) await old.records('things').set(key, 'first');
    const claimed: string[] = [];
    const disturb = async (key: string) => {
      const n = Number(key);
      if (n % 5 === 0 && (await store.claim('things', key)) !== undefined) claimed.push(key);
      else if (n % 5 === 1) await records.delete(key);
      else for (let round = 0; round < 5; round += 1) await records.set(key, `${round}`);
    };
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const rotating = rotate([two, one], { progress: begin });
    await begun;
    await Promise.all(keys.map(disturb));
    expect(await rotating).toMatchObject({ unread: [], done: true });
    expect(claimed.sort()).toEqual(['0', '10', '15', '20', '5']);
    const left = keys.filter((key) => Number(key) % 5 > 1);
    expect(await records.keys()).toEqual([...left].sort());
    for (const key of left) expect(await records.get(key)).toBe('4');
  });
});

describe('the key in a state folder', () => {
  const keyFile = () => readFile(join(folder, 'sealing.key'), 'utf8');

  it('is changed under a gateway that runs, which then seals with the new one', async () => {
    const place: StorageKind = { kind: 'file', folder };
    const running = await open(place);
    await running.records('things').set('a', 1);
    const before = await keyFile();
    expect(await rotateKeys(place, { settleMs: 50 })).toMatchObject({ resealed: 1, done: true });
    expect(await keyFile()).not.toContain(before.trim());
    const oldKeys = () => readFile(join(folder, 'sealing.key.old'), 'utf8');
    expect(await oldKeys()).toBe(before);
    const between = await keyFile();
    expect(await running.records('things').get('a')).toBe(1);
    await running.records('things').set('b', 2);
    const restarted = await open(place);
    expect(await restarted.records('things').get('b')).toBe(2);
    expect(await rotateKeys(place, { settleMs: 50 })).toMatchObject({ sealed: 2, resealed: 2, done: true });
    // A backup of before the first rotation needs the first key.
    expect(await oldKeys()).toBe(`${between}${before}`);
  });

  it('that a restored backup needs is named where it still is, and nothing of it is shown', async () => {
    const place: StorageKind = { kind: 'file', folder };
    await (await open(place)).records('things').set('a', 1);
    const backup = join(folder, 'backup');
    await cp(join(folder, 'records'), backup, { recursive: true });
    const kid = await readFile(join(folder, 'sealing.kid'), 'utf8');
    const former = (await keyFile()).trim();
    await rotateKeys(place, { settleMs: 50 });
    const named = `It is in ${join(folder, 'sealing.key.old')}: add it behind the first one, as a line of sealing.key`;

    await rm(join(folder, 'records'), { recursive: true });
    await cp(backup, join(folder, 'records'), { recursive: true });
    const restored = (await open(place)).records('things');
    const failures = [await restored.get('a').catch(String)];
    await writeFile(join(folder, 'sealing.kid'), kid);
    failures.push(await open(place).catch(String));
    for (const failure of failures) expect(failure).toContain(named);

    const rotated = await keyFile();
    await rm(join(folder, 'sealing.key'));
    failures.push(await open(place).catch(String));
    expect(failures[2]).toContain(`Restore it from ${join(folder, 'sealing.key.old')}, which has that key,`);
    expect(failures.join()).not.toContain(former);

    await writeFile(join(folder, 'sealing.key'), `${rotated.trim()}\n${former}\n`, { mode: 0o600 });
    expect(await (await open(place)).records('things').get('a')).toBe(1);
  });

  it('is changed by one of two who rotate at once, then by the other: no record is left with a key that nobody has', async () => {
    const place: StorageKind = { kind: 'file', folder };
    const records = (await open(place)).records('things');
    for (let n = 0; n < 40; n += 1) await records.set(`${n}`, n);
    const both = await Promise.all([1, 2].map(() => rotateKeys(place, { settleMs: 50 })));
    expect(both).toMatchObject([
      { unread: [], done: true },
      { unread: [], done: true },
    ]);
    const after = (await open(place)).records('things');
    for (let n = 0; n < 40; n += 1) expect(await after.get(`${n}`)).toBe(n);
  });

  it('loses no key to a rotation that goes on after its lock was lost', async () => {
    await loadFolderKeys(folder);
    const late = await addFolderKey(folder);
    await dropFolderKeys(folder, late);
    const next = await addFolderKey(folder);
    await dropFolderKeys(folder, late);
    expect(await loadFolderKeys(folder)).toEqual(next);
    await dropFolderKeys(folder, ['a key of nobody '.repeat(3), ...next]);
    expect(await loadFolderKeys(folder)).toEqual(next);
  });

  it('changes what pages are made with, and what is accepted, under a gateway that runs', async () => {
    const place: StorageKind = { kind: 'file', folder };
    const { store, pageSecrets } = await openStore(place);
    const former = pageSecrets();
    expect(pageSecrets()).toBe(former);
    await store.records('things').set('a', 1);
    const during: unknown[] = [];
    const progress = () => during.push(pageSecrets());
    await rotateKeys(place, { settleMs: 50, progress });
    const { store: other, pageSecrets: restarted } = await openStore(place);
    expect(pageSecrets()).toEqual(restarted());
    expect(during).toContainEqual([...restarted(), ...former]);
    for (const each of [store, other]) await each.close();
  });

  it('stays beside the new one while something needs it', async () => {
    const place: StorageKind = { kind: 'file', folder };
    const store = await open(place);
    await store.records('things').set('a', 1);
    await store.records('things').set('b', 1);
    const file = join(folder, 'records', 'things', 'a.record');
    const whole = await readFile(file, 'utf8');
    await writeFile(file, whole.slice(0, -30));
    const before = (await keyFile()).trim();
    expect(await rotateKeys(place, { settleMs: 50 })).toMatchObject({ unread: ['things/a'], done: false });
    expect((await keyFile()).trim().split('\n')).toEqual([expect.any(String), before]);
    await writeFile(file, whole);
    const added = (await keyFile()).split('\n')[0];
    expect(await rotateKeys(place, { settleMs: 50 })).toMatchObject({ sealed: 2, resealed: 1, done: true });
    expect((await keyFile()).trim()).toBe(added);
  });
});
