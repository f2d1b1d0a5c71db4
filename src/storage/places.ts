import { shownUrl } from './server-url.js';

/** A server that several gateways may share. */
export interface ServerPlace {
  readonly kind: 'redis' | 'postgres';
  /** With the user and password, if it needs some. */
  readonly url: string;
  /** What the names of all that is ours there begin with. */
  readonly prefix?: string;
}

/** Where the config says that records are kept. */
export type StorageKind =
  | { readonly kind: 'memory' }
  | { readonly kind: 'file'; readonly folder: string }
  | ServerPlace;

/** For people: no part of it is a secret. */
export function shownPlace(storage: StorageKind): string {
  switch (storage.kind) {
    case 'memory':
      return 'memory: nothing outlives this process';
    case 'file':
      return storage.folder;
    case 'redis':
    case 'postgres':
      return shownUrl(storage.url);
  }
}
