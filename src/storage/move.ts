import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type CopyOptions, type CopyReport, copyRecords } from './copy.js';
import type { Engine, SharedEngineOptions } from './engine.js';
import { FileEngine } from './file/engine.js';
import { notedKeyId, noteKeyId, prepareFolder } from './file/state-folder.js';
import { unlessAbsent } from './file-failure.js';
import { openServer } from './open-server.js';
import { type StorageKind, shownPlace } from './places.js';
import { noteSealedBy, sealedBy } from './sealing/shared-keys.js';
import { StoreError } from './types.js';

/** Records somewhere, and the id of the key that those who start there must have. */
interface OpenPlace {
  readonly engine: Engine;
  readonly now: () => number;
  sealedBy(): Promise<string | undefined>;
  noteSealedBy(id: string): Promise<void>;
}

export interface MoveOptions extends Omit<CopyOptions, 'now'>, Pick<SharedEngineOptions, 'openWaitMs'> {
  /** Of the file engine. */
  readonly settleMs?: number;
}

/**
 * Copies all records from one storage to another; see `copyRecords`. The target asks from then on for the key that the
 * records are sealed with.
 *
 * @throws {StoreError}
 */
export async function moveRecords(
  from: StorageKind,
  to: StorageKind,
  options: MoveOptions,
): Promise<CopyReport> {
  if (from.kind === 'file') await mustBeThere(from.folder);
  const source = await openPlace(from, options);
  try {
    const target = await openPlace(to, options);
    try {
      const report = await copyRecords(source.engine, target.engine, { ...options, now: target.now });
      const id = await source.sealedBy();
      if (id !== undefined && (await target.sealedBy()) === undefined) await target.noteSealedBy(id);
      return report;
    } finally {
      await target.engine.close();
    }
  } finally {
    await source.engine.close();
  }
}

async function openPlace(storage: StorageKind, options: MoveOptions): Promise<OpenPlace> {
  switch (storage.kind) {
    case 'memory':
      throw new StoreError(
        'store_misconfigured',
        'storage: memory cannot be copied: it ends with its process.',
      );
    case 'file': {
      const folder = resolve(storage.folder);
      await prepareFolder(folder);
      return {
        engine: new FileEngine(folder, options),
        now: Date.now,
        sealedBy: () => notedKeyId(folder),
        noteSealedBy: (id) => noteKeyId(folder, id),
      };
    }
    case 'redis':
    case 'postgres': {
      const engine = await openServer(storage, options);
      return {
        engine,
        now: engine.now,
        sealedBy: () => sealedBy(engine),
        noteSealedBy: (id) => noteSealedBy(engine, id),
      };
    }
  }
}

/** A mistyped name must not look like a storage without records. */
async function mustBeThere(folder: string): Promise<void> {
  if (await unlessAbsent(stat(join(folder, 'records')))) return;
  throw new StoreError(
    'store_unavailable',
    `${shownPlace({ kind: 'file', folder })} is no state folder of a gateway.`,
  );
}
