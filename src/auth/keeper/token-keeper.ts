import { setTimeout as sleep } from 'node:timers/promises';
import type { FetchLike } from '@modelcontextprotocol/client';
import type { Log } from '../../observability/log.js';
import type { Store, StoreError } from '../../storage/types.js';
import type { Sign } from '../clients/client-keys.js';
import type { CredentialRecords } from '../credentials/credentials.js';
import type { CredentialKey, OAuthCredential, SignOutOutcome, TokenKeeper, TokenOutcome } from '../types.js';
import { type Backoff, createBackoff, SOON_MS } from './backoff.js';
import { DoubtedTokens, type TryToken } from './doubted-tokens.js';
import { isOutage, KeptTokens, lockOf } from './kept-tokens.js';
import { MovedServers } from './moved-servers.js';
import type { OnRefused, OnRefusing } from './refused-credentials.js';
import { type OnRefresh, Renewals } from './renewals.js';
import { isAlive, REFUSED_UNPROVEN, RenewalPlans, standing, stillOr, tokenOf } from './token-life.js';
import { UpcomingRefreshes } from './upcoming-refreshes.js';

export interface TokenKeeperOptions {
  readonly store: Store;
  readonly credentials: CredentialRecords;
  /** The guarded fetch of a server by its name; undefined when the config no longer has it. */
  readonly fetchFor: (server: string) => FetchLike | undefined;
  /** A server's address by its name, as the config has it now. Tokens are not for another one of that name. */
  readonly urlOf?: (server: string) => string | undefined;
  /** How a server's clients prove themselves by a key, where they do. */
  readonly signFor?: (server: string) => Sign | undefined;
  /** Asked before a person is signed out because the server refuses what the provider gives. */
  readonly tryToken?: TryToken;
  /** Called once for a credential that has ended: by the process that marked it, after the mark is in the store. */
  readonly onRefused?: OnRefused;
  /** The same, before the mark: what it writes is there whatever becomes of this process. */
  readonly onRefusing?: OnRefusing;
  /** Told of each refresh that was due, once it is answered: for counting. */
  readonly onRefresh?: OnRefresh;
  readonly log: Log;
  readonly now?: () => number;
  /** From 0 to 1: how much earlier than 120 s before its end a token is refreshed. */
  readonly random?: () => number;
  /** Waits for so many ms. */
  readonly pause?: (ms: number) => Promise<unknown>;
}

/** A keeper that also works by itself: what is in use is refreshed before anybody has to wait for it. */
export interface WorkingTokenKeeper extends TokenKeeper {
  /** To be called every few seconds. Starts what is due, and waits for none of it. */
  sweep(): void;
  /** Begins nothing any more, and resolves when what a provider was asked is answered and written (bounded). */
  close(): Promise<void>;
}

/** As long as an answer may take. */
const CLOSING_TAKES_AT_MOST_MS = 10_000;

/** One pass over one credential: whose it is, and the token that the server just refused, if one. */
interface Ask {
  readonly key: CredentialKey;
  readonly rejected: string | undefined;
}

class Keeper implements WorkingTokenKeeper {
  readonly #options: TokenKeeperOptions;
  readonly #now: () => number;
  readonly #kept: KeptTokens;
  readonly #plans: RenewalPlans;
  readonly #backoff: Backoff;
  readonly #doubted: DoubtedTokens;
  readonly #renewals: Renewals;
  readonly #servers: MovedServers;
  readonly #upcoming = new UpcomingRefreshes();
  readonly #refreshing = new Map<string, Promise<TokenOutcome>>();
  #closed = false;

  constructor(options: TokenKeeperOptions) {
    const { now = Date.now } = options;
    this.#options = options;
    this.#now = now;
    this.#kept = new KeptTokens(options);
    this.#servers = new MovedServers(options.urlOf);
    this.#plans = new RenewalPlans(options.random);
    this.#backoff = createBackoff(now);
    this.#doubted = new DoubtedTokens({ ...options, now });
    const parts = { kept: this.#kept, backoff: this.#backoff, doubted: this.#doubted };
    this.#renewals = new Renewals({ ...options, ...parts, now });
  }

  accessToken(key: CredentialKey, rejected?: string): Promise<TokenOutcome> {
    return rejected === undefined ? this.#once({ key, rejected }) : this.#instead({ key, rejected });
  }

  async keep(key: CredentialKey, tokens: OAuthCredential): Promise<void> {
    await this.#options.store.lock(lockOf(key), () => this.#options.credentials.set(key, tokens));
    this.#backoff.clear(lockOf(key));
  }

  async signOut(key: CredentialKey): Promise<SignOutOutcome> {
    const { signOut } = await import('../credentials/sign-out.js');
    return await signOut(key, this.#kept, this.#options);
  }

  sweep(): void {
    if (this.#closed) return;
    for (const key of this.#kept.unwritten()) void this.#inBackground(key);
    this.#upcoming.start(this.#now(), (key) => this.#inBackground(key));
  }

  async close(): Promise<void> {
    this.#closed = true;
    const ended = this.#renewals
      .close()
      .then(() => Promise.all(this.#kept.unwritten().map((key) => this.#inBackground(key))));
    await Promise.race([ended, sleep(CLOSING_TAKES_AT_MOST_MS, undefined, { ref: false })]);
  }

  async #instead(ask: Ask): Promise<TokenOutcome> {
    const outcome = await this.#once(ask);
    // The refresh that this call joined may have begun before the token it brought was refused.
    return outcome.kind === 'token' && outcome.accessToken === ask.rejected ? await this.#once(ask) : outcome;
  }

  /** What there is now; a refresh is waited for only when that is not good enough. */
  async #once(ask: Ask): Promise<TokenOutcome> {
    const found = this.#kept.current(ask.key);
    const tokens = found instanceof Promise ? await found : found;
    const settled = this.#settled(tokens, ask) ?? this.#meanwhile(tokens, ask);
    if (settled === undefined) return await this.#refreshed(ask);
    if (tokens !== undefined) this.#upcoming.given(ask.key, tokens, this.#plans.of(tokens).refreshAtMs);
    return settled;
  }

  /** The outcome that needs no lock, or undefined: a refresh (or a mark) is due. */
  #settled(tokens: OAuthCredential | undefined, { key, rejected }: Ask): TokenOutcome | undefined {
    const nowMs = this.#now();
    if (tokens === undefined || tokens.refused !== undefined) return standing(tokens, nowMs);
    if (this.#servers.hasMoved(key, tokens)) return standing(undefined, nowMs);
    const wasRejected = tokens.accessToken === rejected;
    if (!wasRejected) {
      if (nowMs < this.#plans.of(tokens).refreshAtMs) return tokenOf(tokens);
      if (tokens.refreshToken === undefined) return standing(tokens, nowMs);
    } else {
      const judged = this.#doubted.judgedBefore(key, tokens.accessToken);
      if (judged !== undefined) return judged === 'works' ? tokenOf(tokens) : REFUSED_UNPROVEN;
    }
    const retryAtMs = this.#backoff.waitUntilMs(lockOf(key));
    return retryAtMs === undefined ? undefined : stillOr(tokens, wasRejected, nowMs, retryAtMs);
  }

  /** A refresh is due, and the token lives: nobody has to wait for the new one. */
  #meanwhile(tokens: OAuthCredential | undefined, { key, rejected }: Ask): TokenOutcome | undefined {
    if (tokens === undefined || tokens.accessToken === rejected) return undefined;
    if (this.#now() >= this.#plans.of(tokens).waitAtMs) return undefined;
    if (!this.#closed) void this.#inBackground(key);
    return tokenOf(tokens);
  }

  async #inBackground(key: CredentialKey): Promise<void> {
    try {
      await this.#refreshed({ key, rejected: undefined });
    } catch (error) {
      this.#backoff.failed(lockOf(key));
      this.#options.log.warn({ ...key, err: error }, 'a refresh in the background failed');
    }
  }

  /** One at a time for each credential in this process; who comes meanwhile gets what comes of it. */
  #refreshed(ask: Ask): Promise<TokenOutcome> {
    const name = lockOf(ask.key);
    const running = this.#refreshing.get(name);
    if (running !== undefined) return running;
    const refreshing = this.#underLock(ask).finally(() => this.#refreshing.delete(name));
    this.#refreshing.set(name, refreshing);
    return refreshing;
  }

  async #underLock(ask: Ask): Promise<TokenOutcome> {
    const { key, rejected } = ask;
    try {
      return await this.#options.store.lock(lockOf(key), async (lease) => {
        // Whoever held the lock before us may have rotated the tokens: read again.
        const tokens = await this.#kept.underLock(key);
        const settled = this.#settled(tokens, ask);
        if (settled !== undefined || tokens === undefined) return settled ?? standing(tokens, this.#now());
        const wasRejected = tokens.accessToken === rejected;
        return await this.#renewals.renew({ key, tokens, wasRejected, lease });
      });
    } catch (error) {
      if (!isOutage(error)) throw error;
      return await this.#inSpiteOf(error, ask);
    }
  }

  /** The store is away, or others are busy with this credential for very long. */
  async #inSpiteOf(error: StoreError, { key, rejected }: Ask): Promise<TokenOutcome> {
    const tokens = await this.#kept.current(key);
    const serves = tokens !== undefined && tokens.accessToken !== rejected && isAlive(tokens, this.#now());
    if (serves) return standing(tokens, this.#now());
    if (error.code === 'store_unavailable') throw error;
    return { kind: 'try-later', retryAtMs: this.#now() + SOON_MS };
  }
}

/**
 * The one place where tokens are read, refreshed and written. One refresh per credential at a time: callers in this
 * process share a promise, processes that share the store take the credential's lock and then read again.
 */
export function createTokenKeeper(options: TokenKeeperOptions): WorkingTokenKeeper {
  return new Keeper(options);
}
