import { readFileSync } from 'node:fs';
import { compactDecrypt, decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import type { StoredRecord } from '../../src/storage/engine.js';
import { MemoryEngine } from '../../src/storage/memory.js';
import { deriveSecret, keyId } from '../../src/storage/sealing/key-ring.js';
import { resealAll } from '../../src/storage/sealing/reseal.js';
import { createSealer, RECORD_VERSION, readSeal } from '../../src/storage/sealing/sealing.js';
import { isUnreadable } from '../../src/storage/sealing/unreadable.js';
import { createStore } from '../../src/storage/store.js';

const [one, two] = ['the first key '.repeat(4), 'the second key '.repeat(4)];
const record = { name: 'things', key: 'ana/linear' };

describe('sealing', () => {
  it('makes a JWE that others can read with the key', async () => {
    const { text } = await createSealer([one]).seal(record, 'a text', 5);
    const opened = await compactDecrypt(text, deriveSecret(one, 'records'));
    expect(new TextDecoder().decode(opened.plaintext)).toBe('a text');
    expect(decodeProtectedHeader(text)).toMatchObject({
      alg: 'dir',
      enc: 'A256GCM',
      kid: keyId(one),
      exp: 5,
    });
  });

  it('never makes the same of the same', async () => {
    const sealer = createSealer([one]);
    const [a, b] = [await sealer.seal(record, 'x', undefined), await sealer.seal(record, 'x', undefined)];
    expect(a.text).not.toBe(b.text);
  });

  it('opens under its own name and expiry only', async () => {
    const sealer = createSealer([one]);
    const sealed = await sealer.seal(record, 'a text', 5);
    expect(await sealer.open(record, sealed)).toBe('a text');
    const others = [
      sealer.open({ ...record, key: 'ben/linear' }, sealed),
      sealer.open({ ...record, name: 'others' }, sealed),
      sealer.open({ name: 'things/ana', key: 'linear' }, sealed),
      sealer.open(record, { ...sealed, expiresAtMs: 6 }),
      sealer.open(record, { text: sealed.text }),
    ];
    for (const other of others) await expect(other).rejects.toMatchObject({ code: 'record_unreadable' });
  });

  it('seals with the first key and opens with all', async () => {
    const old = await createSealer([one]).seal(record, 'old', undefined);
    const both = createSealer([two, one]);
    expect(await both.open(record, old)).toBe('old');
    const fresh = await both.seal(record, 'new', undefined);
    expect(await createSealer([two]).open(record, fresh)).toBe('new');
    await expect(createSealer([one]).open(record, fresh)).rejects.toMatchObject({ code: 'wrong_key' });
  });

  it.each(['', 'x', 'a.b.c.d.e', 'e30.....', '!!', 'bnVsbA....'])('refuses %j', async (text) => {
    const opening = createSealer([one]).open(record, { text });
    await expect(opening).rejects.toMatchObject({ name: 'StoreError' });
  });

  it('refuses another algorithm under a known key', async () => {
    const { text } = await createSealer([one]).seal(record, 'x', undefined);
    const [header = '', ...rest] = text.split('.');
    const claims = JSON.parse(Buffer.from(header, 'base64url').toString());
    const forged = Buffer.from(JSON.stringify({ ...claims, enc: 'A128CBC-HS256' })).toString('base64url');
    const opening = createSealer([one]).open(record, { text: [forged, ...rest].join('.') });
    await expect(opening).rejects.toMatchObject({ code: 'record_unreadable' });
  });

  it('never says the key or the text in what it throws', async () => {
    const { text } = await createSealer([one]).seal(record, 'a text', undefined);
    const error = await createSealer([two])
      .open(record, { text })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).not.toContain(two);
    expect(String(error)).not.toContain(text);
  });
});

describe('a record of another version', () => {
  const { sealingKey, records } = JSON.parse(
    readFileSync(new URL('../fixtures/storage/records-of-format-0.json', import.meta.url), 'utf8'),
  ) as { sealingKey: string; records: readonly (StoredRecord & { name: string; key: string })[] };

  it.each(records)('of format 0 is read, and written anew in the current one: $key', async (old) => {
    const engine = new MemoryEngine();
    await engine.write(old.name, old.key, old);
    const store = createStore(engine, createSealer([sealingKey]));
    const value = { kind: 'keys', keys: { TOKEN: old.key } };
    expect(readSeal(old, old)).toMatchObject({ version: 0, writtenAtMs: 0 });
    expect(await store.records(old.name).get(old.key)).toEqual(value);
    const report = await resealAll(engine, createSealer([sealingKey]), { now: Date.now });
    expect(report).toMatchObject({ resealed: 1, unread: [] });
    const anew = await engine.read(old.name, old.key);
    expect(anew && readSeal(old, anew)).toMatchObject({ version: RECORD_VERSION, writtenAtMs: 0 });
    expect(anew?.expiresAtMs).toBe(old.expiresAtMs);
    expect(await store.claim(old.name, old.key)).toEqual(value);
  });

  it('of a later format is left alone, and never taken for damaged', async () => {
    const engine = new MemoryEngine();
    const sealer = createSealer([one]);
    const { text } = await sealer.seal(record, '{"value":1}', undefined);
    const [header = '', ...rest] = text.split('.');
    const claims = JSON.parse(Buffer.from(header, 'base64url').toString());
    const later = Buffer.from(JSON.stringify({ ...claims, v: RECORD_VERSION + 1 })).toString('base64url');
    await engine.write(record.name, record.key, { text: [later, ...rest].join('.') });
    const store = createStore(engine, sealer);
    for (const reading of [store.records('things').get(record.key), store.claim('things', record.key)]) {
      const error = await reading.catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'record_too_new', message: /later version/ });
      expect(isUnreadable(error)).toBe(false);
    }
    const report = await resealAll(engine, createSealer([two, one]), { now: Date.now });
    expect(report.unread).toEqual(['things/ana/linear']);
    expect(await engine.keys('things')).toEqual(['ana/linear']);
  });
});

describe('a derived secret', () => {
  it('is the same for the same key and purpose, and another for any other', () => {
    expect(deriveSecret(one, 'pages')).toEqual(deriveSecret(one, 'pages'));
    expect(deriveSecret(one, 'pages')).toHaveLength(32);
    expect(deriveSecret(one, 'pages')).not.toEqual(deriveSecret(one, 'records'));
    expect(deriveSecret(one, 'pages')).not.toEqual(deriveSecret(two, 'pages'));
  });

  it('needs a key of 32 characters', () => {
    expect(() => deriveSecret('x'.repeat(31), 'pages')).toThrow(/at least 32 characters; this one has 31/);
    expect(() => createSealer([])).toThrow(/At least one/);
  });
});
