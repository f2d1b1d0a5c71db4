import { describe, expect, it } from 'vitest';
import { type AuditEntry, createAuditTrail, retentionOf } from '../../src/gateway/audit/audit.js';
import { type AuditQuery, readAudit, whoIs } from '../../src/gateway/audit/reading.js';
import { silentLog } from '../../src/observability/log.js';
import { MemoryEngine } from '../../src/storage/memory.js';
import { createStore } from '../../src/storage/store.js';
import type { Store } from '../../src/storage/types.js';
import { StoreError } from '../../src/storage/types.js';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 10, 27, 9, 30);

/** A trail whose clock stands still until it is moved. */
function trail(retentionMs: number | 'off' = 90 * 24 * HOUR) {
  const at = { ms: START };
  const now = () => at.ms;
  const engine = new MemoryEngine({ now });
  const store = createStore(engine, undefined, now);
  const audit = createAuditTrail({
    store,
    retentionMs: () => retentionOf(retentionMs),
    now,
    log: silentLog,
    flushAfterMs: 1,
  });
  return { at, store, engine, audit };
}

async function read(store: Store, query: Partial<AuditQuery> = {}): Promise<readonly AuditEntry[]> {
  const found: AuditEntry[] = [];
  for await (const entry of readAudit(store, { sinceMs: 0, order: 'oldest-first', ...query }))
    found.push(entry);
  return found;
}

const outcomes = (entries: readonly AuditEntry[]) => entries.map(({ outcome }) => outcome);

describe('the audit', () => {
  it('is read in order, over hours and days, both ways, from any time on', async () => {
    const { at, audit, store } = trail();
    for (const hours of [0, 0.2, 1, 26, 26, 300]) {
      at.ms = START + hours * HOUR;
      audit.record({ what: 'reload', outcome: `at ${hours}` });
      if (hours !== 0.2) await audit.flush();
    }
    const all = ['at 0', 'at 0.2', 'at 1', 'at 26', 'at 26', 'at 300'];
    expect(outcomes(await read(store))).toEqual(all);
    expect(outcomes(await read(store, { order: 'newest-first' }))).toEqual(all.toReversed());
    expect(outcomes(await read(store, { sinceMs: START + 0.1 * HOUR }))).toEqual(all.slice(1));
    expect(outcomes(await read(store, { sinceMs: START + 100 * HOUR }))).toEqual(['at 300']);
  });

  it('is in the order of its writing within one millisecond too', async () => {
    const { audit, store } = trail();
    const all = Array.from({ length: 12 }, (_, n) => `no. ${n}`);
    for (const outcome of all) {
      audit.record({ what: 'reload', outcome });
      await audit.flush();
    }
    expect(outcomes(await read(store))).toEqual(all);
  });

  it('is found by server, and by person: whoever did it or whose credential it was', async () => {
    const { audit, store } = trail();
    audit.record({ what: 'cancel', outcome: 'a', actor: 'telegram:1', subject: 'ana', server: 'linear' });
    audit.record({ what: 'cancel', outcome: 'b', actor: 'slack:T1/U2', subject: 'shared', server: 'linear' });
    audit.record({ what: 'cancel', outcome: 'c', actor: 'telegram:2', server: 'github' });
    audit.record({ what: 'grant-died', outcome: 'd', subject: 'ana', server: 'github' });
    await audit.flush();
    expect(outcomes(await read(store, { server: 'linear' }))).toEqual(['a', 'b']);
    const people = { ana: ['telegram:1', 'slack:T1/U2'] };
    expect(outcomes(await read(store, { who: whoIs('ANA', people) }))).toEqual(['a', 'b', 'd']);
    expect(outcomes(await read(store, { who: whoIs('telegram:2', people) }))).toEqual(['c']);
    expect(await read(store, { who: whoIs('telegram:22', people) })).toEqual([]);
  });

  it('is written by itself, what happens together in one record', async () => {
    const { audit, store } = trail();
    for (let each = 0; each < 50; each += 1) audit.record({ what: 'refused', outcome: `${each}` });
    await expect.poll(async () => (await read(store)).length).toBe(50);
    expect(await store.records('audit').keys()).toHaveLength(1);
  });

  it('ends with its retention, the record of its hour too', async () => {
    const { at, audit, store } = trail(2 * HOUR);
    audit.record({ what: 'reload', outcome: 'old' });
    await audit.flush();
    at.ms += 2 * HOUR;
    expect(await read(store)).toEqual([]);
    at.ms += HOUR;
    expect(await store.records('audit-hours').keys()).toEqual([]);
  });

  it('is kept of nothing where it is off', async () => {
    const { audit, store } = trail('off');
    audit.record({ what: 'reload', outcome: 'done' });
    await audit.flush();
    expect(await read(store)).toEqual([]);
  });

  it('waits in memory while the store is down, and loses nothing of it', async () => {
    const { audit, store, engine } = trail();
    const write = engine.write.bind(engine);
    engine.write = async () => {
      throw new StoreError('store_unavailable', 'down');
    };
    audit.record({ what: 'reload', outcome: 'first' });
    await audit.flush();
    audit.record({ what: 'reload', outcome: 'second' });
    await audit.flush();
    engine.write = write;
    await expect.poll(async () => outcomes(await read(store))).toEqual(['first', 'second']);
  });

  it('keeps five thousand entries meanwhile, the latest', async () => {
    const { audit, store, engine } = trail();
    const write = engine.write.bind(engine);
    engine.write = async () => {
      throw new StoreError('store_unavailable', 'down');
    };
    for (let each = 0; each < 5_003; each += 1) audit.record({ what: 'refused', outcome: `no. ${each}` });
    await audit.flush();
    engine.write = write;
    await audit.flush();
    const kept = outcomes(await read(store));
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([5_000, 'no. 3', 'no. 5002']);
  });

  it('is found by when it happened, also what waited for hours', async () => {
    const { at, audit, store, engine } = trail();
    const write = engine.write.bind(engine);
    engine.write = async () => {
      throw new StoreError('store_unavailable', 'down');
    };
    for (const hours of [0, 0.1, 2, 2.1, 5]) {
      at.ms = START + hours * HOUR;
      audit.record({ what: 'reload', outcome: `at ${hours}` });
      await audit.flush();
    }
    engine.write = write;
    await audit.flush();
    expect(outcomes(await read(store, { sinceMs: START + 1.5 * HOUR }))).toEqual(['at 2', 'at 2.1', 'at 5']);
    expect(outcomes(await read(store))).toHaveLength(5);
    expect(await store.records('audit').keys()).toHaveLength(3);
  });

  it('passes over a record that cannot be read', async () => {
    const { at, audit, store, engine } = trail();
    audit.record({ what: 'reload', outcome: 'first' });
    await audit.flush();
    at.ms += 1_000;
    audit.record({ what: 'reload', outcome: 'second' });
    await audit.flush();
    const [key = ''] = await store.records('audit').keys();
    const read1 = engine.read.bind(engine);
    engine.read = async (name, asked) => {
      if (name === 'audit' && asked === key) throw new StoreError('record_unreadable', 'damaged');
      return read1(name, asked);
    };
    expect(outcomes(await read(store))).toEqual(['second']);
  });
});
