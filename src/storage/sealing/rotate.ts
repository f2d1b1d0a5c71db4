import { resolve } from 'node:path';
import type { SharedEngineOptions } from '../engine.js';
import { FileEngine } from '../file/engine.js';
import { checkKeys, prepareFolder } from '../file/state-folder.js';
import { openServer } from '../open-server.js';
import { type ServerPlace, type StorageKind, shownPlace } from '../places.js';
import { StoreError } from '../types.js';
import { addFolderKey, dropFolderKeys, loadFolderKeys } from './folder-keys.js';
import { type ResealOptions, type ResealReport, resealAll } from './reseal.js';
import { createSealer } from './sealing.js';
import { checkSharedKeys } from './shared-keys.js';

export interface RotationOptions extends Omit<ResealOptions, 'now'>, SharedEngineOptions {
  /** Those of the config, the new one in front. Without any, the key file in the state folder gets a new key. */
  readonly sealingKeys?: readonly string[];
  /** Of the file engine. */
  readonly settleMs?: number;
}

export interface RotationReport extends ResealReport {
  /** False where records may still need an old key: it is to be kept, and this to be run again. */
  readonly done: boolean;
}

/**
 * Seals every record with the new key, while gateways go on. Runs again where it was cut short. What it cannot read
 * stays as it is.
 *
 * @throws {StoreError}
 */
export async function rotateKeys(storage: StorageKind, options: RotationOptions): Promise<RotationReport> {
  switch (storage.kind) {
    case 'memory':
      throw new StoreError(
        'store_misconfigured',
        'storage: memory seals nothing: there is no key to rotate.',
      );
    case 'file':
      return rotateFolder(resolve(storage.folder), options);
    case 'redis':
    case 'postgres':
      return rotateServer(storage, options);
  }
}

async function rotateFolder(folder: string, options: RotationOptions): Promise<RotationReport> {
  const { now = Date.now, settleMs } = options;
  await prepareFolder(folder);
  const engine = new FileEngine(folder, { now, ...(settleMs === undefined ? {} : { settleMs }) });
  try {
    // One after the other: of two that add a key at once, one would seal with a key that the other's file has not.
    return await engine.lock('keys-rotate', () => rotateUnderLock(folder, engine, { ...options, now }));
  } finally {
    await engine.close();
  }
}

async function rotateUnderLock(
  folder: string,
  engine: FileEngine,
  options: RotationOptions & Pick<ResealOptions, 'now'>,
): Promise<RotationReport> {
  const { sealingKeys = [], now } = options;
  const own = sealingKeys.length === 0;
  await checkKeys(folder, own ? await loadFolderKeys(folder) : sealingKeys);
  const keys = own ? await addFolderKey(folder) : sealingKeys;
  await checkKeys(folder, keys);
  const report = reportOf(await resealAll(engine, createSealer(keys, now), options));
  if (own && report.done) await dropFolderKeys(folder, keys);
  return report;
}

async function rotateServer(place: ServerPlace, options: RotationOptions): Promise<RotationReport> {
  const { sealingKeys = [] } = options;
  const engine = await openServer(place, options);
  try {
    const sealer = createSealer(sealingKeys, engine.now);
    await checkSharedKeys(engine, sealingKeys, shownPlace(place));
    return reportOf(await resealAll(engine, sealer, { ...options, now: engine.now }));
  } finally {
    await engine.close();
  }
}

function reportOf(report: ResealReport): RotationReport {
  return { ...report, done: report.settled && report.unread.length === 0 };
}
