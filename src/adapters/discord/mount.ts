import type { ChatAdapter } from '../../gateway/types.js';
import type { DiscordMountOptions } from './host.js';

/** The gateway inside a host's discord.js client. */
export function mountDiscord(_options: DiscordMountOptions): ChatAdapter {
  throw new Error('Not built yet.');
}
