import type { FetchLike } from '@modelcontextprotocol/client';
import type { Log } from '../observability/log.js';
import { recordKey, type Store } from '../storage/types.js';
import { unlessUnreadable } from '../storage/unreadable.js';
import type { ClientKeys } from './client-keys.js';
import type { CredentialRecords } from './credentials.js';
import { failureOf } from './errors.js';
import { isFresh, tokenOf } from './token-life.js';
import type {
  CredentialKey,
  HttpServer,
  OAuthCredential,
  Server,
  TokenKeeper,
  TokenOutcome,
} from './types.js';

export interface ServiceAccountsOptions {
  readonly store: Store;
  readonly credentials: CredentialRecords;
  readonly serverByName: (name: string) => Server | undefined;
  readonly fetchFor: (server: HttpServer) => FetchLike;
  readonly clientKeys: ClientKeys;
  /** No trailing slash. */
  readonly publicUrl: string;
  readonly log: Log;
  readonly now: () => number;
}

/** A server that the gateway signs in to as itself (RFC 6749 §4.4): `auth: client_credentials`. */
export function isServiceAccount(server: Server | undefined): server is HttpServer {
  return server !== undefined && server.kind !== 'stdio' && server.auth === 'client_credentials';
}

/**
 * The keeper, with tokens for service accounts beside those of people: there is nobody to ask, so a token that is old
 * or was refused is replaced by a new one. One request at a time for each server, as with refreshes.
 */
export class ServiceAccounts implements TokenKeeper {
  readonly #asking = new Map<string, Promise<TokenOutcome>>();

  constructor(
    private readonly keeper: TokenKeeper,
    private readonly options: ServiceAccountsOptions,
  ) {}

  async accessToken(key: CredentialKey, rejected?: string): Promise<TokenOutcome> {
    const server = this.options.serverByName(key.server);
    if (!isServiceAccount(server)) return await this.keeper.accessToken(key, rejected);
    const known = await this.#usable(key, server, rejected);
    if (known !== undefined) return known;
    const name = recordKey(key.subject, key.server);
    const running = this.#asking.get(name) ?? this.#ask(key, server, rejected);
    this.#asking.set(name, running);
    return await running.finally(() => this.#asking.delete(name));
  }

  keep = (key: CredentialKey, tokens: OAuthCredential) => this.keeper.keep(key, tokens);
  signOut = (key: CredentialKey) => this.keeper.signOut(key);

  async #usable(
    key: CredentialKey,
    { oauth }: HttpServer,
    rejected?: string,
  ): Promise<TokenOutcome | undefined> {
    // One that cannot be read is replaced: there is nothing in it that could not be had again.
    const held = await unlessUnreadable(this.options.credentials.get(key));
    const ours = held?.kind === 'oauth' && held.grant === 'client_credentials' ? held : undefined;
    if (ours === undefined || ours.client.clientId !== oauth.clientId) return undefined;
    return ours.accessToken !== rejected && isFresh(ours, this.options.now()) ? tokenOf(ours) : undefined;
  }

  async #ask(key: CredentialKey, server: HttpServer, rejected?: string): Promise<TokenOutcome> {
    const { store, credentials, log } = this.options;
    try {
      return await store.lock(recordKey('credential', key.subject, key.server), async () => {
        const meanwhile = await this.#usable(key, server, rejected);
        if (meanwhile !== undefined) return meanwhile;
        const { grantTo } = await import('./client-credentials.js');
        const credential = await grantTo(server, this.options);
        await credentials.set(key, credential);
        return tokenOf(credential);
      });
    } catch (error) {
      const failure = failureOf(error);
      if (failure.code === 'store-unavailable') throw error;
      log.warn({ ...key, failure }, 'the service account got no token');
      return { kind: 'failed', failure };
    }
  }
}
