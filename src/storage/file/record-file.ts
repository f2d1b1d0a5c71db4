import { randomUUID } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { link, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { live, type StoredRecord } from '../engine.js';
import { errorCode } from '../file-failure.js';
import { StoreError } from '../types.js';
import { type ChangingStep, syncFolder } from './durable-file.js';

/** A record in its file: the key and the expiry on the first line, in the clear; the sealed text on the second. */
export interface RecordFile extends StoredRecord {
  readonly key: string;
}

export function formatRecord(key: string, { text, expiresAtMs }: StoredRecord): string {
  return `${JSON.stringify({ key, expiresAtMs })}\n${text}\n`;
}

/** Undefined where the file is not a whole record. */
export function parseRecord(content: string): RecordFile | undefined {
  const [first, text, rest] = content.split('\n', 3);
  if (first === undefined || text === undefined || rest !== '') return undefined;
  try {
    const { key, expiresAtMs } = JSON.parse(first) as { key?: unknown; expiresAtMs?: unknown };
    if (typeof key !== 'string') return undefined;
    if (expiresAtMs === undefined) return { key, text };
    return typeof expiresAtMs === 'number' ? { key, text, expiresAtMs } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The whole of a small file; undefined where there is none. Read without a detour: what a thread of the pool costs for
 * each file is ten times the reading itself, and a command reads several.
 */
export function readIfThere(path: string): string | undefined {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** @throws {StoreError} `record_unreadable` when the file is damaged, or holds another key's record. */
export async function readRecord(path: string, key: string): Promise<StoredRecord | undefined> {
  const content = readIfThere(path);
  if (content === undefined) return undefined;
  const record = parseRecord(content);
  if (record?.key === key) return record;
  const why = record === undefined ? 'is damaged' : 'holds the record of another key';
  throw new StoreError(
    'record_unreadable',
    `The file ${path} ${why}. It was left as it is; restore it, or delete it to start over.`,
  );
}

/**
 * Of all who try, in all processes, one gets the record: `rename` succeeds once. A process that dies between the
 * rename and its answer takes the record with it, which is right: at most once.
 */
export async function takeRecord<T>(
  path: string,
  key: string,
  understand: (record: StoredRecord) => Promise<T | undefined>,
  step: ChangingStep,
): Promise<T | undefined> {
  const seen = await readRecord(path, key);
  const value = seen && (await understand(seen));
  if (value === undefined) return undefined;
  const claimed = `${path}.${randomUUID()}.claim`;
  if (!(await step(() => movedAside(path, claimed)))) return undefined;
  const taken = await understandClaimed(claimed, path, key, (record) =>
    record.text === seen?.text ? Promise.resolve(value) : understand(record),
  );
  await rm(claimed, { force: true });
  await syncFolder(dirname(path));
  return taken;
}

/** What was renamed may have been written after what was read: then it must make sense too, or go back. */
async function understandClaimed<T>(
  claimed: string,
  path: string,
  key: string,
  understand: (record: StoredRecord) => Promise<T | undefined>,
): Promise<T | undefined> {
  try {
    const record = await readRecord(claimed, key);
    return record && (await understand(record));
  } catch (error) {
    await putBack(claimed, path);
    throw error;
  }
}

/**
 * Removes a record that expired before `limitMs`. Whoever writes the same key meanwhile loses nothing: the file is
 * moved aside, looked at again, and put back unless a still newer one stands in its place.
 */
export async function removeExpired(path: string, limitMs: number): Promise<void> {
  const aside = `${path}.${randomUUID()}.aside`;
  if (await movedAside(path, aside)) await settleAside(aside, path, limitMs);
}

/** Also for one that a process left behind when it died half-way. */
export async function settleAside(aside: string, path: string, limitMs: number): Promise<void> {
  const content = readIfThere(aside);
  const record = content === undefined ? undefined : parseRecord(content);
  if (record && !live(record, limitMs)) await rm(aside, { force: true });
  else await putBack(aside, path);
}

async function putBack(aside: string, path: string): Promise<void> {
  try {
    await link(aside, path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    if (errorCode(error) !== 'EEXIST') throw error;
  }
  await rm(aside, { force: true });
}

async function movedAside(path: string, aside: string): Promise<boolean> {
  try {
    await rename(path, aside);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
