import type { Log } from '../../observability/log.js';
import { recordKey, StoreError } from '../../storage/types.js';
import type { CredentialRecords } from '../credentials/credentials.js';
import type { Credential, CredentialKey, OAuthCredential } from '../types.js';

/** The name of a credential's lock, and its key in this process's maps. */
export const lockOf = ({ subject, server }: CredentialKey): string =>
  recordKey('credential', subject, server);

/** The store is away, full or busy: it says nothing about what is in it. */
export const isOutage = (error: unknown): error is StoreError =>
  error instanceof StoreError && error.code !== 'record_unreadable' && error.code !== 'wrong_key';

const oauthOf = (credential: Credential | undefined): OAuthCredential | undefined =>
  credential?.kind === 'oauth' ? credential : undefined;

/** Whatever else stands there: a mark that they were refused, say. */
const sameTokens = (one: OAuthCredential | undefined, other: OAuthCredential): boolean =>
  one?.accessToken === other.accessToken && one.refreshToken === other.refreshToken;

/** An answer of the provider that the store could not take: the only one that still works. */
interface Unwritten {
  readonly key: CredentialKey;
  /** What may stand in the store in its place: that it could not answer does not mean that it wrote nothing. */
  readonly spent: readonly OAuthCredential[];
  readonly tokens: OAuthCredential;
}

const isOneOf = (found: OAuthCredential | undefined, all: readonly OAuthCredential[]): boolean =>
  all.some((each) => sameTokens(found, each));

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
    if (isOneOf(stored, unwritten.spent)) return await this.#put(unwritten);
    this.#unwritten.delete(lockOf(key));
    return stored;
  }

  /**
   * To be called under the lock: an answer in the place of what was spent for it. A store that is full or down does not
   * lose it.
   *
   * @returns what counts now, as of `replace`
   */
  async write(
    key: CredentialKey,
    tokens: OAuthCredential,
    spent: OAuthCredential,
  ): Promise<OAuthCredential | undefined> {
    return await this.#put({ key, tokens, spent: this.#inStoreFor(key, spent) });
  }

  /**
   * To be called under the lock. What somebody else has put in the place of `spent`, or that they deleted it, stays: the
   * lock may be lost, in a failover of the store, and nobody here has heard of it yet.
   *
   * @returns what counts now
   */
  async replace(
    key: CredentialKey,
    spent: OAuthCredential,
    value: OAuthCredential,
  ): Promise<OAuthCredential | undefined> {
    return await this.#replace({ key, tokens: value, spent: this.#inStoreFor(key, spent) });
  }

  /** Tokens of which the answer is not written yet have others in their place. */
  #inStoreFor(key: CredentialKey, tokens: OAuthCredential): readonly OAuthCredential[] {
    const unwritten = this.#unwritten.get(lockOf(key));
    return unwritten !== undefined && sameTokens(tokens, unwritten.tokens)
      ? [...unwritten.spent, tokens]
      : [tokens];
  }

  async #put(answer: Unwritten): Promise<OAuthCredential | undefined> {
    try {
      return await this.#replace(answer);
    } catch (error) {
      this.#later(answer, error);
      return answer.tokens;
    }
  }

  async #replace({ key, tokens, spent }: Unwritten): Promise<OAuthCredential | undefined> {
    const isStill = (found: Credential) => isOneOf(oauthOf(found), spent);
    const counts = await this.#credentials.replace(key, isStill, tokens);
    this.#unwritten.delete(lockOf(key));
    return oauthOf(counts);
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
      return unwritten !== undefined && isOneOf(stored, unwritten.spent) ? unwritten.tokens : stored;
    } catch (error) {
      const known = unwritten?.tokens ?? oauthOf(this.#credentials.remembered(key));
      if (known === undefined || !isOutage(error)) throw error;
      return known;
    }
  }
}
