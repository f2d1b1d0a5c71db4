import { createHash, hkdfSync, type webcrypto } from 'node:crypto';
import { StoreError } from '../types.js';

/** Below this a key is a password, and passwords need a slow derivation. */
export const SHORTEST_KEY = 32;

/** All keys there are: the first seals, all open. The same list for as long as they are the same. */
export type KeySource = () => readonly string[];

type ImportedKey = () => Promise<webcrypto.CryptoKey>;

/**
 * 32 bytes that serve one purpose and tell nothing about those for another (RFC 5869). The same key and purpose
 * always give the same bytes.
 *
 * @param key any text of at least 32 characters
 */
export function deriveSecret(key: string, purpose: string): Uint8Array {
  if (key.length < SHORTEST_KEY) {
    throw new StoreError(
      'wrong_key',
      `A sealing key needs at least ${SHORTEST_KEY} characters; this one has ${key.length}.`,
    );
  }
  return new Uint8Array(hkdfSync('sha256', key, '', `mcp-chat-gateway/${purpose}`, 32));
}

/**
 * What each key gives for one purpose, in their order: the first is for what is made now, all for what was made before.
 * To be asked each time, because keys change while gateways run.
 */
export type DerivedSecrets = () => readonly [Uint8Array, ...Uint8Array[]];

export function derivedSecrets(source: KeySource, purpose: string): DerivedSecrets {
  const derive = ([first, ...others]: readonly string[]): ReturnType<DerivedSecrets> => {
    if (first === undefined) throw noKey();
    return [deriveSecret(first, purpose), ...others.map((key) => deriveSecret(key, purpose))];
  };
  let keys = source();
  let secrets = derive(keys);
  return () => {
    const current = source();
    if (current !== keys) secrets = derive(current);
    keys = current;
    return secrets;
  };
}

/** Names a key without telling it: the `kid` of what it sealed (RFC 7516 §4.1.6). */
export function keyId(key: string): string {
  return createHash('sha256').update(deriveSecret(key, 'records')).digest('base64url').slice(0, 12);
}

/** Keys by their ids, each imported when it is first needed. */
export class KeyRing {
  #keys: readonly string[] = [];
  #byId = new Map<string, ImportedKey>();

  constructor(private readonly source: KeySource) {
    this.#look();
    if (this.#keys.length === 0) throw noKey();
  }

  first(): { readonly id: string; readonly key: ImportedKey } {
    this.#look();
    for (const [id, key] of this.#byId) return { id, key };
    throw noKey();
  }

  find(id: string): ImportedKey | undefined {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    this.#look();
    return this.#byId.get(id);
  }

  #look(): void {
    const keys = this.source();
    if (keys === this.#keys || keys.length === 0) return;
    const former = this.#byId;
    this.#byId = new Map(
      keys.map((key) => [keyId(key), former.get(keyId(key)) ?? once(() => importKey(key))]),
    );
    this.#keys = keys;
  }
}

function noKey(): StoreError {
  return new StoreError('wrong_key', 'At least one sealing key is needed.');
}

function importKey(key: string): Promise<webcrypto.CryptoKey> {
  const bytes = Uint8Array.from(deriveSecret(key, 'records'));
  return crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
