import type { Replace, SharedEngine, SharedEngineOptions, StoredRecord } from '../engine.js';
import { LeaseLocks } from '../lease-locks.js';
import type { ServerPlace } from '../places.js';
import type { RecordVersion } from '../record-version.js';
import { ServerClock } from '../server-clock.js';
import { SharedNews } from '../shared-news.js';
import { understandAndTake } from '../take.js';
import { type PostgresLayout, pathOf, postgresLayout } from './layout.js';
import { postgresLeases } from './leases.js';
import { PostgresNotices } from './notices.js';
import { preparePostgres } from './schema.js';
import { PostgresServer, type Row } from './server.js';
import { type PostgresStatements, postgresStatements } from './statements.js';

/** So long after its end a record is kept: which clock is right is decided in one place, by `live`. */
const GRACE_MS = 60_000;
const SWEEP_EVERY_MS = 60_000;
/** How many ended rows one statement deletes. */
const SWEPT_AT_ONCE = 5_000;
/** A payload of NOTIFY has 8000 bytes at most. */
const LONGEST_NOTICE = 7_900;

interface Parts {
  readonly server: PostgresServer;
  readonly layout: PostgresLayout;
  readonly news: SharedNews;
  readonly notices: PostgresNotices;
  readonly clock: ServerClock;
}

/**
 * Keeps records in a table of PostgreSQL, in the order of their names and paths. Each change is one statement, which
 * tells the others of it in the same transaction: whoever sees the change has heard of it, or will.
 */
export class PostgresEngine implements SharedEngine {
  readonly now: () => number;
  readonly #parts: Parts;
  readonly #sql: PostgresStatements;
  readonly #locks: LeaseLocks;
  #sweptAtMs: number;

  private constructor(parts: Parts, { leaseMs = 20_000, lockWaitMs = 60_000 }: SharedEngineOptions) {
    this.#parts = parts;
    this.#sql = postgresStatements(parts.layout);
    this.now = parts.clock.now;
    this.#sweptAtMs = this.now();
    const leases = postgresLeases(parts.server, parts.layout);
    this.#locks = new LeaseLocks(leases, { leaseMs, waitMs: lockWaitMs });
  }

  /** @throws {StoreError} within seconds, when PostgreSQL cannot be reached or used */
  static async open(
    { url, prefix }: Pick<ServerPlace, 'url' | 'prefix'>,
    options: SharedEngineOptions = {},
  ): Promise<PostgresEngine> {
    const server = await PostgresServer.open(url, options.openWaitMs ?? 10_000);
    const layout = postgresLayout(prefix);
    const news = new SharedNews();
    const notices = new PostgresNotices(server, layout.channel, news);
    const clock = new ServerClock(options.now ?? Date.now, () => timeOf(server));
    const engine = new PostgresEngine({ server, layout, news, notices, clock }, options);
    try {
      await preparePostgres(server, layout);
      await notices.start();
      await clock.start();
      return engine;
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  async read(name: string, key: string): Promise<StoredRecord | undefined> {
    const [row] = await this.#rows(`read a record of ${name}`, this.#sql.read, [name, pathOf(key)]);
    return row && recordOf(row);
  }

  version(name: string, key: string): RecordVersion | undefined {
    return this.#parts.news.version(name, key);
  }

  async write(name: string, key: string, record: StoredRecord): Promise<void> {
    await this.#change(this.#sql.write, `write a record of ${name}`, name, key, writing(key, record));
    if (record.expiresAtMs !== undefined) this.#sweep();
  }

  remove(name: string, key: string): Promise<boolean> {
    return this.#change(this.#sql.remove, `delete a record of ${name}`, name, key, []);
  }

  take<T>(
    name: string,
    key: string,
    understand: (record: StoredRecord) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const doing = `claim a record of ${name}`;
    return understandAndTake({
      read: () => this.read(name, key),
      removeSame: (seen) => this.#change(this.#sql.removeSame, doing, name, key, [seen.text]),
      understand,
    });
  }

  async replace(...[name, key, seen, record]: Parameters<Replace>): Promise<boolean> {
    const [statement, last] = seen === undefined ? [this.#sql.add, []] : [this.#sql.replaceSame, [seen.text]];
    const given = [...writing(key, record), ...last];
    const replaced = await this.#change(statement, `replace a record of ${name}`, name, key, given);
    if (replaced && record.expiresAtMs !== undefined) this.#sweep();
    return replaced;
  }

  replacing<T>(work: (replace: Replace) => Promise<T>): Promise<T> {
    return work((...given) => this.replace(...given));
  }

  async keys(name: string, prefix?: string): Promise<readonly string[]> {
    const doing = `list the records of ${name}`;
    const nowMs = this.now();
    if (prefix === undefined) return keysOf(await this.#rows(doing, this.#sql.listAll, [name, nowMs]));
    const path = pathOf(prefix);
    return keysOf(await this.#rows(doing, this.#sql.listBelow, [name, nowMs, path]));
  }

  async names(): Promise<readonly string[]> {
    const rows = await this.#rows('list the records', this.#sql.names);
    return rows.map(({ name }) => String(name)).sort();
  }

  lock<T>(name: string, work: (lease: AbortSignal) => Promise<T>): Promise<T> {
    return this.#locks.hold(name, work);
  }

  async watch(name: string, changed: (key: string) => void): Promise<() => void> {
    this.#parts.notices.check(`watch the records of ${name}`);
    return this.#parts.news.listen(name, changed);
  }

  async close(): Promise<void> {
    this.#parts.clock.stop();
    this.#parts.news.close();
    await this.#parts.notices.close();
    await this.#parts.server.close();
  }

  #rows(doing: string, ...asked: readonly [Parameters<PostgresServer['rows']>[1], Values?]) {
    return this.#parts.server.rows(doing, ...asked);
  }

  async #change(
    statement: PostgresStatements[keyof PostgresStatements],
    doing: string,
    name: string,
    key: string,
    given: Values,
  ): Promise<boolean> {
    const { layout, news } = this.#parts;
    const values = [name, pathOf(key), layout.channel, news.notice(name, key, LONGEST_NOTICE), ...given];
    const rows = await this.#rows(doing, statement, values).catch((error: unknown) => {
      // The notice of what was done all the same comes to the others alone.
      news.perhaps(name, key);
      throw error;
    });
    const changed = rows.length > 0;
    if (changed) news.changed(name, key);
    return changed;
  }

  /** Once a minute at most, when something with an end is written: what ended must not pile up. */
  #sweep(): void {
    const nowMs = this.now();
    if (nowMs - this.#sweptAtMs < SWEEP_EVERY_MS) return;
    this.#sweptAtMs = nowMs;
    this.#deleteEnded(nowMs - GRACE_MS).catch(() => {});
  }

  async #deleteEnded(limitMs: number): Promise<void> {
    for (;;) {
      const gone = await this.#rows('clear what ended', this.#sql.deleteEnded, [limitMs, SWEPT_AT_ONCE]);
      if (gone.length < SWEPT_AT_ONCE) break;
    }
    await this.#rows('clear what ended', this.#sql.deleteLeases);
  }
}

async function timeOf(server: PostgresServer): Promise<number> {
  const text = 'SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms';
  const [row] = await server.rows('ask for the time', { text });
  return Number(row?.ms);
}

type Values = readonly (string | number | null)[];

function writing(key: string, { text, expiresAtMs = null }: Writing): Values {
  return [text, pathOf(key) === key ? null : Buffer.from(key).toString('hex'), expiresAtMs];
}

type Writing = Pick<StoredRecord, 'text'> & { readonly expiresAtMs?: number | null };

function recordOf({ sealed, ends_at: end }: Row): StoredRecord {
  return end === null ? { text: String(sealed) } : { text: String(sealed), expiresAtMs: Number(end) };
}

function keysOf(rows: readonly Row[]): readonly string[] {
  return rows
    .map(({ path, own_key: ownKey }) => (Buffer.isBuffer(ownKey) ? String(ownKey) : String(path)))
    .sort();
}
