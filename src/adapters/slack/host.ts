import type { Log } from '../../observability/log.js';

/** As much of a Bolt `App`, of whatever version, as is needed to answer in its place. */
export type SlackHost = object;

export interface SlackMountOptions {
  readonly host: SlackHost;
  readonly log: Log;
  readonly now: () => number;
}
