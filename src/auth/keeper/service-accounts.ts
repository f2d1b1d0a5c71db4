import type { FetchLike } from '@modelcontextprotocol/client';
import type { Log } from '../../observability/log.js';
import { unlessUnreadable } from '../../storage/sealing/unreadable.js';
import type { Store } from '../../storage/types.js';
import type { ClientKeys } from '../clients/client-keys.js';
import type { CredentialRecords } from '../credentials/credentials.js';
import { failureOf } from '../errors.js';
import { retryAfterMs } from '../requests/retry-after.js';
import type {
  CredentialKey,
  HttpServer,
  OAuthCredential,
  Server,
  TokenKeeper,
  TokenOutcome,
} from '../types.js';
import { type Backoff, createBackoff } from './backoff.js';
import { replacedOne } from './doubted-tokens.js';
import { lockOf } from './kept-tokens.js';
import { isOfAnother } from './moved-servers.js';
import { isAlive, RenewalPlans, tokenOf } from './token-life.js';

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
  /** From 0 to 1: how much earlier than 120 s before its end a token is replaced. */
  readonly random?: () => number;
}

interface Ask {
  readonly key: CredentialKey;
  readonly server: HttpServer;
  readonly rejected: string | undefined;
}

/** A server that the gateway signs in to as itself (RFC 6749 §4.4): `auth: client_credentials`. */
export function isServiceAccount(server: Server | undefined): server is HttpServer {
  return server !== undefined && server.kind !== 'stdio' && server.auth === 'client_credentials';
}

type Failed = Extract<TokenOutcome, { readonly kind: 'failed' }>;

/** A third token, after a fresh one that was refused as well, would be refused too. */
const REFUSED: TokenOutcome = {
  kind: 'failed',
  failure: {
    code: 'credential-refused',
    detail: 'the server refused the token of the service account, and a fresh one as well',
    rfc: 'RFC 6750 §3.1',
  },
};

/**
 * The keeper, with tokens for service accounts beside those of people: there is nobody to ask, so a token that is old
 * or was refused is replaced by a new one. One request at a time for each server, as with refreshes.
 */
export class ServiceAccounts implements TokenKeeper {
  readonly #asking = new Map<string, Promise<TokenOutcome>>();
  /** What came of the last time, for as long as nobody is asked again. */
  readonly #failures = new Map<string, { readonly server: HttpServer; readonly outcome: Failed }>();
  readonly #plans: RenewalPlans;
  readonly #backoff: Backoff;

  constructor(
    private readonly keeper: TokenKeeper,
    private readonly options: ServiceAccountsOptions,
  ) {
    this.#plans = new RenewalPlans(options.random);
    this.#backoff = createBackoff(options.now);
  }

  accessToken(key: CredentialKey, rejected?: string): Promise<TokenOutcome> {
    const server = this.options.serverByName(key.server);
    return isServiceAccount(server)
      ? this.#accessToken({ key, server, rejected })
      : this.keeper.accessToken(key, rejected);
  }

  keep = (key: CredentialKey, tokens: OAuthCredential) => this.keeper.keep(key, tokens);
  signOut = (key: CredentialKey) => this.keeper.signOut(key);

  async #accessToken(ask: Ask): Promise<TokenOutcome> {
    const nowMs = this.options.now();
    const held = await this.#held(ask);
    if (held !== undefined && nowMs < this.#plans.of(held).refreshAtMs) return tokenOf(held);
    const lives = held !== undefined && isAlive(held, nowMs);
    if (this.#backoff.waitUntilMs(lockOf(ask.key)) !== undefined) {
      const before = lives ? tokenOf(held) : this.#failedBefore(ask);
      if (before !== undefined) return before;
    }
    const asked = this.#once(ask);
    if (!lives || nowMs >= this.#plans.of(held).waitAtMs) return await asked;
    asked.catch((error: unknown) => {
      this.#backoff.failed(lockOf(ask.key));
      this.options.log.warn({ ...ask.key, err: error }, 'the service account got no token');
    });
    return tokenOf(held);
  }

  /** What is stored, if it is of this account. */
  async #stored({ key, server }: Ask): Promise<OAuthCredential | undefined> {
    // One that cannot be read is replaced: there is nothing in it that could not be had again.
    const held = await unlessUnreadable(Promise.resolve(this.options.credentials.current(key)));
    if (held?.kind !== 'oauth' || held.grant !== 'client_credentials') return undefined;
    const isOurs = held.client.clientId === server.oauth.clientId && !isOfAnother(held, server.url);
    return isOurs ? held : undefined;
  }

  /** The same, if it was not just refused. */
  async #held(ask: Ask): Promise<OAuthCredential | undefined> {
    const stored = await this.#stored(ask);
    return stored?.accessToken === ask.rejected ? undefined : stored;
  }

  /** With what the config says now: a reload may have mended it. */
  #failedBefore({ key, server }: Ask): Failed | undefined {
    const failed = this.#failures.get(lockOf(key));
    return failed?.server === server ? failed.outcome : undefined;
  }

  #once(ask: Ask): Promise<TokenOutcome> {
    const name = lockOf(ask.key);
    const running = this.#asking.get(name);
    if (running !== undefined) return running;
    const asking = this.#ask(ask).finally(() => this.#asking.delete(name));
    this.#asking.set(name, asking);
    return asking;
  }

  async #ask(ask: Ask): Promise<TokenOutcome> {
    const { key, server } = ask;
    const { store, credentials, log, now } = this.options;
    let answer: Response | undefined;
    try {
      return await store.lock(lockOf(key), async () => {
        const stored = await this.#stored(ask);
        const wasRefused = stored !== undefined && stored.accessToken === ask.rejected;
        const lasts = stored !== undefined && now() < this.#plans.of(stored).refreshAtMs;
        if (lasts && !wasRefused) return tokenOf(stored);
        if (wasRefused && replacedOne(stored, now())) return REFUSED;
        const { grantTo } = await import('./client-credentials.js');
        const granted = await grantTo(server, this.options, (response) => {
          answer = response;
        });
        const credential = wasRefused ? { ...granted, replacesRefused: true as const } : granted;
        await credentials.set(key, credential);
        this.#backoff.clear(lockOf(key));
        this.#failures.delete(lockOf(key));
        return tokenOf(credential);
      });
    } catch (error) {
      const failure = failureOf(error);
      if (failure.code === 'store-unavailable') throw error;
      const outcome: Failed = { kind: 'failed', failure };
      this.#backoff.failed(lockOf(key), retryAfterMs(answer, now()));
      this.#failures.set(lockOf(key), { server, outcome });
      log.warn({ ...key, failure }, 'the service account got no token');
      const held = await this.#held(ask);
      return held !== undefined && isAlive(held, now()) ? tokenOf(held) : outcome;
    }
  }
}
