import type { FetchLike } from '@modelcontextprotocol/client';
import type { Log } from '../../observability/log.js';
import type { Sign } from '../clients/client-keys.js';
import type { CredentialKey, OAuthCredential, TokenOutcome } from '../types.js';
import { type Backoff, SOON_MS } from './backoff.js';
import { type DoubtedTokens, replacedOne } from './doubted-tokens.js';
import { type KeptTokens, lockOf } from './kept-tokens.js';
import type { RefreshOutcome } from './refresh.js';
import type { MarkingOptions } from './refused-credentials.js';
import { REFUSED_UNPROVEN, standing, stillOr, tokenOf } from './token-life.js';

export type OnRefresh = (outcome: RefreshOutcome['kind']) => void;

export interface RenewalsOptions extends MarkingOptions {
  readonly fetchFor: (server: string) => FetchLike | undefined;
  readonly signFor?: (server: string) => Sign | undefined;
  readonly kept: KeptTokens;
  readonly backoff: Backoff;
  readonly doubted: DoubtedTokens;
  readonly log: Log;
  readonly now: () => number;
  readonly onRefresh?: OnRefresh;
}

/** Tokens that are due, or that the server just refused, under their lock. */
export interface Due {
  readonly key: CredentialKey;
  readonly tokens: OAuthCredential;
  readonly wasRejected: boolean;
  /** Aborts when the lock is lost. */
  readonly lease: AbortSignal;
}

/** Without an error code of the provider: the server answered 401 and no refresh helps (RFC 6750 §3.1). */
const REJECTED = 'invalid_token';
/** A server that is no longer configured may come back with the next reload. */
const UNCONFIGURED_MS = 60_000;

/** What is done under a credential's lock: a refresh, or the end of what no refresh helps. */
export class Renewals {
  /** Requests that went out and whose answer is not written yet. */
  readonly #sent = new Set<Promise<unknown>>();
  #closed = false;

  constructor(private readonly options: RenewalsOptions) {}

  async renew(due: Due): Promise<TokenOutcome> {
    const { key, tokens, wasRejected } = due;
    const { now, fetchFor } = this.options;
    // An empty one is none: no request can be made of it.
    if (!tokens.refreshToken || (wasRejected && replacedOne(tokens, now()))) return await this.#doubt(due);
    const fetch = fetchFor(key.server);
    if (fetch === undefined) return stillOr(tokens, wasRejected, now(), now() + UNCONFIGURED_MS);
    if (this.#closed) return stillOr(tokens, wasRejected, now(), now() + SOON_MS);
    const answered = this.#send(due, tokens.refreshToken, fetch);
    this.#sent.add(answered);
    return await answered.finally(() => this.#sent.delete(answered));
  }

  /** Nothing is sent any more; resolves when what was sent is answered, and the answer written. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#sent);
  }

  async #send(due: Due, refreshToken: string, fetch: FetchLike): Promise<TokenOutcome> {
    const { key, tokens, wasRejected, lease } = due;
    const { now, signFor, backoff, log } = this.options;
    const { refresh } = await import('./refresh.js');
    const outcome = await refresh(tokens, refreshToken, { fetch, now, lease, sign: signFor?.(key.server) });
    this.options.onRefresh?.(outcome.kind);
    switch (outcome.kind) {
      case 'refreshed':
        return await this.#write(due, outcome.tokens);
      case 'refused':
        return await this.#refuse(due, outcome.code);
      case 'not-sent':
        return stillOr(tokens, wasRejected, now(), now() + SOON_MS);
      case 'failed': {
        const retryAtMs = backoff.failed(lockOf(key), outcome.retryAfterMs);
        log.warn({ ...key, failure: outcome.failure }, 'refresh failed; it will be tried again');
        return stillOr(tokens, wasRejected, now(), retryAtMs);
      }
    }
  }

  /** The answer is always written; only what was signed out or signed in anew since the lock was lost stays as it is. */
  async #write({ key, tokens, wasRejected }: Due, answer: OAuthCredential): Promise<TokenOutcome> {
    const { kept, backoff, log, now } = this.options;
    const after = wasRejected ? { ...answer, replacesRefused: true as const } : answer;
    backoff.clear(lockOf(key));
    const counts = await kept.write(key, after, tokens);
    if (counts !== after) return standing(counts, now());
    log.debug({ ...key, expiresAtMs: after.expiresAtMs }, 'refreshed');
    return tokenOf(after);
  }

  async #doubt(due: Due): Promise<TokenOutcome> {
    const { key, tokens } = due;
    switch (await this.options.doubted.judge(key, tokens)) {
      case 'works':
        return tokenOf(tokens);
      case 'unproven':
        return REFUSED_UNPROVEN;
      case 'refused':
        return await this.#refuse(due, REJECTED);
      case 'unclear':
        return { kind: 'try-later', retryAtMs: this.options.backoff.failed(lockOf(key)) };
    }
  }

  /** Only what was refused ends: where the lock was lost meanwhile, somebody may have renewed it, or signed in. */
  async #refuse({ key, tokens }: Due, code: string): Promise<TokenOutcome> {
    const { markRefused } = await import('./refused-credentials.js');
    const { now, backoff } = this.options;
    const sinceMs = now();
    try {
      const counts = await markRefused(key, tokens, { sinceMs, code }, this.options);
      return standing(counts, sinceMs);
    } catch (error) {
      // Not marked: the provider will be asked again, and not by every caller.
      backoff.failed(lockOf(key));
      throw error;
    }
  }
}
