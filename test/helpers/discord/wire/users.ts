import type { Fields } from '../face.js';
import { EVERYBODY } from '../permissions.js';
import type { Account, Guild } from '../shapes.js';

export function wireUser(account: Account): Fields {
  return {
    id: account.id,
    username: account.deleted ? `deleted_user_${account.id.slice(-6)}` : account.username,
    discriminator: account.bot ? '4711' : '0',
    global_name: account.bot ? null : account.name,
    avatar: null,
    avatar_decoration_data: null,
    banner: null,
    clan: null,
    collectibles: null,
    display_name_styles: null,
    primary_guild: null,
    public_flags: 0,
    ...(account.bot ? { bot: true } : {}),
  };
}

const isoOf = (snowflake: string): string =>
  new Date(Number(BigInt(snowflake) >> 22n) + 1_420_070_400_000).toISOString();

/** Without `user`: as in a message. */
export function wireMember(account: Account, guild: Guild): Fields {
  return {
    avatar: null,
    banner: null,
    communication_disabled_until: null,
    deaf: false,
    flags: 0,
    joined_at: isoOf(guild.id),
    mute: false,
    nick: null,
    pending: false,
    premium_since: null,
    roles: account.bot ? [guild.botRoleId] : [],
    unusual_dm_activity_until: null,
  };
}

/** The `member` of an interaction. */
export function wireInvoker(account: Account, guild: Guild): Fields {
  return {
    ...wireMember(account, guild),
    user: wireUser(account),
    permissions: String(EVERYBODY),
  };
}
