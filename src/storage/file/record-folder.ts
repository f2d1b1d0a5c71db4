import { type Dirent, readdirSync, statSync } from 'node:fs';
import { rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { live } from '../engine.js';
import { errorCode, unlessAbsent } from '../file-failure.js';
import { keyFolder, recordBeside, recordFileStem, segmentOf } from './names.js';
import { parseRecord, readIfThere, removeExpired, settleAside } from './record-file.js';

/** So long after its end a record is removed: whoever renews a key does it sooner, and needs no luck then. */
const GRACE_MS = 60_000;
/** So old must a file be that a writer, claimer or sweeper seems to have left behind when it died. */
const ORPHAN_MS = 600_000;
const LEFT_BEHIND = /^(.+)\.[0-9a-f-]{36}\.(tmp|claim|aside)$/;
/** An empty folder younger than this may be the one that a writer has just made. */
const EMPTY_MS = 10_000;
const AT_ONCE = 16;

interface Found {
  readonly path: string;
  /** From the file's name; undefined where a part of it is hashed. */
  readonly key: string | undefined;
}

/**
 * The keys of the records of one name: all, or `prefix` and those below it. Removes on the way what expired a while ago and what
 * dead processes left: a listing costs a read for each record anyway, and nothing needs a timer.
 */
export async function listRecords(
  folder: string,
  prefix: string | undefined,
  nowMs: number,
): Promise<readonly string[]> {
  const files: Found[] = [];
  const below = prefix === undefined ? folder : keyFolder(folder, prefix);
  const own = prefix === undefined ? undefined : recordBeside(below);
  if (own !== undefined && isThere(own)) files.push({ path: own, key: prefix });
  if (isThere(below)) await collect(below, prefix, true, files);
  // Most people have nothing under most names, and every command asks.
  if (files.length === 0) return [];
  const keys: string[] = [];
  for (let start = 0; start < files.length; start += AT_ONCE) {
    if (start > 0) await nextTurn();
    const read = await Promise.all(files.slice(start, start + AT_ONCE).map((file) => liveKey(file, nowMs)));
    keys.push(...read.filter((key) => key !== undefined));
  }
  return keys.sort();
}

/** The names whose records are in folders below `root`. */
export async function listNames(root: string): Promise<readonly string[]> {
  const folders = (entriesOf(root) ?? []).filter((entry) => entry.isDirectory());
  return folders
    .map(({ name }) => segmentOf(name))
    .filter((name) => name !== undefined)
    .sort();
}

/** The record's key unless it expired. One that cannot be read is listed: it is there. */
async function liveKey({ path, key }: Found, nowMs: number): Promise<string | undefined> {
  const content = readIfThere(path);
  if (content === undefined) return undefined;
  const record = parseRecord(content);
  if (record === undefined || live(record, nowMs)) return key ?? record?.key;
  if (!live(record, nowMs - GRACE_MS)) await removeExpired(path, nowMs - GRACE_MS);
  return undefined;
}

async function collect(
  folder: string,
  key: string | undefined,
  known: boolean,
  files: Found[],
): Promise<void> {
  const entries = entriesOf(folder);
  if (entries === undefined) return;
  for (const entry of entries) {
    const stem = entry.isDirectory() ? entry.name : recordFileStem(entry.name);
    if (stem === undefined) {
      await settleLeftBehind(folder, entry);
      continue;
    }
    const segment = known ? segmentOf(stem) : undefined;
    const below = segment === undefined || key === undefined ? segment : `${key}/${segment}`;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await collect(path, below, segment !== undefined, files);
    else files.push({ path, key: below });
  }
  if (entries.length === 0) await removeEmpty(folder);
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function entriesOf(folder: string): readonly Dirent[] | undefined {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Only an empty one goes, and not at once: else a writer could lose it as often as it makes it. */
async function removeEmpty(folder: string): Promise<void> {
  const stats = await unlessAbsent(stat(folder));
  if (stats !== undefined && Date.now() - stats.mtimeMs >= EMPTY_MS) await rmdir(folder).catch(() => {});
}

async function settleLeftBehind(folder: string, entry: Dirent): Promise<void> {
  const [, name, kind] = LEFT_BEHIND.exec(entry.name) ?? [];
  if (name === undefined) return;
  const path = join(folder, entry.name);
  const stats = await unlessAbsent(stat(path));
  // The clock of the file system, whatever the store's says.
  if (stats === undefined || Date.now() - stats.ctimeMs < ORPHAN_MS) return;
  if (kind === 'aside') await settleAside(path, join(folder, name), Date.now() - GRACE_MS);
  else await rm(path, { force: true });
}
