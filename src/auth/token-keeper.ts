import type { FetchLike } from '@modelcontextprotocol/client';
import type { Log } from '../observability/log.js';
import { recordKey, type Store, StoreError } from '../storage/types.js';
import { type Backoff, createBackoff } from './backoff.js';
import type { Sign } from './client-keys.js';
import type { CredentialRecords } from './credentials.js';
import { isAlive, isFresh, refusedSince, tokenOf } from './token-life.js';
import type { CredentialKey, OAuthCredential, SignOutOutcome, TokenKeeper, TokenOutcome } from './types.js';

export interface TokenKeeperOptions {
  readonly store: Store;
  readonly credentials: CredentialRecords;
  /** The guarded fetch of a server by its name; undefined when the config no longer has it. */
  readonly fetchFor: (server: string) => FetchLike | undefined;
  /** How a server's clients prove themselves by a key, where they do. */
  readonly signFor?: (server: string) => Sign | undefined;
  readonly log: Log;
  readonly now?: () => number;
}

/** Without an error code of the provider: the server answered 401 and there is nothing to refresh with (RFC 6750 §3.1). */
const REJECTED = 'invalid_token';

/** The name of a credential's lock, and its key in this process's maps. */
const lockOf = ({ subject, server }: CredentialKey): string => recordKey('credential', subject, server);

/** One pass over one credential: whose it is, and the token that the server just refused, if one. */
interface Ask {
  readonly key: CredentialKey;
  readonly rejected: string | undefined;
}

class Keeper implements TokenKeeper {
  readonly #options: TokenKeeperOptions;
  readonly #now: () => number;
  readonly #backoff: Backoff;
  readonly #refreshing = new Map<string, Promise<TokenOutcome>>();
  /** Answers of the provider that the store could not take (disk full): written as soon as it can. */
  readonly #unwritten = new Map<string, { readonly spent: string; readonly tokens: OAuthCredential }>();

  constructor(options: TokenKeeperOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#backoff = createBackoff(this.#now);
  }

  async accessToken(key: CredentialKey, rejected?: string): Promise<TokenOutcome> {
    const ask = { key, rejected };
    const outcome = await this.#once(ask);
    // The refresh that this call joined may have begun before the token it brought was refused.
    return outcome.kind === 'token' && outcome.accessToken === rejected ? await this.#once(ask) : outcome;
  }

  async keep(key: CredentialKey, tokens: OAuthCredential): Promise<void> {
    await this.#options.store.lock(lockOf(key), () => this.#options.credentials.set(key, tokens));
    this.#backoff.clear(lockOf(key));
  }

  async signOut(key: CredentialKey): Promise<SignOutOutcome> {
    // Deleted under the lock, so that no refresh under way brings it back; revoked after, as a provider may be slow.
    const credential = await this.#options.store.lock(lockOf(key), async () => {
      const found = await this.#options.credentials.get(key);
      if (found !== undefined) await this.#options.credentials.delete(key);
      return found;
    });
    if (credential === undefined) return { kind: 'nothing' };
    if (credential.kind !== 'oauth') return { kind: 'deleted-only', why: 'not-oauth' };
    return await this.#revoke(key, credential);
  }

  async #revoke(key: CredentialKey, credential: OAuthCredential): Promise<SignOutOutcome> {
    const fetch = this.#options.fetchFor(key.server);
    if (fetch === undefined) return { kind: 'deleted-only', why: 'failed' };
    const { revoke } = await import('./revocation.js');
    const outcome = await revoke(credential, { fetch, sign: this.#signFor(key) });
    if (outcome.kind === 'revoked') return { kind: 'revoked' };
    if (outcome.kind !== 'failed') return { kind: 'deleted-only', why: outcome.kind };
    this.#options.log.warn(
      { ...key, failure: outcome.failure },
      'revocation failed; the credential is deleted',
    );
    return { kind: 'deleted-only', why: 'failed' };
  }

  /** What the store says now; a refresh only when that is not good enough. */
  async #once(ask: Ask): Promise<TokenOutcome> {
    const name = lockOf(ask.key);
    const settled = this.#settle(await this.#read(ask.key), ask);
    if (settled !== undefined && !this.#unwritten.has(name)) return settled;
    const running = this.#refreshing.get(name);
    if (running !== undefined) return await running;
    const refreshing = this.#underLock(ask).finally(() => this.#refreshing.delete(name));
    this.#refreshing.set(name, refreshing);
    return await refreshing;
  }

  async #read(key: CredentialKey): Promise<OAuthCredential | undefined> {
    const credential = await this.#options.credentials.get(key);
    return credential?.kind === 'oauth' ? credential : undefined;
  }

  /** The same under the lock, with an answer that could not be written: it is the only one that still works. */
  async #recovered(key: CredentialKey): Promise<OAuthCredential | undefined> {
    const stored = await this.#read(key);
    const unwritten = this.#unwritten.get(lockOf(key));
    if (unwritten === undefined) return stored;
    if (stored?.refreshToken === unwritten.spent) {
      await this.#store(key, unwritten.tokens, unwritten.spent);
      return unwritten.tokens;
    }
    this.#unwritten.delete(lockOf(key));
    return stored;
  }

  /** A store that is full or down does not lose the answer: `spent` is what the stored record still holds. */
  async #store(key: CredentialKey, tokens: OAuthCredential, spent: string): Promise<void> {
    try {
      await this.#options.credentials.set(key, tokens);
      this.#unwritten.delete(lockOf(key));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#unwritten.set(lockOf(key), { spent, tokens });
      this.#options.log.error({ ...key, err: error }, 'refreshed tokens are not written yet');
    }
  }

  /** The outcome that needs no lock, or undefined: a refresh (or a mark) is due. */
  #settle(tokens: OAuthCredential | undefined, { key, rejected }: Ask): TokenOutcome | undefined {
    if (tokens === undefined) return { kind: 'needs-sign-in', reason: 'never' };
    if (tokens.refused !== undefined) return refusedSince(tokens.refused.sinceMs);
    const wasRejected = tokens.accessToken === rejected;
    if (!wasRejected && isFresh(tokens, this.#now())) return tokenOf(tokens);
    if (tokens.refreshToken === undefined) return wasRejected ? undefined : this.#unrefreshable(tokens);
    const retryAtMs = this.#backoff.waitUntilMs(lockOf(key));
    return retryAtMs === undefined ? undefined : this.#stillOr(tokens, wasRejected, retryAtMs);
  }

  #unrefreshable(tokens: OAuthCredential): TokenOutcome {
    return isAlive(tokens, this.#now()) ? tokenOf(tokens) : refusedSince(tokens.expiresAtMs ?? this.#now());
  }

  /** A refresh cannot be had now: the token serves as long as it lives. */
  #stillOr(tokens: OAuthCredential, wasRejected: boolean, retryAtMs: number): TokenOutcome {
    return !wasRejected && isAlive(tokens, this.#now()) ? tokenOf(tokens) : { kind: 'try-later', retryAtMs };
  }

  async #underLock(ask: Ask): Promise<TokenOutcome> {
    try {
      return await this.#options.store.lock(lockOf(ask.key), async (lease) => {
        // Whoever held the lock before us may have rotated the tokens: read again.
        const tokens = await this.#recovered(ask.key);
        return this.#settle(tokens, ask) ?? (await this.#renew(tokens, ask, lease));
      });
    } catch (error) {
      const busy =
        error instanceof StoreError && (error.code === 'lock_timeout' || error.code === 'store_busy');
      if (!busy) throw error;
      const tokens = await this.#read(ask.key);
      const retryAtMs = this.#now() + 1000;
      if (tokens === undefined) return { kind: 'try-later', retryAtMs };
      return this.#stillOr(tokens, tokens.accessToken === ask.rejected, retryAtMs);
    }
  }

  async #renew(tokens: OAuthCredential | undefined, ask: Ask, lease: AbortSignal): Promise<TokenOutcome> {
    if (tokens === undefined) return { kind: 'needs-sign-in', reason: 'never' };
    if (tokens.refreshToken === undefined) return await this.#refuse(ask.key, tokens, REJECTED);
    const wasRejected = tokens.accessToken === ask.rejected;
    const fetch = this.#options.fetchFor(ask.key.server);
    if (fetch === undefined) return this.#stillOr(tokens, wasRejected, this.#now() + 60_000);
    const spent = tokens.refreshToken;
    const { refresh } = await import('./refresh.js');
    const outcome = await refresh(tokens, spent, {
      fetch,
      now: this.#now,
      lease,
      sign: this.#signFor(ask.key),
    });
    switch (outcome.kind) {
      case 'refreshed':
        return await this.#write(ask.key, spent, outcome.tokens, lease);
      case 'refused':
        return await this.#refuse(ask.key, tokens, outcome.code);
      case 'not-sent':
        return this.#stillOr(tokens, wasRejected, this.#now() + 1000);
      case 'failed': {
        const retryAtMs = this.#backoff.failed(lockOf(ask.key), outcome.retryAfterMs);
        this.#options.log.warn(
          { ...ask.key, failure: outcome.failure },
          'refresh failed; it will be tried again',
        );
        return this.#stillOr(tokens, wasRejected, retryAtMs);
      }
    }
  }

  /** The answer is always written; only what was signed out or signed in anew since the lock was lost stays as it is. */
  async #write(
    key: CredentialKey,
    spent: string,
    after: OAuthCredential,
    lease: AbortSignal,
  ): Promise<TokenOutcome> {
    this.#backoff.clear(lockOf(key));
    const found = lease.aborted ? await this.#read(key) : undefined;
    if (lease.aborted && found?.refreshToken !== spent)
      return this.#settle(found, { key, rejected: undefined }) ?? tokenOf(after);
    await this.#store(key, after, spent);
    this.#options.log.debug({ ...key, expiresAtMs: after.expiresAtMs }, 'refreshed');
    return tokenOf(after);
  }

  #signFor({ server }: CredentialKey): Sign | undefined {
    return this.#options.signFor?.(server);
  }

  async #refuse(key: CredentialKey, tokens: OAuthCredential, code: string): Promise<TokenOutcome> {
    const sinceMs = this.#now();
    await this.#options.credentials.set(key, { ...tokens, refused: { sinceMs, code } });
    const { afterRefusal } = await import('./after-refusal.js');
    await afterRefusal(this.#options.store, key.server, tokens, code);
    this.#options.log.warn({ ...key, reason: code }, 'the provider ended this credential');
    return refusedSince(sinceMs);
  }
}

/**
 * The one place where tokens are read, refreshed and written. One refresh per credential at a time: callers in this
 * process share a promise, processes that share the store take the credential's lock and then read again.
 */
export function createTokenKeeper(options: TokenKeeperOptions): TokenKeeper {
  return new Keeper(options);
}
