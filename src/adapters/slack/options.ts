import type { Log } from '../../observability/log.js';
import type { PauseLengths } from '../common/pauses.js';

export interface SlackOptions {
  /** One for each workspace, or for each organisation. */
  readonly botTokens: readonly string[];
  readonly mode: 'socket' | 'http';
  /** Present in `socket` mode. */
  readonly appToken?: string;
  /** Present in `http` mode. */
  readonly signingSecret?: string;
  /** Without a trailing slash. */
  readonly apiRoot: string;
  /** Where the bot answers, besides in private chats. Absent: everywhere. */
  readonly workspaces?: readonly string[];
  readonly channels?: readonly string[];
  readonly log?: Log;
  readonly now?: () => number;
  /** Between tries to connect. @default 2 s, then ever longer, up to a minute */
  readonly pauses?: PauseLengths;
  /** Between two looks at whether a connection still lives. @default 10 s */
  readonly heartbeatMs?: number;
}
