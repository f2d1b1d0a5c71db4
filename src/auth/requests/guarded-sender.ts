import { type AddressRules, allowedHosts, checkUrl } from './address-guard.js';
import { guardedAgent, type Lookup } from './guarded-agent.js';
import { type ExchangeLimits, exchange } from './guarded-exchange.js';
import type { Hop } from './redirects.js';

/** One request, no redirect followed. */
export type Send = (hop: Hop, signal: AbortSignal) => Promise<Response>;

/** What sends under the rules of one configured origin, over connections of its own. */
export interface Sender {
  /** By the built-in `fetch`. */
  readonly send: Send;
  /** By `exchange`: within its limits, and for far less CPU. */
  readonly exchange: (hop: Hop, limits: ExchangeLimits) => Promise<Response>;
  close(): Promise<void>;
}

export interface SenderOptions {
  /** The configured URL of the server. */
  readonly own: URL;
  readonly allowPrivateHosts: readonly string[];
  readonly connectTimeoutMs: number;
  readonly lookup?: Lookup | undefined;
}

/** `send` uses the built-in `fetch`: npm undici's own makes responses that the MCP SDK does not recognise as such. */
export function guardedSender({ own, allowPrivateHosts, ...options }: SenderOptions): Sender {
  const rules: AddressRules = { own, allowed: allowedHosts(allowPrivateHosts) };
  const agent = guardedAgent({ rules, ...options });
  return {
    async send(hop, signal) {
      checkUrl(hop.url, rules);
      const init: RequestInit = {
        method: hop.method,
        headers: hop.headers,
        redirect: 'manual',
        signal,
        ...(hop.body === undefined || hop.body === null ? {} : { body: hop.body }),
      };
      return await fetch(hop.url, Object.assign({}, init, { dispatcher: agent }));
    },
    async exchange(hop, limits) {
      checkUrl(hop.url, rules);
      return await exchange(agent, hop, limits);
    },
    close: () => agent.destroy(),
  };
}
