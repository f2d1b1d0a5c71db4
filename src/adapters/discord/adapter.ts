import type { ChatAdapter } from '../../gateway/types.js';
import type { DiscordOptions } from './options.js';

/** A bot of the gateway's own, by the Gateway or HTTP interactions. */
export function createDiscordAdapter(_options: DiscordOptions): ChatAdapter {
  throw new Error('Not built yet.');
}
