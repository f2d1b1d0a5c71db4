import { membersOf } from '../../common/payload.js';
import type { ApiRequest } from './api.js';
import type { HttpAnswer } from './http-client.js';

/** Buckets that are remembered at a time. */
const MOST = 1_000;

/**
 * How long requests have to wait: Discord says with each answer how many more of a kind it takes until when, and with a
 * 429 for how long a kind, or everything, is to be left alone (Discord, "Rate Limits"). Whoever comes before that waits
 * here, and Discord is not asked: asking it again makes the wait longer, and 10 000 refused requests within ten minutes
 * bar the address.
 */
export interface RateLimits {
  waitMs(request: ApiRequest): number;
  note(request: ApiRequest, answer: HttpAnswer): void;
}

export function createRateLimits(now: () => number): RateLimits {
  const untilMs = new Map<string, number>();
  let allUntilMs = 0;

  function keep(request: ApiRequest, waitMs: number): void {
    const bucket = bucketOf(request);
    untilMs.delete(bucket);
    untilMs.set(bucket, now() + waitMs);
    for (const oldest of untilMs.keys()) {
      if (untilMs.size <= MOST) break;
      untilMs.delete(oldest);
    }
  }

  return {
    waitMs(request) {
      const until = Math.max(untilMs.get(bucketOf(request)) ?? 0, isInteraction(request) ? 0 : allUntilMs);
      return Math.max(0, until - now());
    },
    note(request, answer) {
      const { status, headers } = answer;
      if (status === 429) {
        const waitMs = retryAfterMs(answer);
        if (headers['x-ratelimit-global'] !== undefined || headers['x-ratelimit-scope'] === 'global')
          allUntilMs = now() + waitMs;
        else keep(request, waitMs);
      } else if (headers['x-ratelimit-remaining'] === '0') {
        keep(request, secondsOf(headers['x-ratelimit-reset-after']) * 1000);
      }
    },
  };
}

/** A 429 by Discord has it exactly in its body; one by the proxy before it has the header alone. */
export function retryAfterMs({ headers, text }: HttpAnswer): number {
  const exact = membersOf(parsed(text)).retry_after;
  const seconds = typeof exact === 'number' ? exact : secondsOf(headers['retry-after']);
  return Math.max(0, Math.ceil(seconds * 1000)) || 1_000;
}

export function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function secondsOf(header: string | string[] | undefined): number {
  const seconds = Number(header);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 0;
}

/** "Per route, and per channel, guild or webhook in it": messages of one channel share theirs. */
function bucketOf({ method, path }: ApiRequest): string {
  return `${method} ${path.replace(/(\/messages\/)\d+$/, '$1:id')}`;
}

/** "Interaction endpoints are not bound to the bot's global rate limit". */
function isInteraction({ path }: ApiRequest): boolean {
  return path.startsWith('/interactions/') || path.startsWith('/webhooks/');
}
