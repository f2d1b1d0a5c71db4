import type { FetchLike } from '@modelcontextprotocol/client';
import { unlessUnreadable } from '../../storage/sealing/unreadable.js';
import type { Store } from '../../storage/types.js';
import { recordKey } from '../../storage/types.js';
import { failureOf, NoMetadataError } from '../errors.js';
import type { HttpServer } from '../types.js';
import type { Discovery } from './discovery.js';
import { discoveryRecords, dropDiscovery } from './records.js';

const FRESH_MS = 3_600_000;
/** Where nothing is there, it may be there again in a moment; and those who have never had any are not asked without an end. */
const ASSUMED_FRESH_MS = 60_000;
/** How long what was found serves on while it cannot be looked up anew. */
const KEPT_MS = 7 * 24 * 3_600_000;

export interface DiscoveryCacheDeps {
  readonly store: Store;
  readonly fetchFor: (server: HttpServer) => FetchLike;
  readonly now: () => number;
}

export interface DiscoveryCache {
  /**
   * From the store while fresh, else asked for once, however many ask at the same time. Where nobody can be asked at
   * the moment, or there is less than before, what was found before serves on. @throws {AuthError}
   */
  get(server: HttpServer): Promise<Discovery>;
  /** After an answer that did not fit, and after a 401: the next sign-in looks anew. */
  drop(server: string): Promise<void>;
}

const fits = (found: Discovery, server: HttpServer): boolean =>
  found.serverUrl === server.url && found.configuredIssuer === server.oauth.issuer;

const isFresh = ({ atMs, assumed }: Discovery, nowMs: number): boolean =>
  nowMs - atMs < (assumed === true ? ASSUMED_FRESH_MS : FRESH_MS);

/**
 * How much was said. Less than before is no news: a proxy answers 404 in the name of whoever is behind it while that is
 * away, and a server of before resource metadata looks just like that.
 */
function told({ assumed, resource }: Discovery): number {
  if (assumed === true) return 0;
  return resource === undefined ? 1 : 2;
}

/** Says nothing about what was found before; every other failure does. */
const isPassing = (error: unknown): boolean =>
  error instanceof NoMetadataError ||
  ['unreachable', 'timeout', 'http-error'].includes(failureOf(error).code);

/**
 * One discovery a server, shared by all people. Concurrent first sign-ins of one process share the requests; two
 * processes may both ask, which costs requests and nothing else, whereas a lock would let one slow provider hold up both.
 */
export function createDiscoveryCache(deps: DiscoveryCacheDeps): DiscoveryCache {
  const records = discoveryRecords(deps.store);
  const underWay = new Map<string, Promise<Discovery>>();

  async function find(server: HttpServer, known: Discovery | undefined): Promise<Discovery> {
    // Loaded here: a gateway that only keeps tokens never needs discovery.
    const { discover } = await import('./discovery.js');
    try {
      const found = await discover(server, deps.fetchFor(server), deps.now());
      if (known !== undefined && told(found) < told(known)) return known;
      await records.set(recordKey(server.name), found, KEPT_MS);
      return found;
    } catch (error) {
      if (known === undefined || !isPassing(error)) throw error;
      return known;
    }
  }

  async function get(server: HttpServer): Promise<Discovery> {
    const stored = await unlessUnreadable(records.get(recordKey(server.name)));
    const known = stored !== undefined && fits(stored, server) ? stored : undefined;
    if (known !== undefined && isFresh(known, deps.now())) return known;
    const key = JSON.stringify([server.name, server.url, server.oauth.issuer]);
    const running = underWay.get(key) ?? find(server, known).finally(() => underWay.delete(key));
    underWay.set(key, running);
    return running;
  }

  return {
    get,
    drop: (server) => dropDiscovery(deps.store, server),
  };
}
