import type { Bot } from 'grammy';
import type { Log } from '../../observability/log.js';
import type { Reach } from './reach.js';

/** The only updates that mean anything to the gateway. */
export const ALLOWED_UPDATES = ['message', 'callback_query'] as const;

/** How updates come in. */
export interface Transport {
  /** Resolves at once: Telegram may be slow, or down, while everything else already works. */
  start(): void;
  stop(): Promise<void>;
  readonly http?: {
    readonly path: string;
    readonly audience: 'public';
    handle(request: Request): Promise<Response>;
  };
}

export interface TransportParts {
  readonly bot: Bot;
  readonly reach: Reach;
  /** Called each time that the bot begins to receive. */
  readonly connected: () => void;
  readonly log: Log;
}
