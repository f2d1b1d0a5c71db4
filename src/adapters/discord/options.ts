import type { Log } from '../../observability/log.js';
import type { PauseLengths } from '../common/pauses.js';

export interface DiscordOptions {
  readonly token: string;
  readonly mode: 'gateway' | 'http';
  /** Without a trailing slash. */
  readonly apiRoot: string;
  /** Whether the gateway registers `/mcp`. */
  readonly commands: boolean;
  /** Where the bot answers, besides in private chats. Absent: everywhere. */
  readonly guilds?: readonly string[];
  readonly channels?: readonly string[];
  readonly log?: Log;
  readonly now?: () => number;
  /** Between tries to connect. @default 2 s, then ever longer, up to a minute */
  readonly pauses?: PauseLengths;
}
