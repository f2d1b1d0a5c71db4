import type { HttpBindings } from '@hono/node-server';
import type { Context, Next } from 'hono';
import type { Log } from '../observability/log.js';
import type { ClientAddresses } from './client-address.js';
import { pageResponse } from './page-response.js';
import { tooOftenPage } from './pages/plain-pages.js';

/** Whether there is room left. */
export type Room = { readonly kind: 'ok' } | { readonly kind: 'over'; readonly retryAfterMs: number };

/** Counts by address. */
export interface AddressLimits {
  page(address: string): Room;
  forgery(address: string): void;
  forger(address: string): Room;
}

export interface LimitedParts {
  readonly limits: AddressLimits;
  readonly addresses: ClientAddresses;
  /** Paths at which platforms deliver. */
  readonly webhooks: readonly string[];
  readonly log: Log;
}

/** What webhooks answer to who is not the platform: a signature that does not fit, or a path that they do not have. */
const FORGED = new Set([401, 403, 404]);

/**
 * Keeps one address from asking for pages without an end, and from guessing at webhooks. What a platform signed is never
 * counted: it comes from few addresses, as much as there is. `/healthz` is asked by who watches over the gateway.
 */
export function limitedByAddress({ limits, addresses, webhooks, log }: LimitedParts) {
  const told = toldOnce(log);
  return async (c: Context, next: Next): Promise<Response | undefined> => {
    if (c.req.path === '/healthz') return pass(next);
    const forwarded = c.req.header('x-forwarded-for');
    const address = addresses.of(peerOf(c), forwarded);
    if (address === undefined) {
      if (forwarded !== undefined) told();
      return pass(next);
    }
    const isWebhook = webhooks.some((path) => c.req.path === path || c.req.path.startsWith(`${path}/`));
    const room = isWebhook ? limits.forger(address) : limits.page(address);
    if (room.kind === 'over') return tooOften(c, room.retryAfterMs, isWebhook);
    await next();
    if (isWebhook && FORGED.has(c.res.status)) limits.forgery(address);
    return undefined;
  };
}

async function pass(next: Next): Promise<undefined> {
  await next();
}

/** Absent where a host's own server handed the request over: it has limits of its own. */
function peerOf({ env }: Context): string | undefined {
  const { incoming } = (env ?? {}) as Partial<HttpBindings>;
  return incoming?.socket.remoteAddress;
}

/** RFC 6585 §4. */
function tooOften(c: Context, retryAfterMs: number, plainly: boolean): Response | Promise<Response> {
  c.header('Retry-After', `${Math.max(1, Math.ceil(retryAfterMs / 1000))}`);
  return plainly ? c.text('Too many requests\n', 429) : pageResponse(c, 429, tooOftenPage);
}

function toldOnce(log: Log): () => void {
  let told = false;
  return () => {
    if (told) return;
    told = true;
    log.warn(
      {},
      'requests come through a proxy that `trusted_proxies` does not name: they are not limited by address',
    );
  };
}
