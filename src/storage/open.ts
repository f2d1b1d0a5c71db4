import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { SharedEngineOptions } from './engine.js';
import { FileEngine, type FileEngineOptions } from './file/engine.js';
import { checkKeys, formerKeyRemedy, prepareFolder } from './file/state-folder.js';
import { MemoryEngine } from './memory.js';
import { openServer } from './open-server.js';
import { type ServerPlace, type StorageKind, shownPlace } from './places.js';
import { folderKeys, loadFolderKeys } from './sealing/folder-keys.js';
import { type DerivedSecrets, derivedSecrets, type KeySource } from './sealing/key-ring.js';
import { createSealer } from './sealing/sealing.js';
import { checkSharedKeys } from './sealing/shared-keys.js';
import { createStore } from './store.js';
import { type Store, StoreError } from './types.js';

export interface OpenStoreOptions extends FileEngineOptions, SharedEngineOptions {
  /**
   * Each any text of at least 32 characters: the first seals, all open. Without any, a key file in the state folder
   * is used, and made on the first start; a server that is shared needs some.
   */
  readonly sealingKeys?: readonly string[];
}

export interface OpenedStore {
  readonly store: Store;
  /** For the HMACs of the pages, 32 bytes of each sealing key: the same after a restart, and for all who share the keys. */
  readonly pageSecrets: DerivedSecrets;
  /** The clock of all who share the store, in ms since the epoch. */
  readonly now: () => number;
}

/** Other machines may have the same one open: replicas of one gateway. */
export function isShared({ kind }: { readonly kind: string }): boolean {
  return kind !== 'memory' && kind !== 'file';
}

/**
 * Opens the store that the config names.
 *
 * @throws {StoreError} `store_unavailable` when the folder or the server cannot be used, `store_misconfigured` with
 * what to change, `wrong_key` when the records were sealed with another key. None of them changes anything there.
 */
export async function openStore(
  storage: StorageKind,
  { sealingKeys = [], ...options }: OpenStoreOptions = {},
): Promise<OpenedStore> {
  switch (storage.kind) {
    case 'memory':
      return openMemory(options);
    case 'file':
      return openFolder(resolve(storage.folder), sealingKeys, options);
    case 'redis':
    case 'postgres':
      return openShared(storage, sealingKeys, options);
  }
}

function openMemory({ now = Date.now, ...options }: FileEngineOptions): OpenedStore {
  const store = createStore(new MemoryEngine({ now, ...options }), undefined, now);
  const keys = [randomBytes(32).toString('base64url')];
  return { store, pageSecrets: pageSecretsOf(() => keys), now };
}

async function openFolder(
  folder: string,
  sealingKeys: readonly string[],
  { now = Date.now, ...options }: FileEngineOptions,
): Promise<OpenedStore> {
  await prepareFolder(folder);
  const own = sealingKeys.length === 0;
  const keys = own ? await loadFolderKeys(folder) : sealingKeys;
  await checkKeys(folder, keys);
  const source = own ? folderKeys(folder, keys) : () => keys;
  const sealer = createSealer(source, now, formerKeyRemedy(folder));
  const store = createStore(new FileEngine(folder, { now, ...options }), sealer, now);
  return { store, pageSecrets: pageSecretsOf(source), now };
}

async function openShared(
  place: ServerPlace,
  sealingKeys: readonly string[],
  options: SharedEngineOptions,
): Promise<OpenedStore> {
  if (sealingKeys.length === 0) throw keyNeeded(place);
  const engine = await openServer(place, options);
  try {
    await checkSharedKeys(engine, sealingKeys, shownPlace(place));
  } catch (error) {
    await engine.close();
    throw error;
  }
  const store = createStore(engine, createSealer(sealingKeys, engine.now), engine.now);
  return { store, pageSecrets: pageSecretsOf(() => sealingKeys), now: engine.now };
}

const pageSecretsOf = (source: KeySource): DerivedSecrets => derivedSecrets(source, 'pages');

function keyNeeded(place: ServerPlace): StoreError {
  return new StoreError(
    'store_misconfigured',
    `The records in ${shownPlace(place)} need a sealing key that all gateways share: set security.encryption_key, such as "\${ENCRYPTION_KEY}" with what \`openssl rand -base64 32\` prints.`,
  );
}
