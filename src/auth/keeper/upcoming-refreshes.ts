import type { CredentialKey, OAuthCredential } from '../types.js';
import { lockOf } from './kept-tokens.js';

/** Of more credentials than this, the rest is refreshed when it is used. */
const MOST = 20_000;
/** So many run at a time: a provider that hangs holds up its own people only, and nobody is asked by all at once. */
const MOST_RUNNING = 32;
const MOST_RUNNING_FOR_A_SERVER = 8;

interface Upcoming {
  readonly key: CredentialKey;
  readonly atMs: number;
}

/**
 * Which credentials in use are to be refreshed, and when. In use means given out since their last refresh: what nobody
 * asks for any more is refreshed once more, and then not until somebody does.
 */
export class UpcomingRefreshes {
  readonly #given = new WeakSet<OAuthCredential>();
  readonly #upcoming = new Map<string, Upcoming>();
  /** By server. */
  readonly #running = new Map<string, number>();
  #runningInAll = 0;

  /** These tokens were given out. */
  given(key: CredentialKey, tokens: OAuthCredential, refreshAtMs: number): void {
    if (this.#given.has(tokens)) return;
    this.#given.add(tokens);
    const name = lockOf(key);
    const refreshes = tokens.refreshToken !== undefined && Number.isFinite(refreshAtMs);
    if (!refreshes) this.#upcoming.delete(name);
    else if (this.#upcoming.size < MOST || this.#upcoming.has(name))
      this.#upcoming.set(name, { key, atMs: refreshAtMs });
  }

  /** Starts what is due, as far as there is room; the rest stays for the next time. */
  start(nowMs: number, refresh: (key: CredentialKey) => Promise<void>): void {
    for (const [name, { key, atMs }] of this.#upcoming) {
      if (this.#runningInAll >= MOST_RUNNING) return;
      const running = this.#running.get(key.server) ?? 0;
      if (atMs > nowMs || running >= MOST_RUNNING_FOR_A_SERVER) continue;
      this.#upcoming.delete(name);
      this.#running.set(key.server, running + 1);
      this.#runningInAll += 1;
      void refresh(key).finally(() => this.#ended(key.server));
    }
  }

  #ended(server: string): void {
    this.#runningInAll -= 1;
    const left = (this.#running.get(server) ?? 1) - 1;
    if (left === 0) this.#running.delete(server);
    else this.#running.set(server, left);
  }
}
