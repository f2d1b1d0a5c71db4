import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type OpenedStore, type OpenStoreOptions, openStore } from '../../src/storage/open.js';
import { outagesContract } from '../contracts/store-outages.js';
import { startCuttingProxy } from '../helpers/servers/cutting-proxy.js';
import { startDeafPooler } from '../helpers/servers/deaf-pooler.js';
import { freePort } from '../helpers/servers/free-port.js';
import { PostgresUnderTest } from '../helpers/servers/postgres-server.js';

const PASSWORD = 'hunter2-of-the-tests';
const server = await PostgresUnderTest.start();
const KEYS = ['a key of the tests '.repeat(3)];
const opened: OpenedStore[] = [];

afterEach(async () => {
  for (const { store } of opened.splice(0)) await store.close();
});
afterAll(() => server?.stop());

describe.runIf(server !== undefined)('a store on PostgreSQL', () => {
  const postgres = server as PostgresUnderTest;
  const url = postgres.urlOf('postgres', PASSWORD);
  const prefix = `t${randomUUID().slice(0, 8)}_`;

  async function open(options: OpenStoreOptions = {}, at: string = url): Promise<OpenedStore> {
    const place = { kind: 'postgres', url: at, prefix } as const;
    const store = await openStore(place, { sealingKeys: KEYS, ...options });
    opened.push(store);
    return store;
  }

  it('says why at the start, and what to do, and no password', async () => {
    postgres.sql('CREATE ROLE poor LOGIN');
    const nobody = url.replace(String(postgres.port), String(await freePort()));
    const refusals = [
      [nobody, /ECONNREFUSED.*Is it running/],
      [url.replace(/postgres$/, 'gone'), /3D000.*no such database/],
      [postgres.urlOf('nobody', PASSWORD), /28000.*does not let this user in/],
      [postgres.urlOf('poor', PASSWORD), /42501.*GRANT CREATE ON SCHEMA/],
    ] as const;
    for (const [at, message] of refusals) {
      const refused = await open({ openWaitMs: 300 }, at).catch((error: unknown) => error);
      expect(refused).toMatchObject({ name: 'StoreError', code: 'store_unavailable', message });
      expect(String(refused)).toContain('postgres://127.0.0.1:');
      expect(String(refused)).not.toContain(PASSWORD);
    }
  });

  it('makes its tables once, however many start first, and afterwards needs no right to make any', async () => {
    const stores = await Promise.all(Array.from({ length: 6 }, () => open()));
    await stores[0]?.store.records('things').set('a', 1);
    postgres.sql(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO poor`);
    const { store } = await open({}, postgres.urlOf('poor'));
    expect(await store.records('things').get('a')).toBe(1);
    await store.lock('a', () => store.records('things').set('a', 2));
  });

  it('is refused where a later version made the tables, which stay as they are', async () => {
    await open();
    postgres.sql(`UPDATE ${prefix}meta SET version = 2`);
    await expect(open()).rejects.toMatchObject({ code: 'store_misconfigured', message: /later version/ });
    postgres.sql(`UPDATE ${prefix}meta SET version = 1`);
    await open();
  });

  it('is refused behind a pooler that passes no notices on', async () => {
    const pooler = await startDeafPooler(postgres.port);
    const refused = open({}, url.replace(String(postgres.port), String(pooler.port)));
    await expect(refused).rejects.toMatchObject({
      code: 'store_misconfigured',
      message: expect.stringContaining('a pooler in transaction mode'),
    });
    pooler.close();
  });

  it('loses nothing where PostgreSQL is read-only, and goes on when it is not any more', async () => {
    const { store } = await open();
    await store.records('things').set('a', 'old');
    await postgres.setReadOnly(true);
    try {
      const refused = { code: 'store_unavailable', message: expect.stringMatching(/25006.*read-only/) };
      await expect(store.records('things').set('a', 'new')).rejects.toMatchObject(refused);
      await expect(store.claim('things', 'a')).rejects.toMatchObject(refused);
      expect(await store.records('things').get('a')).toBe('old');
    } finally {
      await postgres.setReadOnly(false);
    }
    await store.records('things').set('a', 'new');
    expect(await store.claim('things', 'a')).toBe('new');
  });

  outagesContract({
    name: 'PostgreSQL',
    password: PASSWORD,
    open,
    kill: () => postgres.kill(),
    start: () => postgres.start(),
  });

  it('takes no version for the old one where a change was made and its answer was lost', async () => {
    const proxy = await startCuttingProxy(postgres.port);
    const { store } = await open({}, url.replace(String(postgres.port), String(proxy.port)));
    const records = store.records<string>('things');
    await records.set('a', 'old');
    const version = records.version('a');
    proxy.cut('pg_notify');
    await expect(records.delete('a')).rejects.toMatchObject({ code: 'store_unavailable' });
    await expect.poll(() => records.get('a').catch(() => 'away')).toBeUndefined();
    expect(records.version('a')).not.toBe(version);
    proxy.close();
  });

  it('listens again when the connection of its notices alone is cut', async () => {
    const [{ store }, { store: other }] = [await open(), await open()];
    const heard: string[] = [];
    await store.watch('things', (key) => heard.push(key));
    postgres.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' OR query = 'SELECT 1'`,
    );
    let n = 0;
    await expect
      .poll(async () => {
        n += 1;
        await other
          .records('things')
          .set(`a${n}`, n)
          .catch(() => {});
        return heard.length;
      })
      .toBeGreaterThan(0);
    await expect.poll(() => store.records('things').version('a')).toBeDefined();
  });

  it('finds what is below a prefix by the index', async () => {
    await open();
    const plan = postgres.sql(
      `SET enable_seqscan = off; EXPLAIN SELECT path FROM ${prefix}records WHERE name = 'a' AND path >= 'b/' AND path < 'b0'`,
    );
    expect(plan).toMatch(/Index (Only )?Scan|Bitmap Index Scan/);
    expect(plan).toMatch(/Index Cond: .*path >= .*path </);
  });

  it('clears what ended a while ago, where something with an end is written', async () => {
    let nowMs = Date.now();
    const { store } = await open({ now: () => nowMs });
    for (const key of ['x', 'y', 'z']) await store.records('swept').set(key, 1, 1000);
    nowMs += 130_000;
    await store.records('swept').set('new', 1, 1000);
    const left = () => postgres.sql(`SELECT path FROM ${prefix}records WHERE name = 'swept'`);
    await expect.poll(left).toBe('new');
  });
});
