import { type CredentialRecords, createCredentials } from '../../src/auth/credentials/credentials.js';
import { createTokenKeeper, type WorkingTokenKeeper } from '../../src/auth/keeper/token-keeper.js';
import { createGuardedFetch } from '../../src/auth/requests/guarded-fetch.js';
import { silentLog } from '../../src/observability/log.js';
import { type OpenStoreOptions, openStore } from '../../src/storage/open.js';
import type { StorageKind } from '../../src/storage/places.js';
import type { Store } from '../../src/storage/types.js';
import { httpServer } from '../helpers/configured-server.js';

/** What one of several gateways has of its own: a store, a cache and a keeper. In the test's process. */
export interface KeeperReplica {
  readonly credentials: CredentialRecords;
  readonly keeper: WorkingTokenKeeper;
  /** The locks that it waits for, or had. */
  readonly asked: string[];
  /** The locks that it had. */
  readonly entered: string[];
  /** What it told of refusals: whose, and the code. */
  readonly told: string[];
  close(): Promise<void>;
}

export async function openReplica(place: StorageKind, options: OpenStoreOptions): Promise<KeeperReplica> {
  const { store } = await openStore(place, options);
  const guard = createGuardedFetch({ allowPrivateHosts: [], totalTimeoutMs: 20_000 });
  const [asked, entered, told]: [string[], string[], string[]] = [[], [], []];
  const noted: Store = {
    ...store,
    lock: (name, work) => {
      asked.push(name);
      return store.lock(name, (lease) => {
        entered.push(name);
        return work(lease);
      });
    },
  };
  const credentials = createCredentials(noted);
  const keeper = createTokenKeeper({
    store: noted,
    credentials,
    fetchFor: () => guard.forServer(httpServer('http://127.0.0.1/mcp')),
    onRefused: ({ subject }, { code }) => void told.push(`${subject}: ${code}`),
    log: silentLog,
  });
  const close = async () => {
    await keeper.close();
    await store.close();
    await guard.close();
  };
  return { credentials, keeper, asked, entered, told, close };
}
