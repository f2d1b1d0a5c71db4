import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCredentials, maskKey } from '../../src/auth/credentials/credentials.js';
import type { OAuthCredential } from '../../src/auth/types.js';
import { type Records, recordKey } from '../../src/storage/types.js';
import { openFileStore, openMemoryStore } from './kept-store.js';

const oauth: OAuthCredential = {
  kind: 'oauth',
  accessToken: 'secret-access',
  refreshToken: 'secret-refresh',
  scope: 'read',
  issuedAtMs: 1,
  expiresAtMs: 2,
  client: { clientId: 'c', clientSecret: 'secret-client', kind: 'dynamic' },
  issuer: 'https://auth.example',
  tokenEndpoint: 'https://auth.example/token',
};

describe('a masked key', () => {
  it.each([
    ['sk-proj-0123456789abcdefghij9f3c', 'sk-…9f3c'],
    ['ghp_0123456789abcdefghijklmnopqr9f3c', 'ghp_…9f3c'],
    ['0123456789abcdefghijklmn9f3c', '…9f3c'],
    ['sk-0123456789abc', '…9abc'],
    ['sk-0123456789ab', '…'],
    ['x', '…'],
    ['', '…'],
  ])('%j shows as %j', (value, masked) => {
    expect(maskKey(value)).toBe(masked);
  });

  it('never shows more than a quarter of it', () => {
    for (let length = 0; length < 80; length += 1) {
      const shown = maskKey(`key-${'x'.repeat(length)}`).replace('…', '');
      expect(shown.length).toBeLessThanOrEqual((length + 4) / 4);
    }
  });
});

describe('credentials', () => {
  let kept: Awaited<ReturnType<typeof openFileStore>>;
  beforeEach(async () => {
    kept = await openFileStore();
  });
  afterEach(() => kept.remove());

  it('are shown without any secret', async () => {
    const credentials = createCredentials(kept.store);
    await credentials.set({ subject: 'telegram:1', server: 'linear' }, oauth);
    await credentials.set(
      { subject: 'slack:T1/U2', server: 'github' },
      { kind: 'keys', values: { TOKEN: 'ghp_0123456789abcdefghijklmnopqr9f3c' }, issuedAtMs: 3 },
    );
    expect(await credentials.view({ subject: 'telegram:1', server: 'linear' })).toEqual({
      kind: 'oauth',
      subject: 'telegram:1',
      server: 'linear',
      scope: 'read',
      issuedAtMs: 1,
      expiresAtMs: 2,
      refreshable: true,
      issuer: 'https://auth.example',
      registration: 'dynamic',
    });
    const all = await credentials.list();
    expect(all).toHaveLength(2);
    expect(JSON.stringify(all)).not.toMatch(/secret|0123456789/);
    expect(await credentials.list('slack:T1/U2')).toMatchObject([
      { kind: 'keys', masked: { TOKEN: 'ghp_…9f3c' }, unproven: false },
    ]);
    expect(await credentials.list('slack:T1')).toEqual([]);
    expect(await credentials.view({ subject: 'telegram:1', server: 'other' })).toBeUndefined();
  });

  it('that cannot be read are listed as such, are errors to the keeper, and stay as they are', async () => {
    const credentials = createCredentials(kept.store);
    const key = { subject: 'telegram:1', server: 'linear' };
    await credentials.set(key, oauth);
    const [file, before] = await corrupt(kept.folder);
    expect(await credentials.view(key)).toEqual({ kind: 'unreadable', ...key });
    expect(await credentials.list()).toEqual([{ kind: 'unreadable', ...key }]);
    await expect(credentials.get(key)).rejects.toMatchObject({ name: 'StoreError' });
    expect(await readFile(file, 'utf8')).toBe(before);
  });
});

describe('a list of all credentials', () => {
  it('asks for a few at a time, however many there are', async () => {
    const store = await openMemoryStore();
    const records = store.records<OAuthCredential>('credentials');
    let [reading, most] = [0, 0];
    const counted = {
      ...store,
      records: <T>(): Records<T> => ({
        ...(records as unknown as Records<T>),
        get: async (key: string) => {
          most = Math.max(most, ++reading);
          const value = (await records.get(key)) as T;
          reading -= 1;
          return value;
        },
      }),
    };
    for (let n = 0; n < 50; n += 1) await records.set(recordKey(`telegram:${n}`, 'linear'), oauth);
    expect(await createCredentials(counted).list()).toHaveLength(50);
    expect(most).toBeLessThan(10);
    await store.close();
  });
});

/** Writes half of the credential's record over it. */
async function corrupt(folder: string): Promise<[file: string, text: string]> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const record = files.find((entry) => entry.isFile() && entry.parentPath.includes('credentials'));
  if (record === undefined) throw new Error('no record of a credential');
  const file = join(record.parentPath, record.name);
  const text = (await readFile(file, 'utf8')).slice(0, 100);
  await writeFile(file, text);
  return [file, text];
}
