import { createHash, hkdfSync, type webcrypto } from 'node:crypto';
import type { StoredRecord } from './engine.js';
import { StoreError } from './types.js';

/** Which record a text belongs to. */
interface RecordName {
  readonly name: string;
  readonly key: string;
}

/** Seals a record's text so that only a holder of the key reads it, and only under its own name and expiry. */
export interface Sealer {
  seal(record: RecordName, text: string, expiresAtMs: number | undefined): Promise<StoredRecord>;
  /** @throws {StoreError} `wrong_key`, or `record_unreadable` when it is damaged, altered, or another's. */
  open(record: RecordName, stored: StoredRecord): Promise<string>;
}

/** Below this a key is a password, and passwords need a slow derivation. */
export const SHORTEST_KEY = 32;

const READABLE_TEXT = new TextDecoder('utf-8', { fatal: true });

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

/** Names a key without telling it: the `kid` of what it sealed (RFC 7516 §4.1.6). */
export function keyId(key: string): string {
  return createHash('sha256').update(deriveSecret(key, 'records')).digest('base64url').slice(0, 12);
}

/**
 * JWE with `dir` and A256GCM (RFC 7516, RFC 7518 §4.5). The record's name and expiry stand in the protected header,
 * which the ciphertext authenticates: a file copied over another's, or a lifetime made longer, does not open.
 *
 * @param keys the first seals, all open: put a new one in front to rotate
 */
export function createSealer(keys: readonly string[]): Sealer {
  const [first] = keys;
  if (first === undefined) throw new StoreError('wrong_key', 'At least one sealing key is needed.');
  const imported = new Map(keys.map((key) => [keyId(key), once(() => importKey(key))]));
  const kid = keyId(first);
  const sealingKey = once(() => importKey(first));
  return {
    seal: async (record, text, expiresAtMs) => {
      const { CompactEncrypt } = await import('jose/jwe/compact/encrypt');
      const sealed = await new CompactEncrypt(new TextEncoder().encode(text))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid, ...bound(record, expiresAtMs) })
        .encrypt(await sealingKey());
      return { text: sealed, ...(expiresAtMs === undefined ? {} : { expiresAtMs }) };
    },
    open: async (record, stored) => {
      const header = readHeader(record, stored.text);
      const key = await imported.get(String(header.kid))?.();
      if (key === undefined) throw wrongKey(record);
      const claims = bound(record, stored.expiresAtMs);
      if (header.rec !== claims.rec || header.exp !== claims.exp)
        throw unreadable(record, 'it is not its own');
      return decrypt(record, stored.text, key);
    },
  };
}

/** `rec` is a hash: names may be long. `exp` is in ms, unlike a JWT's. */
function bound({ name, key }: RecordName, expiresAtMs: number | undefined): { rec: string; exp?: number } {
  const full = `${encodeURIComponent(name)}/${key}`;
  const rec = createHash('sha256').update(full).digest('base64url');
  return expiresAtMs === undefined ? { rec } : { rec, exp: expiresAtMs };
}

function readHeader(record: RecordName, text: string): { kid?: unknown; rec?: unknown; exp?: unknown } {
  try {
    const header: unknown = JSON.parse(Buffer.from(text.split('.', 1)[0] ?? '', 'base64url').toString());
    if (typeof header === 'object' && header !== null) return header;
  } catch (cause) {
    throw unreadable(record, 'it is damaged', cause);
  }
  throw unreadable(record, 'it is damaged');
}

async function decrypt(record: RecordName, text: string, key: webcrypto.CryptoKey): Promise<string> {
  const { compactDecrypt } = await import('jose/jwe/compact/decrypt');
  try {
    const { plaintext } = await compactDecrypt(text, key, {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    return READABLE_TEXT.decode(plaintext);
  } catch (cause) {
    throw unreadable(record, 'it is damaged or was altered', cause);
  }
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

function wrongKey({ name, key }: RecordName): StoreError {
  return new StoreError(
    'wrong_key',
    `The record ${name}/${key} was sealed with a key that is not configured. Add that key behind the first one; nothing was deleted.`,
  );
}

function unreadable({ name, key }: RecordName, why: string, cause?: unknown): StoreError {
  const message = `The record ${name}/${key} cannot be read: ${why}. It was left as it is; restore it, or delete it to start over.`;
  return new StoreError('record_unreadable', message, { cause });
}
