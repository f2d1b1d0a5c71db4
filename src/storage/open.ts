import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { FileEngine, type FileEngineOptions } from './file.js';
import { MemoryEngine } from './memory.js';
import { createSealer, deriveSecret } from './sealing.js';
import { checkKeys, loadSealingKey, prepareFolder } from './state-folder.js';
import { createStore } from './store.js';
import type { Store } from './types.js';

export type StorageKind = { readonly kind: 'memory' } | { readonly kind: 'file'; readonly folder: string };

export interface OpenStoreOptions extends FileEngineOptions {
  /**
   * Each any text of at least 32 characters: the first seals, all open. Without any, a key file in the state folder
   * is used, and made on the first start.
   */
  readonly sealingKeys?: readonly string[];
}

export interface OpenedStore {
  readonly store: Store;
  /** 32 bytes for the HMACs of the pages: the same after a restart, for as long as the first sealing key is. */
  readonly pageSecret: Uint8Array;
}

/** Other machines may have the same one open: replicas of one gateway. */
export function isShared({ kind }: { readonly kind: string }): boolean {
  return kind !== 'memory' && kind !== 'file';
}

/**
 * Opens the store that the config names.
 *
 * @throws {StoreError} `store_unavailable` when the folder cannot be used, `wrong_key` when its records were sealed
 * with another key. Neither changes anything there.
 */
export async function openStore(
  storage: StorageKind,
  { sealingKeys, ...options }: OpenStoreOptions = {},
): Promise<OpenedStore> {
  if (storage.kind === 'memory') {
    const secret = deriveSecret(randomBytes(32).toString('base64url'), 'pages');
    return { store: createStore(new MemoryEngine(options), undefined, options.now), pageSecret: secret };
  }
  const folder = resolve(storage.folder);
  await prepareFolder(folder);
  const [first, ...others] = sealingKeys ?? [];
  const keys =
    first === undefined ? ([await loadSealingKey(folder)] as const) : ([first, ...others] as const);
  await checkKeys(folder, keys);
  const store = createStore(new FileEngine(folder, options), createSealer(keys), options.now);
  return { store, pageSecret: deriveSecret(keys[0], 'pages') };
}
