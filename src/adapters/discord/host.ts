import type { Caller, ChatAdapter } from '../../gateway/types.js';
import type { Log } from '../../observability/log.js';

/** As much of a request as discord.js's `rest.request` takes. */
export interface HostRequest {
  readonly method: string;
  readonly fullRoute: string;
  readonly body?: unknown;
  readonly query?: URLSearchParams | undefined;
  readonly auth?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/**
 * As much of a discord.js `Client`, of whatever version, as is needed to answer in its place. Not imported from there: who
 * mounts nothing has no discord.js, and so none of its types.
 */
export interface DiscordHost {
  readonly rest: { request(options: HostRequest): Promise<unknown> };
  readonly user?: { readonly id: string } | null;
  readonly application?: { readonly id: string } | null;
  emit(event: string, ...args: unknown[]): boolean;
  readonly ws?: { emit(event: string, ...args: unknown[]): boolean };
  isReady?(): boolean;
}

/** The gateway inside a host's client. */
export interface DiscordMount {
  readonly adapter: ChatAdapter;
  /** Who said what a `Message` or interaction brings. Undefined: nobody on whose behalf anything may be done. */
  callerOf(source: object): Promise<Caller | undefined>;
}

export interface DiscordMountOptions {
  readonly host: DiscordHost;
  /** Whether the gateway registers `/mcp`. */
  readonly commands: boolean;
  readonly log: Log;
  readonly now: () => number;
}
