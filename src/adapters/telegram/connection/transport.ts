import type { Api } from 'grammy';
import type { InTurn } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import type { Reach } from './reach.js';

/** The only updates that mean anything to the gateway. */
export const ALLOWED_UPDATES = ['message', 'callback_query'] as const;

/** The bot, as Telegram knows it. */
export interface Me {
  readonly id: number;
  readonly username: string;
}

/** How updates come in. */
export interface Transport {
  /** Returns at once: Telegram may be slow, or down, while everything else already works. */
  start(inTurn?: InTurn): void;
  stop(): Promise<void>;
  readonly http?: {
    readonly path: string;
    readonly audience: 'public';
    handle(request: Request): Promise<Response>;
  };
}

export interface TransportParts {
  /** For what concerns receiving. It tries nothing again by itself: a failure is the transport's to tell, and to mend. */
  readonly api: Api;
  readonly reach: Reach;
  /** Called each time that the bot begins to receive. */
  readonly connected: (me: Me) => void;
  readonly take: (update: unknown) => Promise<void>;
  readonly log: Log;
}

/** grammY's types know the signals of a library that it brings along; it takes Node's own. */
export function grammySignal(signal: AbortSignal): Parameters<Api['getMe']>[0] {
  const given: unknown = signal;
  return given as Parameters<Api['getMe']>[0];
}
