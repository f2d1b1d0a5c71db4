import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OAuthCredential } from '../../src/auth/types.js';
import { type OpenStoreOptions, openStore } from '../../src/storage/open.js';
import type { Store } from '../../src/storage/types.js';

/** A real file store in a fresh folder. */
export async function openFileStore(
  options: OpenStoreOptions = {},
): Promise<{ store: Store; folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'keeper-'));
  const { store } = await openStore({ kind: 'file', folder }, options);
  return {
    store,
    folder,
    remove: async () => {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function openMemoryStore(): Promise<Store> {
  return (await openStore({ kind: 'memory' })).store;
}

/** What a token endpoint of token-endpoint.ts gave at first, and what has ended since. */
export function expiredGrant(origin: string): OAuthCredential {
  return {
    kind: 'oauth',
    accessToken: 'a1',
    refreshToken: 'r1',
    issuedAtMs: Date.now() - 7_200_000,
    expiresAtMs: Date.now() - 3_600_000,
    client: { clientId: 'c', kind: 'dynamic' },
    issuer: origin,
    tokenEndpoint: `${origin}/token`,
    resource: 'https://mcp.example/mcp',
  };
}
