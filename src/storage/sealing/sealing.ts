import { createHash, type webcrypto } from 'node:crypto';
import type { StoredRecord } from '../engine.js';
import { StoreError } from '../types.js';
import { KeyRing, type KeySource } from './key-ring.js';

/** Which record a text belongs to. */
interface RecordName {
  readonly name: string;
  readonly key: string;
}

/** What is known of a sealed text without its key. Only the key tells whether it is true. */
export interface Seal {
  /** The id of the key that sealed it. */
  readonly keyId: string;
  /** Of the format; see `RECORD_VERSION`. */
  readonly version: number;
  /** When the record was written, in ms since the epoch; 0 where its format did not say so. */
  readonly writtenAtMs: number;
}

/** Seals a record's text so that only a holder of the key reads it, and only under its own name and expiry. */
export interface Sealer {
  /** @param writtenAtMs where it is not written anew, only sealed anew */
  seal(
    record: RecordName,
    text: string,
    expiresAtMs: number | undefined,
    writtenAtMs?: number,
  ): Promise<StoredRecord>;
  /**
   * @throws {StoreError} `wrong_key`, `record_too_new` where a later version of the gateway wrote it, or
   * `record_unreadable` when it is damaged, altered, or another's.
   */
  open(record: RecordName, stored: StoredRecord): Promise<string>;
  /** The id of the key that seals now. */
  keyId(): string;
}

/**
 * The format of what is written now: 1. Records of 0 say neither their version nor when they were written, and are
 * otherwise the same. Whatever is written or sealed anew is of the current one; `open` gives the text of every older
 * one as the current one has it.
 */
export const RECORD_VERSION = 1;

const READABLE_TEXT = new TextDecoder('utf-8', { fatal: true });

/**
 * JWE with `dir` and A256GCM (RFC 7516, RFC 7518 §4.5). The record's name and expiry stand in the protected header,
 * which the ciphertext authenticates: a file copied over another's, or a lifetime made longer, does not open.
 *
 * @param keys the first seals, all open: put a new one in front to rotate. A source is asked again before each sealing,
 * and where a record needs a key that it did not give before.
 * @param now for when a record was written
 * @param remedyFor what to do about a record that needs the key with this id, where that is known. Never rejects.
 */
export function createSealer(
  keys: readonly string[] | KeySource,
  now: () => number = Date.now,
  remedyFor: (keyId: string) => Promise<string | undefined> = async () => undefined,
): Sealer {
  const ring = new KeyRing(typeof keys === 'function' ? keys : () => keys);
  return {
    keyId: () => ring.first().id,
    seal: async (record, text, expiresAtMs, writtenAtMs = now()) => {
      const { id, key } = ring.first();
      const { CompactEncrypt } = await import('jose/jwe/compact/encrypt');
      const facts = {
        kid: id,
        v: RECORD_VERSION,
        at: Math.floor(writtenAtMs),
        ...bound(record, expiresAtMs),
      };
      const sealed = await new CompactEncrypt(new TextEncoder().encode(text))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', ...facts })
        .encrypt(await key());
      return { text: sealed, ...(expiresAtMs === undefined ? {} : { expiresAtMs }) };
    },
    open: async (record, stored) => {
      const header = readHeader(record, stored.text);
      if (sealOf(header).version > RECORD_VERSION) throw tooNew(record);
      const key = await ring.find(String(header.kid))?.();
      if (key === undefined) throw wrongKey(record, await remedyFor(String(header.kid)));
      const claims = bound(record, stored.expiresAtMs);
      if (header.rec !== claims.rec || header.exp !== claims.exp)
        throw unreadable(record, 'it is not its own');
      return decrypt(record, stored.text, key);
    },
  };
}

/** @throws {StoreError} `record_unreadable` where it is no sealed text */
export function readSeal(record: RecordName, { text }: StoredRecord): Seal {
  return sealOf(readHeader(record, text));
}

/** `rec` is a hash: names may be long. `exp` is in ms, unlike a JWT's. */
function bound({ name, key }: RecordName, expiresAtMs: number | undefined): { rec: string; exp?: number } {
  const full = `${encodeURIComponent(name)}/${key}`;
  const rec = createHash('sha256').update(full).digest('base64url');
  return expiresAtMs === undefined ? { rec } : { rec, exp: expiresAtMs };
}

type Header = Partial<Readonly<Record<'kid' | 'v' | 'at' | 'rec' | 'exp', unknown>>>;

function sealOf({ kid, v, at }: Header): Seal {
  const numberOr0 = (value: unknown) => (typeof value === 'number' ? value : 0);
  return { keyId: String(kid), version: numberOr0(v), writtenAtMs: numberOr0(at) };
}

function readHeader(record: RecordName, text: string): Header {
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

function wrongKey({ name, key }: RecordName, remedy = 'Add that key behind the first one.'): StoreError {
  return new StoreError(
    'wrong_key',
    `The record ${name}/${key} was sealed with a key that is not configured. ${remedy} Nothing was deleted.`,
  );
}

function tooNew({ name, key }: RecordName): StoreError {
  const message = `The record ${name}/${key} was written by a later version of the gateway: use that one. It was left as it is.`;
  return new StoreError('record_too_new', message);
}

function unreadable({ name, key }: RecordName, why: string, cause?: unknown): StoreError {
  const message = `The record ${name}/${key} cannot be read: ${why}. It was left as it is; restore it, or delete it to start over.`;
  return new StoreError('record_unreadable', message, { cause });
}
