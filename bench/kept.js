// One person's tokens in a store, and keepers over it: what the benches of the keeper are made of.
import { built } from './measuring.js';

export const PERSON = { subject: 'telegram:123456789', server: 'linear' };

/** As long as real ones are. */
export function credentialOf(rest = {}) {
  const nowMs = Date.now();
  return {
    kind: 'oauth',
    accessToken: `a1.${'x'.repeat(800)}`,
    refreshToken: 'r1',
    scope: 'read write offline_access',
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + 3_600_000,
    client: { clientId: 'the-client', kind: 'dynamic' },
    issuer: 'https://auth.example',
    tokenEndpoint: 'https://auth.example/token',
    resource: 'https://mcp.example/mcp',
    ...rest,
  };
}

export async function openKept(folder) {
  const { openStore } = await import(built('storage/open.js'));
  const { createCredentials } = await import(built('auth/credentials/credentials.js'));
  const { silentLog } = await import(built('observability/log.js'));
  const { store } = await openStore({ kind: 'file', folder });
  return { store, credentials: createCredentials(store), log: silentLog, close: () => store.close() };
}

export async function keeperOver(kept, fetchFor, now = Date.now) {
  const { createTokenKeeper } = await import(built('auth/keeper/token-keeper.js'));
  return createTokenKeeper({ ...kept, fetchFor, now });
}
