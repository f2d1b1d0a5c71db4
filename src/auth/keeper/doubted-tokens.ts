import { setTimeout as sleep } from 'node:timers/promises';
import { RecentlyUsed } from '../../storage/recently-used.js';
import type { CredentialKey, OAuthCredential, VerifyOutcome } from '../types.js';
import { onceHeardOf } from './fresh-tokens.js';
import { lockOf } from './kept-tokens.js';

/** What connecting to the server with a token showed. `proven` is false where it lets in who has none as well. */
interface Tried {
  readonly kind: VerifyOutcome['kind'];
  readonly proven?: boolean;
}

export type TryToken = (key: CredentialKey, accessToken: string) => Promise<Tried>;

/** `unproven`: the server refused it, and lets anybody connect. `unclear`: it could not be asked. */
type Judgement = 'works' | 'unproven' | 'refused' | 'unclear';

/** How long a token that was doubted in vain is not doubted again, and a new one is not replaced by a newer one. */
const SETTLED_MS = 60_000;

/** A little ahead counts as well, as the clocks of gateways differ; not more: where the clock was put back, it would for hours. */
const justHappened = (atMs: number, nowMs: number): boolean => Math.abs(nowMs - atMs) < SETTLED_MS;

/** It is fresh and came in place of one that was refused: a third would be refused as well. */
export const replacedOne = ({ replacesRefused, issuedAtMs }: OAuthCredential, nowMs: number): boolean =>
  replacesRefused === true && justHappened(issuedAtMs, nowMs);

interface Judged {
  readonly accessToken: string;
  readonly was: 'works' | 'unproven';
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
  readonly #judged = new RecentlyUsed<Judged>(1_000);

  constructor(options: DoubtedTokensOptions) {
    this.#options = options;
    this.#pause = options.pause ?? ((ms) => sleep(ms));
  }

  /** It was refused, and tried with a connection: another 401 so soon says nothing new. */
  judgedBefore(key: CredentialKey, accessToken: string): 'works' | 'unproven' | undefined {
    const judged = this.#judged.get(lockOf(key));
    if (judged?.accessToken !== accessToken) return undefined;
    return justHappened(judged.atMs, this.#options.now()) ? judged.was : undefined;
  }

  async judge(key: CredentialKey, tokens: OAuthCredential): Promise<Judgement> {
    const { tryToken, now } = this.#options;
    if (tryToken === undefined) return 'refused';
    const { accessToken } = tokens;
    const hearing = { now, pause: this.#pause };
    const { kind, proven } = await onceHeardOf(tokens, () => tryToken(key, accessToken), hearing);
    if (kind === 'refused') return 'refused';
    if (kind === 'unreachable') return 'unclear';
    const was = proven === false ? 'unproven' : 'works';
    this.#judged.set(lockOf(key), { accessToken, was, atMs: now() });
    return was;
  }
}
