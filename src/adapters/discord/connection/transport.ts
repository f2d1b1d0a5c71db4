import type { InTurn } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import type { Me } from '../types.js';
import type { DiscordApi } from './api.js';
import type { Reach } from './reach.js';

/** How what people do comes in. */
export interface Transport {
  /** Returns at once: Discord may be slow, or down, while everything else already works. */
  start(inTurn?: InTurn): void;
  stop(): Promise<void>;
  readonly http?: {
    readonly path: string;
    readonly audience: 'public';
    handle(request: Request): Promise<Response>;
  };
}

export interface TransportParts {
  readonly api: DiscordApi;
  readonly reach: Reach;
  /** Called each time that the bot begins to receive. */
  readonly connected: (me: Me) => void;
  readonly log: Log;
}
