import { accessSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ChangeNews } from '../change-news.js';
import type { Engine, Replace, StoredRecord } from '../engine.js';
import { errorCode, inFolder } from '../file-failure.js';
import { RecentlyUsed } from '../recently-used.js';
import { fileVersion, type RecordVersion } from '../record-version.js';
import { ChangeJournal } from './change-journal.js';
import { type ChangingStep, makeFolders, syncFolder, writeDurably } from './durable-file.js';
import { FileLocks } from './lock.js';
import { recordPath, segmentName } from './names.js';
import { formatRecord, readRecord, takeRecord } from './record-file.js';
import { listNames, listRecords } from './record-folder.js';
import { FileReplacing } from './replacing.js';
import { SweepPace } from './sweep-pace.js';

export interface FileEngineOptions {
  readonly now?: () => number;
  /** A lock's holder that gives no sign of life for so long is taken for dead. At least 2 s. */
  readonly leaseMs?: number;
  /** How long `lock` waits for its turn. */
  readonly lockWaitMs?: number;
  /** How long `replacing` waits for changes that began before it. */
  readonly settleMs?: number;
}

/** Of so many records the paths are kept, for those who ask for versions: making one takes longer than the asking. */
const MOST_PATHS = 5_000;

/**
 * Keeps each record in a file of its own, in folders named like its key: reading, writing and claiming one touches no
 * other, and listing a person's touches no other person's. Processes may share the folder.
 */
export class FileEngine implements Engine {
  readonly #records: string;
  readonly #locks: FileLocks;
  readonly #replacing: FileReplacing;
  readonly #journal: ChangeJournal;
  readonly #news = new ChangeNews();
  readonly #stops = new Set<() => void>();
  readonly #paths = new Map<string, RecentlyUsed<string>>();
  readonly #pace: SweepPace;
  readonly #now: () => number;
  #sweeping: Promise<unknown> = Promise.resolve();

  /** @param folder prepared by `prepareFolder` */
  constructor(
    private readonly folder: string,
    { now = Date.now, leaseMs = 20_000, lockWaitMs = 60_000, settleMs = 2_000 }: FileEngineOptions = {},
  ) {
    this.#now = now;
    this.#pace = new SweepPace(now());
    this.#records = join(folder, 'records');
    this.#journal = new ChangeJournal(join(folder, 'changes'));
    this.#locks = new FileLocks(join(folder, 'locks'), { leaseMs, waitMs: lockWaitMs });
    this.#replacing = new FileReplacing(folder, this.#locks, settleMs);
  }

  read(name: string, key: string): Promise<StoredRecord | undefined> {
    return this.#doing(`read a record of ${name}`, async () => {
      // The reading itself takes no turn of the event loop: whoever reads on and on must not keep the others waiting.
      await nextTurn();
      return this.#orGone(readRecord(recordPath(this.#of(name), key), key));
    });
  }

  version(name: string, key: string): RecordVersion | undefined {
    return fileVersion(this.#pathOf(name, key));
  }

  async write(name: string, key: string, record: StoredRecord): Promise<void> {
    const path = recordPath(this.#of(name), key);
    await this.#doing(`write a record of ${name}`, () =>
      inFolders(this.#records, path, () =>
        writeDurably(path, formatRecord(key, record), this.#step(name, key)),
      ),
    );
    await this.#changed(name, key);
    if (record.expiresAtMs !== undefined) this.#sweep(name);
  }

  async remove(name: string, key: string): Promise<boolean> {
    const path = recordPath(this.#of(name), key);
    const removed = await this.#doing(`delete a record of ${name}`, async () => {
      if (await removeFile(path, this.#step(name, key))) return true;
      this.#mustBeThere();
      return false;
    });
    if (removed) await this.#changed(name, key);
    return removed;
  }

  async take<T>(
    name: string,
    key: string,
    understand: (record: StoredRecord) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const path = recordPath(this.#of(name), key);
    const taken = await this.#doing(`claim a record of ${name}`, () =>
      this.#orGone(takeRecord(path, key, understand, this.#step(name, key))),
    );
    if (taken !== undefined) await this.#changed(name, key);
    return taken;
  }

  replacing<T>(work: (replace: Replace) => Promise<T>): Promise<T> {
    return this.#doing('replace records', () =>
      this.#replacing.replacing((...given) => this.replace(...given), work),
    );
  }

  async replace(...[name, key, seen, record]: Parameters<Replace>): Promise<boolean> {
    const path = recordPath(this.#of(name), key);
    const replaced = await this.#doing(`replace a record of ${name}`, () =>
      this.#replacing.alone(name, key, async () => {
        if ((await readRecord(path, key))?.text !== seen?.text) return false;
        await inFolders(this.#records, path, () => writeDurably(path, formatRecord(key, record)));
        return true;
      }),
    );
    if (replaced) await this.#changed(name, key);
    if (replaced && record.expiresAtMs !== undefined) this.#sweep(name);
    return replaced;
  }

  names(): Promise<readonly string[]> {
    return this.#doing('list the records', () => listNames(this.#records));
  }

  keys(name: string, prefix?: string): Promise<readonly string[]> {
    return this.#doing(`list the records of ${name}`, async () => {
      await nextTurn();
      const keys = await listRecords(this.#of(name), prefix, this.#now());
      if (keys.length === 0) this.#mustBeThere();
      return keys;
    });
  }

  async lock<T>(name: string, work: (lease: AbortSignal) => Promise<T>): Promise<T> {
    const held = await this.#doing(`lock ${name}`, () => this.#locks.acquire(name));
    try {
      return await work(held.lease);
    } finally {
      await held.end();
    }
  }

  async watch(name: string, changed: (key: string) => void): Promise<() => void> {
    const own = new ChangeNews();
    own.listen(name, changed);
    const tell = (key: string) => own.tell(name, key);
    const stopJournal = await this.#doing(`watch the records of ${name}`, () =>
      this.#journal.follow(name, tell),
    );
    const stopNews = this.#news.listen(name, tell);
    const stop = () => {
      own.clear();
      stopNews();
      stopJournal();
      this.#stops.delete(stop);
    };
    this.#stops.add(stop);
    return stop;
  }

  async close(): Promise<void> {
    for (const stop of [...this.#stops]) stop();
    await this.#sweeping;
  }

  #of(name: string): string {
    return this.#records + sep + segmentName(name);
  }

  #pathOf(name: string, key: string): string {
    const paths = this.#paths.get(name) ?? new RecentlyUsed<string>(MOST_PATHS);
    this.#paths.set(name, paths);
    const known = paths.get(key);
    if (known !== undefined) return known;
    const path = recordPath(this.#of(name), key);
    paths.set(key, path);
    return path;
  }

  #doing<T>(what: string, work: () => Promise<T>): Promise<T> {
    return inFolder(this.folder, what, work);
  }

  /** Absent records and an absent folder (an unmounted volume) look alike: only the first is "not found". */
  async #orGone<T>(found: Promise<T | undefined>): Promise<T | undefined> {
    const there = await found;
    if (there === undefined) this.#mustBeThere();
    return there;
  }

  #mustBeThere(): void {
    accessSync(this.#records);
  }

  #step(name: string, key: string): ChangingStep {
    return (change) => this.#replacing.step(name, key, change);
  }

  /** The record is safe by now: news that cannot be spread must not make its writer believe that it is not. */
  async #changed(name: string, key: string): Promise<void> {
    this.#news.tell(name, key);
    await this.#journal.add(name, key).catch(() => {});
  }

  /** A listing removes what expired; where records with an end are written, there is one now and then. */
  #sweep(name: string): void {
    const nowMs = this.#now();
    if (!this.#pace.begin(name, nowMs)) return;
    const beganMs = performance.now();
    const swept = listRecords(this.#of(name), undefined, nowMs)
      .catch(() => {})
      .finally(() => this.#pace.ended(name, this.#now(), performance.now() - beganMs));
    this.#sweeping = Promise.all([this.#sweeping, swept]);
  }
}

/**
 * Folders are made when one is missing, and again when a listing takes an empty one away just then: be it before the
 * file is in it, or before the folder below it is.
 */
async function inFolders(root: string, path: string, write: () => Promise<void>): Promise<void> {
  let making = false;
  for (let triesLeft = 3; ; triesLeft--) {
    try {
      if (making) await makeFolders(root, dirname(path));
      return await write();
    } catch (error) {
      if (errorCode(error) !== 'ENOENT' || triesLeft === 0) throw error;
      making = true;
    }
  }
}

async function removeFile(path: string, step: ChangingStep): Promise<boolean> {
  try {
    await step(() => rm(path));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
  await syncFolder(dirname(path));
  return true;
}
