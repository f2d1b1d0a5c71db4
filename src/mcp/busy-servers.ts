import type { FetchLike } from '@modelcontextprotocol/client';
import { retryAfterMs } from '../auth/requests/retry-after.js';
import { AccessError } from './refusals.js';

/** 429 Too Many Requests (RFC 6585 §4) and 503 with a `Retry-After`: the SDK's own error would not say when. */
export function withBusyServers(fetch: FetchLike, now: () => number = Date.now): FetchLike {
  return async (url, init) => {
    const response = await fetch(url, init);
    if (response.status !== 429 && response.status !== 503) return response;
    const againMs = retryAfterMs(response, now());
    if (againMs === undefined) return response;
    const { hostname } = new URL(url);
    const detail = `${hostname} is busy (HTTP ${response.status})`;
    await response.body?.cancel();
    throw new AccessError(
      { kind: 'unreachable', failure: { code: 'http-error', detail, host: hostname } },
      againMs,
    );
  };
}
