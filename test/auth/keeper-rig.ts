import { afterEach, beforeEach } from 'vitest';
import { type CredentialRecords, createCredentials } from '../../src/auth/credentials/credentials.js';
import {
  createTokenKeeper,
  type TokenKeeperOptions,
  type WorkingTokenKeeper,
} from '../../src/auth/keeper/token-keeper.js';
import { createGuardedFetch, type GuardedFetch } from '../../src/auth/requests/guarded-fetch.js';
import type { CredentialKey, OAuthCredential } from '../../src/auth/types.js';
import { silentLog } from '../../src/observability/log.js';
import type { Store } from '../../src/storage/types.js';
import { httpServer } from '../helpers/configured-server.js';
import { openMemoryStore } from './kept-store.js';
import { startTokenEndpoint, type TokenEndpoint } from './token-endpoint.js';

export const KEY: CredentialKey = { subject: 'telegram:1', server: 'linear' };
export const START = 1_800_000_000_000;
export const HOUR = 3_600_000;

/** A keeper over a store in memory, a strict token endpoint, and a clock that the test moves. */
export interface KeeperRig {
  endpoint: TokenEndpoint;
  guard: GuardedFetch;
  store: Store;
  credentials: CredentialRecords;
  keeper: WorkingTokenKeeper;
  nowMs: number;
  /** Another process, as far as one can tell: a keeper of its own. It refreshes exactly 120 s before the end. */
  keeperOver(
    store: Store,
    credentials?: CredentialRecords,
    rest?: Partial<TokenKeeperOptions>,
  ): WorkingTokenKeeper;
  /** What a sign-in two hours ago got: `a1`, which ended an hour ago, and `r1`. */
  credential(rest?: Partial<OAuthCredential>): OAuthCredential;
}

export function useKeeperRig(): KeeperRig {
  const rig = {
    nowMs: START,
    keeperOver: (
      store: Store,
      credentials = createCredentials(store),
      rest: Partial<TokenKeeperOptions> = {},
    ) =>
      createTokenKeeper({
        store,
        credentials,
        fetchFor: (server) =>
          server === 'linear' ? rig.guard.forServer(httpServer(`${rig.endpoint.origin}/mcp`)) : undefined,
        log: silentLog,
        now: () => rig.nowMs,
        random: () => 0,
        ...rest,
      }),
    credential: (rest: Partial<OAuthCredential> = {}): OAuthCredential => ({
      kind: 'oauth',
      accessToken: 'a1',
      refreshToken: 'r1',
      scope: 'read write',
      issuedAtMs: START - 2 * HOUR,
      expiresAtMs: START - HOUR,
      client: { clientId: 'the client', clientSecret: 's:e c+r&t', kind: 'pre-registered' },
      issuer: rig.endpoint.origin,
      tokenEndpoint: `${rig.endpoint.origin}/token`,
      revocationEndpoint: `${rig.endpoint.origin}/revoke`,
      resource: 'https://mcp.example/mcp',
      ...rest,
    }),
  } as KeeperRig;

  beforeEach(async () => {
    rig.endpoint = await startTokenEndpoint();
    rig.guard = createGuardedFetch({ allowPrivateHosts: [], totalTimeoutMs: 20_000 });
    rig.store = await openMemoryStore();
    rig.credentials = createCredentials(rig.store);
    rig.nowMs = START;
    rig.keeper = rig.keeperOver(rig.store, rig.credentials);
  });

  afterEach(async () => {
    await rig.keeper.close();
    await rig.store.close();
    await rig.guard.close();
    await rig.endpoint.close();
  });
  return rig;
}

export const token = (accessToken: string, expiresAtMs?: number) => ({
  kind: 'token',
  accessToken,
  ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
});
