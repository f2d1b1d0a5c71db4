import type { FetchLike } from '@modelcontextprotocol/client';
import type { Store } from '../storage/types.js';
import { recordKey } from '../storage/types.js';
import { unlessUnreadable } from '../storage/unreadable.js';
import type { Discovery } from './discovery.js';
import type { HttpServer } from './types.js';

const FRESH_MS = 3_600_000;

export interface DiscoveryCacheDeps {
  readonly store: Store;
  readonly fetchFor: (server: HttpServer) => FetchLike;
  readonly now: () => number;
}

export interface DiscoveryCache {
  /** From the store while fresh, else asked for once, however many ask at the same time. @throws {AuthError} */
  get(server: HttpServer): Promise<Discovery>;
  /** After an answer that did not fit: the next sign-in looks anew. */
  drop(server: string): Promise<void>;
}

function fits(found: Discovery, server: HttpServer, nowMs: number): boolean {
  return (
    found.serverUrl === server.url &&
    found.configuredIssuer === server.oauth.issuer &&
    nowMs - found.atMs < FRESH_MS
  );
}

/**
 * One discovery a server, shared by all people. Concurrent first sign-ins of one process share the requests; two
 * processes may both ask, which costs requests and nothing else, whereas a lock would let one slow provider hold up both.
 */
export function createDiscoveryCache(deps: DiscoveryCacheDeps): DiscoveryCache {
  const records = deps.store.records<Discovery>('discovery');
  const underWay = new Map<string, Promise<Discovery>>();

  async function find(server: HttpServer): Promise<Discovery> {
    // Loaded here: a gateway that only keeps tokens never needs discovery.
    const { discover } = await import('./discovery.js');
    const found = await discover(server, deps.fetchFor(server), deps.now());
    await records.set(recordKey(server.name), found, FRESH_MS);
    return found;
  }

  async function get(server: HttpServer): Promise<Discovery> {
    const known = await unlessUnreadable(records.get(recordKey(server.name)));
    if (known !== undefined && fits(known, server, deps.now())) return known;
    const key = JSON.stringify([server.name, server.url, server.oauth.issuer]);
    const running = underWay.get(key) ?? find(server).finally(() => underWay.delete(key));
    underWay.set(key, running);
    return running;
  }

  return {
    get,
    drop: async (server) => {
      await records.delete(recordKey(server));
    },
  };
}
