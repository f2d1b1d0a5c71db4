import type { Log } from '../observability/log.js';
import { recordKey, StoreError } from '../storage/types.js';
import type { CredentialRecords } from './credentials.js';
import type { Credential, CredentialKey, OAuthCredential } from './types.js';

/** The name of a credential's lock, and its key in this process's maps. */
export const lockOf = ({ subject, server }: CredentialKey): string =>
  recordKey('credential', subject, server);

/** The store is away, full or busy: it says nothing about what is in it. */
export const isOutage = (error: unknown): error is StoreError =>
  error instanceof StoreError && error.code !== 'record_unreadable' && error.code !== 'wrong_key';

const oauthOf = (credential: Credential | undefined): OAuthCredential | undefined =>
  credential?.kind === 'oauth' ? credential : undefined;

/** Whatever else stands there: a mark that they were refused, say. */
export const sameTokens = (one: OAuthCredential | undefined, other: OAuthCredential): boolean =>
  one?.accessToken === other.accessToken && one.refreshToken === other.refreshToken;

/** An answer of the provider that the store could not take: the only one that still works. */
interface Unwritten {
  readonly key: CredentialKey;
  /** What stands in the store in its place. */
  readonly spent: OAuthCredential;
  readonly tokens: OAuthCredential;
}

export interface KeptTokensOptions {
  readonly credentials: CredentialRecords;
  readonly log: Log;
}

/**
 * People's tokens as the store has them, in front of it what is in memory: what was read before, while nobody changed
 * it, or while the store cannot be asked; and answers that it could not take yet.
 */
export class KeptTokens {
  readonly #credentials: CredentialRecords;
  readonly #log: Log;
  readonly #unwritten = new Map<string, Unwritten>();

  constructor({ credentials, log }: KeptTokensOptions) {
    this.#credentials = credentials;
    this.#log = log;
  }

  /** At once when they are in memory. @throws {StoreError} a rejection: the store cannot tell, and nothing is known */
  current(key: CredentialKey): OAuthCredential | undefined | Promise<OAuthCredential | undefined> {
    const found = this.#credentials.current(key);
    return found instanceof Promise || this.#unwritten.size > 0 ? this.#settled(key, found) : oauthOf(found);
  }

  /** Those of which the answer is not written yet. */
  unwritten(): readonly CredentialKey[] {
    return [...this.#unwritten.values()].map(({ key }) => key);
  }

  /** To be called under the credential's lock: read anew, and what was not written is, if the store can now. */
  async underLock(key: CredentialKey): Promise<OAuthCredential | undefined> {
    const stored = await this.stored(key);
    const unwritten = this.#unwritten.get(lockOf(key));
    if (unwritten === undefined) return stored;
    if (sameTokens(stored, unwritten.spent)) {
      await this.write(key, unwritten.tokens, unwritten.spent);
      return unwritten.tokens;
    }
    this.#unwritten.delete(lockOf(key));
    return stored;
  }

  /** To be called under the lock. A store that is full or down does not lose them. @param spent what they replace */
  async write(key: CredentialKey, tokens: OAuthCredential, spent: OAuthCredential): Promise<void> {
    try {
      await this.#credentials.set(key, tokens);
      this.#unwritten.delete(lockOf(key));
    } catch (error) {
      this.#later({ key, spent, tokens }, error);
    }
  }

  /**
   * The same where the lock was lost meanwhile: what somebody else has put there stays.
   *
   * @returns what counts now
   */
  async writeOver(
    key: CredentialKey,
    tokens: OAuthCredential,
    spent: OAuthCredential,
  ): Promise<OAuthCredential | undefined> {
    try {
      const found = await this.stored(key);
      if (!sameTokens(found, spent)) return found;
    } catch (error) {
      this.#later({ key, spent, tokens }, error);
      return tokens;
    }
    await this.write(key, tokens, spent);
    return tokens;
  }

  #later(unwritten: Unwritten, error: unknown): void {
    if (!isOutage(error)) throw error;
    this.#unwritten.set(lockOf(unwritten.key), unwritten);
    this.#log.error({ ...unwritten.key, err: error }, 'refreshed tokens are not written yet');
  }

  /** As the store has them now. */
  async stored(key: CredentialKey): Promise<OAuthCredential | undefined> {
    return oauthOf(await this.#credentials.get(key));
  }

  async #settled(
    key: CredentialKey,
    found: Credential | undefined | Promise<Credential | undefined>,
  ): Promise<OAuthCredential | undefined> {
    const unwritten = this.#unwritten.get(lockOf(key));
    try {
      const stored = oauthOf(await found);
      return unwritten !== undefined && sameTokens(stored, unwritten.spent) ? unwritten.tokens : stored;
    } catch (error) {
      const known = unwritten?.tokens ?? oauthOf(this.#credentials.remembered(key));
      if (known === undefined || !isOutage(error)) throw error;
      return known;
    }
  }
}
