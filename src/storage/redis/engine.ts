import {
  live,
  type Replace,
  type SharedEngine,
  type SharedEngineOptions,
  type StoredRecord,
} from '../engine.js';
import { LeaseLocks } from '../lease-locks.js';
import type { ServerPlace } from '../places.js';
import type { RecordVersion } from '../record-version.js';
import { ServerClock } from '../server-clock.js';
import { SharedNews } from '../shared-news.js';
import { understandAndTake } from '../take.js';
import { formatContent, parseContent, RedisLayout, rangesOf } from './layout.js';
import { redisLeases } from './leases.js';
import * as scripts from './scripts.js';
import { RedisServer, texts } from './server.js';

/** So long after its end a record is kept: which clock is right is decided in one place, by `live`. */
const GRACE_MS = 60_000;
const SWEEP_EVERY_MS = 60_000;
/** How many keys one script looks at: Redis does nothing else meanwhile. */
const PAGE = 1_000;

/**
 * Keeps records in Redis: each a string, its key in a sorted set of its name, in the order of bytes, so that listing one
 * person's costs the same however many people there are. Changes are single scripts: all of each happens, or nothing.
 */
export class RedisEngine implements SharedEngine {
  readonly now: () => number;
  readonly #server: RedisServer;
  readonly #news: SharedNews;
  readonly #clock: ServerClock;
  readonly #layout: RedisLayout;
  readonly #channel: string;
  readonly #locks: LeaseLocks;
  readonly #sweptAtMs = new Map<string, number>();

  private constructor(
    { url, prefix }: Pick<ServerPlace, 'url' | 'prefix'>,
    parts: { readonly server: RedisServer; readonly news: SharedNews; readonly clock: ServerClock },
    { leaseMs = 20_000, lockWaitMs = 60_000 }: SharedEngineOptions,
  ) {
    this.#server = parts.server;
    this.#news = parts.news;
    this.#clock = parts.clock;
    this.now = parts.clock.now;
    this.#layout = new RedisLayout(prefix);
    this.#channel = this.#layout.channel(url);
    const leases = redisLeases(parts.server, this.#layout.prefix);
    this.#locks = new LeaseLocks(leases, { leaseMs, waitMs: lockWaitMs });
  }

  /** @throws {StoreError} within seconds, when Redis cannot be reached or used */
  static async open(
    place: Pick<ServerPlace, 'url' | 'prefix'>,
    options: SharedEngineOptions = {},
  ): Promise<RedisEngine> {
    const news = new SharedNews();
    const channel = new RedisLayout(place.prefix).channel(place.url);
    const { openWaitMs = 10_000 } = options;
    const server = await RedisServer.open({ url: place.url, channel, openWaitMs }, news);
    const clock = new ServerClock(options.now ?? Date.now, () => server.time());
    await clock.start();
    return new RedisEngine(place, { server, news, clock }, options);
  }

  async read(name: string, key: string): Promise<StoredRecord | undefined> {
    const command = ['GET', this.#layout.record(name, key)];
    const content = await this.#server.send(`read a record of ${name}`, command);
    return typeof content === 'string' ? parseContent(content) : undefined;
  }

  version(name: string, key: string): RecordVersion | undefined {
    return this.#news.version(name, key);
  }

  async write(name: string, key: string, record: StoredRecord): Promise<void> {
    const given = this.#writing(name, record);
    await this.#change(scripts.WRITE, `write a record of ${name}`, name, key, given);
    if (record.expiresAtMs !== undefined) this.#sweep(name);
  }

  remove(name: string, key: string): Promise<boolean> {
    return this.#change(scripts.REMOVE, `delete a record of ${name}`, name, key, []);
  }

  take<T>(
    name: string,
    key: string,
    understand: (record: StoredRecord) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const doing = `claim a record of ${name}`;
    return understandAndTake({
      read: () => this.read(name, key),
      removeSame: (seen) => this.#change(scripts.REMOVE_SAME, doing, name, key, [formatContent(seen)]),
      understand,
    });
  }

  replace(...[name, key, seen, record]: Parameters<Replace>): Promise<boolean> {
    const given = [...this.#writing(name, record), ...(seen === undefined ? [] : [formatContent(seen)])];
    return this.#change(scripts.REPLACE, `replace a record of ${name}`, name, key, given);
  }

  replacing<T>(work: (replace: Replace) => Promise<T>): Promise<T> {
    return work((...given) => this.replace(...given));
  }

  async keys(name: string, prefix?: string): Promise<readonly string[]> {
    const nowMs = this.now();
    const found: string[] = [];
    for (const [from, to] of rangesOf(prefix)) {
      for await (const page of this.#pages(name, from, to)) {
        for (const { key, ...end } of page) if (live(end, nowMs)) found.push(key);
      }
    }
    return found.sort();
  }

  async names(): Promise<readonly string[]> {
    const names = await this.#server.send('list the records', ['SMEMBERS', this.#layout.names()]);
    return texts(names).toSorted();
  }

  lock<T>(name: string, work: (lease: AbortSignal) => Promise<T>): Promise<T> {
    return this.#locks.hold(name, work);
  }

  async watch(name: string, changed: (key: string) => void): Promise<() => void> {
    // Where a command is answered, notices come.
    await this.#server.send(`watch the records of ${name}`, ['PING']);
    return this.#news.listen(name, changed);
  }

  async close(): Promise<void> {
    this.#clock.stop();
    this.#news.close();
    await this.#server.close();
  }

  #writing(name: string, record: StoredRecord): readonly string[] {
    const { expiresAtMs } = record;
    if (expiresAtMs === undefined) return [name, formatContent(record), '', ''];
    const keepMs = Math.max(1, Math.ceil(expiresAtMs - this.now()) + GRACE_MS);
    return [name, formatContent(record), String(keepMs), String(expiresAtMs)];
  }

  async #change(
    script: scripts.RedisScript,
    doing: string,
    name: string,
    key: string,
    given: readonly string[],
  ): Promise<boolean> {
    const { record, keys, ends, names } = this.#placesOf(name, key);
    const args = [key, this.#channel, this.#news.notice(name, key), ...given];
    const changed = (await this.#server.run(doing, script, [record, keys, ends, names], args)) === 1;
    if (changed) this.#news.changed(name, key);
    return changed;
  }

  #placesOf(name: string, key: string): Readonly<Record<'record' | 'keys' | 'ends' | 'names', string>> {
    return {
      record: this.#layout.record(name, key),
      keys: this.#layout.keys(name),
      ends: this.#layout.ends(name),
      names: this.#layout.names(),
    };
  }

  async *#pages(name: string, from: string, to: string): AsyncGenerator<readonly ListedKey[]> {
    const places = [this.#layout.keys(name), this.#layout.ends(name)];
    for (let next = from; ; ) {
      const args = [next, to, String(PAGE)];
      const page = listedKeys(
        await this.#server.run(`list the records of ${name}`, scripts.LIST, places, args),
      );
      yield page;
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      next = `(${last.key}`;
    }
  }

  /** Redis lets go of what ended by itself; the sorted sets are ours to clear, once a minute, where they grow. */
  #sweep(name: string): void {
    const nowMs = this.now();
    if (nowMs - (this.#sweptAtMs.get(name) ?? 0) < SWEEP_EVERY_MS) return;
    this.#sweptAtMs.set(name, nowMs);
    this.#forgetEnded(name, nowMs - GRACE_MS).catch(() => {});
  }

  async #forgetEnded(name: string, limitMs: number): Promise<void> {
    const places = [this.#layout.keys(name), this.#layout.ends(name)];
    const args = [String(limitMs), String(PAGE)];
    while ((await this.#server.run('clear what ended', scripts.FORGET_ENDED, places, args)) === PAGE);
  }
}

interface ListedKey {
  readonly key: string;
  readonly expiresAtMs?: number;
}

function listedKeys(reply: unknown): readonly ListedKey[] {
  const [keys, ends] = reply as readonly [readonly string[], readonly (string | null)[]];
  return keys.map((key, index) => {
    const end = ends[index];
    return typeof end === 'string' ? { key, expiresAtMs: Number(end) } : { key };
  });
}
