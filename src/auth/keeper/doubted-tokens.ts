import { setTimeout as sleep } from 'node:timers/promises';
import { RecentlyUsed } from '../../storage/recently-used.js';
import type { CredentialKey, OAuthCredential, VerifyOutcome } from '../types.js';
import { lockOf } from './kept-tokens.js';

/** Connects to the server with a token, and says whether it takes it. */
export type TryToken = (key: CredentialKey, accessToken: string) => Promise<Pick<VerifyOutcome, 'kind'>>;

/** A server may learn of a new token only a moment after we have it. */
const HEARD_OF_MS = 5_000;
const HEAR_MS = 2_000;
/** How long a token that was doubted in vain is not doubted again, and a new one is not replaced by a newer one. */
const SETTLED_MS = 60_000;

/** A little ahead counts as well, as the clocks of gateways differ; not more: where the clock was put back, it would for hours. */
const justHappened = (atMs: number, nowMs: number): boolean => Math.abs(nowMs - atMs) < SETTLED_MS;

/** It is fresh and came in place of one that was refused: a third would be refused as well. */
export const replacedOne = ({ replacesRefused, issuedAtMs }: OAuthCredential, nowMs: number): boolean =>
  replacesRefused === true && justHappened(issuedAtMs, nowMs);

interface Vouched {
  readonly accessToken: string;
  readonly atMs: number;
}

export interface DoubtedTokensOptions {
  /** Absent: the server's word is enough. */
  readonly tryToken?: TryToken | undefined;
  readonly now: () => number;
  readonly pause?: (ms: number) => Promise<unknown>;
}

/**
 * Tokens that a server refused and that a refresh would not better. Before a person is signed out over one, it is tried
 * with a connection: a server that answers 401 to one tool alone signs nobody out, nor does one that is down just then.
 */
export class DoubtedTokens {
  readonly #options: DoubtedTokensOptions;
  readonly #pause: (ms: number) => Promise<unknown>;
  readonly #vouched = new RecentlyUsed<Vouched>(1_000);

  constructor(options: DoubtedTokensOptions) {
    this.#options = options;
    this.#pause = options.pause ?? ((ms) => sleep(ms));
  }

  /** It was refused, tried, and worked: another 401 so soon says nothing new. */
  isVouchedFor(key: CredentialKey, accessToken: string): boolean {
    const vouched = this.#vouched.get(lockOf(key));
    return vouched?.accessToken === accessToken && justHappened(vouched.atMs, this.#options.now());
  }

  async judge(key: CredentialKey, tokens: OAuthCredential): Promise<'works' | 'refused' | 'unclear'> {
    const { tryToken, now } = this.#options;
    if (tryToken === undefined) return 'refused';
    const seen = await this.#tried(tryToken, key, tokens);
    if (seen !== 'refused' || now() - tokens.issuedAtMs >= HEARD_OF_MS) return seen;
    await this.#pause(HEAR_MS);
    return await this.#tried(tryToken, key, tokens);
  }

  async #tried(
    tryToken: TryToken,
    key: CredentialKey,
    { accessToken }: OAuthCredential,
  ): Promise<'works' | 'refused' | 'unclear'> {
    const { now } = this.#options;
    const { kind } = await tryToken(key, accessToken);
    if (kind === 'refused') return 'refused';
    if (kind === 'unreachable') return 'unclear';
    this.#vouched.set(lockOf(key), { accessToken, atMs: now() });
    return 'works';
  }
}
