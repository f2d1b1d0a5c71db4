import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { moveRecords } from '../../src/storage/move.js';
import { type OpenedStore, openStore } from '../../src/storage/open.js';
import type { StorageKind } from '../../src/storage/places.js';
import { PostgresUnderTest } from '../helpers/servers/postgres-server.js';
import { RedisUnderTest } from '../helpers/servers/redis-server.js';

const servers = [await RedisUnderTest.start(), await PostgresUnderTest.start()] as const;
const opened: OpenedStore[] = [];
let root = '';

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'move-'));
});
afterEach(async () => {
  for (const { store } of opened.splice(0)) await store.close();
  await rm(root, { recursive: true, force: true });
});
afterAll(async () => {
  for (const server of servers) await server?.stop();
});

const folder = (name: string): StorageKind => ({ kind: 'file', folder: join(root, name) });

async function open(place: StorageKind, sealingKeys?: readonly string[]) {
  const store = await openStore(place, sealingKeys && { sealingKeys });
  opened.push(store);
  return store.store;
}

const move = (from: StorageKind, to: StorageKind, more: object = {}) =>
  moveRecords(from, to, { settleMs: 20, ...more });

it.runIf(servers.every((server) => server !== undefined))(
  'all records go from a folder to Redis, to PostgreSQL and back, and open there with the key of the folder',
  async () => {
    const [redis, postgres] = servers.map((server) => server?.url ?? '');
    const prefix = `t${randomUUID().slice(0, 8)}_`;
    const places: readonly StorageKind[] = [
      folder('from'),
      { kind: 'redis', url: redis ?? '', prefix },
      { kind: 'postgres', url: postgres ?? '', prefix },
      folder('to'),
    ];
    const from = await open(folder('from'));
    for (let n = 0; n < 50; n += 1) await from.records('things').set(`a/${n}`, { n });
    await from.records('others').set('ends', 'soon', 600_000);
    await from.records('others').set('ended', 'over', 1);
    const key = (await readFile(join(root, 'from', 'sealing.key'), 'utf8')).trim();
    for (const [index, to] of places.entries()) {
      if (index === 0) continue;
      const report = await move(places[index - 1] ?? to, to);
      expect(report).toEqual({
        copied: 51,
        kept: 0,
        changed: 0,
        removed: 0,
        missing: [],
        additional: [],
        inUse: false,
      });
      const store = await open(to, [key]);
      expect(await store.records('things').keys()).toHaveLength(50);
      expect(await store.records('things').get('a/7')).toEqual({ n: 7 });
      await expect(openStore(to, { sealingKeys: ['another key '.repeat(4)] })).rejects.toMatchObject({
        code: 'wrong_key',
      });
    }
    const last = await open(folder('to'), [key]);
    expect(await last.claim('others', 'ends')).toBe('soon');
  },
);

it('what was written later in the target stays, and what has changed since is brought', async () => {
  const key = ['a key of the tests '.repeat(3)];
  const [from, to] = [await open(folder('from'), key), await open(folder('to'), key)];
  for (const name of ['same', 'newer', 'older', 'deleted']) await from.records('things').set(name, 'first');
  await move(folder('from'), folder('to'));
  await new Promise((resolve) => setTimeout(resolve, 5));
  await to.records('things').set('newer', 'in the target');
  await from.records('things').set('older', 'in the source');
  await from.records('things').delete('deleted');
  await from.records('things').set('added', 'later');
  expect(await move(folder('from'), folder('to'))).toEqual({
    copied: 2,
    kept: 2,
    changed: 0,
    removed: 0,
    inUse: false,
    missing: [],
    additional: ['things/deleted'],
  });
  const values = ['same', 'newer', 'older', 'added'].map((name) => to.records('things').get(name));
  expect(await Promise.all(values)).toEqual(['first', 'in the target', 'in the source', 'later']);
});

it('an exact copy brings back nobody who signed out since the last one', async () => {
  const key = ['a key of the tests '.repeat(3)];
  const [from, to] = [await open(folder('from'), key), await open(folder('to'), key)];
  for (const name of ['stays', 'ended']) await from.records('things').set(name, 'first');
  await move(folder('from'), folder('to'));
  await from.records('things').delete('ended');
  const report = await move(folder('from'), folder('to'), { exact: true });
  expect(report).toMatchObject({ removed: 1, additional: [], missing: [] });
  expect(await to.records('things').keys()).toEqual(['stays']);
  await from.records('things').delete('stays');
  // From a storage that has nothing, which is hardly the one that was meant.
  expect(await move(folder('from'), folder('to'), { exact: true })).toMatchObject({ removed: 0 });
  expect(await to.records('things').keys()).toEqual(['stays']);
});

it('an exact copy removes nothing where a gateway has worked since the last one: FROM and TO may be in the wrong order', async () => {
  const key = ['a key of the tests '.repeat(3)];
  const [live, older] = [await open(folder('live'), key), await open(folder('older'), key)];
  await live.records('things').set('renewed', 'first');
  await move(folder('live'), folder('older'));
  await live.records('things').set('renewed', 'again');
  await live.records('things').set('new', 1);
  const report = await move(folder('older'), folder('live'), { exact: true });
  expect(report).toMatchObject({ removed: 0, additional: ['things/new'], inUse: true });
  expect(await live.records('things').get('new')).toBe(1);
  expect(await older.records('things').get('renewed')).toBe('first');
});

it('an exact copy removes nothing from a storage that is no earlier copy', async () => {
  const [from, other] = [await open(folder('from')), await open(folder('other'))];
  await from.records('things').set('ours', 1);
  await other.records('things').set('theirs', 1);
  const report = await move(folder('from'), folder('other'), { exact: true });
  expect(report).toMatchObject({ removed: 0, additional: ['things/theirs'], inUse: true });
});

it('goes on where it was cut short', async () => {
  const from = await open(folder('from'));
  for (let n = 0; n < 40; n += 1) await from.records('things').set(`a${n}`, n);
  const ending = new AbortController();
  const cut = await move(folder('from'), folder('to'), {
    signal: ending.signal,
    progress: () => ending.abort(),
  });
  expect(cut).toMatchObject({ copied: 16, missing: expect.objectContaining({ length: 24 }) });
  expect(await move(folder('from'), folder('to'))).toMatchObject({ copied: 24, kept: 16, missing: [] });
});

it('a folder that is none of a gateway’s is no storage without records', async () => {
  await expect(move(folder('nowhere'), folder('to'))).rejects.toMatchObject({
    code: 'store_unavailable',
    message: expect.stringContaining('no state folder'),
  });
});
