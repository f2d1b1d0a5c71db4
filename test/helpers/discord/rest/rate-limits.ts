import { createHash } from 'node:crypto';

export type Headers = Readonly<Record<string, string>>;

interface Limit {
  readonly route: string;
  readonly count: number;
  readonly perMs: number;
}

interface Told {
  readonly headers: Headers;
  /** Seconds, where it is too much. */
  readonly retryAfter?: number;
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

/** At most so many calls of a route, per channel, guild or webhook, within a time. Off until told. */
export class RateLimits {
  readonly #now: () => number;
  readonly #limits: Limit[] = [];
  readonly #times = new Map<string, readonly number[]>();

  constructor(now: () => number) {
    this.#now = now;
  }

  set(route: string, count: number, perMs: number): void {
    this.#limits.unshift({ route, count, perMs });
  }

  /** Refused calls do not count. */
  take(route: string, major: string): Told {
    const limit = this.#limits.find((one) => route.startsWith(one.route));
    if (limit === undefined) return { headers: {} };
    const { count, perMs } = limit;
    const [key, now] = [`${limit.route} ${major}`, this.#now()];
    const times = (this.#times.get(key) ?? []).filter((atMs) => now - atMs < perMs);
    const over = times.length >= count;
    if (!over) this.#times.set(key, [...times, now]);
    const resetMs = (times[0] ?? now) + perMs;
    const headers = {
      'x-ratelimit-limit': String(count),
      'x-ratelimit-remaining': String(over ? 0 : count - times.length - 1),
      'x-ratelimit-reset': seconds(resetMs),
      'x-ratelimit-reset-after': seconds(resetMs - now),
      'x-ratelimit-bucket': createHash('md5').update(limit.route).digest('hex'),
    };
    return over ? { headers, retryAfter: (resetMs - now) / 1000 } : { headers };
  }
}

export function tooMany(retryAfter: number, scope: 'user' | 'global' | 'shared', headers: Headers = {}) {
  const everywhere = scope === 'global';
  return {
    status: 429,
    json: { message: 'You are being rate limited.', retry_after: retryAfter, global: everywhere },
    headers: {
      ...headers,
      'retry-after': String(retryAfter),
      'x-ratelimit-scope': scope,
      ...(everywhere ? { 'x-ratelimit-global': 'true' } : {}),
    },
  };
}
