import type { Place } from '../types.js';

export interface AccessLists {
  readonly guilds?: readonly string[];
  readonly channels?: readonly string[];
}

/** Where the bot answers, besides in private. */
export interface Access {
  /** `unknown`: it depends on what the channel hangs on, if it is a thread. */
  allows(place: Place): 'yes' | 'no' | 'unknown';
}

export function createAccess({ guilds, channels }: AccessLists): Access {
  const [allowedGuilds, allowedChannels] = [guilds && new Set(guilds), channels && new Set(channels)];
  return {
    allows({ kind, guild, channel, parent }) {
      if (kind === 'dm') return 'yes';
      if (allowedGuilds !== undefined && (guild === undefined || !allowedGuilds.has(guild))) return 'no';
      if (allowedChannels === undefined || allowedChannels.has(channel)) return 'yes';
      if (parent !== undefined) return allowedChannels.has(parent) ? 'yes' : 'no';
      return 'unknown';
    },
  };
}
