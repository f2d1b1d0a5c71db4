import type { Log } from '../../observability/log.js';

/** As much of a discord.js `Client`, of whatever version, as is needed to answer in its place. */
export type DiscordHost = object;

export interface DiscordMountOptions {
  readonly host: DiscordHost;
  /** Whether the gateway registers `/mcp`. */
  readonly commands: boolean;
  readonly log: Log;
  readonly now: () => number;
}
