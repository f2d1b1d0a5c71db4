import type { Fields } from '../face.js';
import { EVERYBODY } from '../permissions.js';
import type { Account, Guild, GuildChannel } from '../shapes.js';
import { wireChannel } from './channels.js';
import { wireMember, wireUser } from './users.js';

function wireRole(id: string, name: string, more: Fields = {}): Fields {
  return {
    id,
    name,
    description: null,
    permissions: String(EVERYBODY),
    position: 0,
    color: 0,
    colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
    hoist: false,
    managed: false,
    mentionable: false,
    icon: null,
    unicode_emoji: null,
    flags: 0,
    ...more,
  };
}

export function wireGuild(guild: Guild, bot: Account): Fields {
  return {
    id: guild.id,
    name: guild.name,
    icon: null,
    splash: null,
    discovery_splash: null,
    banner: null,
    description: null,
    owner_id: [...guild.members][0]?.id ?? bot.id,
    region: 'deprecated',
    preferred_locale: guild.locale,
    afk_channel_id: null,
    afk_timeout: 300,
    system_channel_id: null,
    system_channel_flags: 0,
    rules_channel_id: null,
    public_updates_channel_id: null,
    safety_alerts_channel_id: null,
    verification_level: 0,
    default_message_notifications: 0,
    explicit_content_filter: 0,
    mfa_level: 0,
    nsfw_level: 0,
    premium_tier: 0,
    premium_subscription_count: 0,
    premium_progress_bar_enabled: false,
    max_members: 25_000_000,
    vanity_url_code: null,
    features: [],
    emojis: [],
    stickers: [],
    roles: [
      wireRole(guild.id, '@everyone'),
      wireRole(guild.botRoleId, bot.username, {
        managed: true,
        position: 1,
        tags: { bot_id: bot.id },
      }),
    ],
  };
}

/** GUILD_CREATE: with what only the Gateway tells. */
export function wireCreatedGuild(guild: Guild, bot: Account): Fields {
  const channels = guild.channels.filter(({ deleted }) => !deleted);
  const wired = (kind: GuildChannel['kind']): readonly Fields[] =>
    channels
      .filter((channel) => channel.kind === kind && !channel.archived)
      .map((channel) => wireChannel(channel, bot));
  return {
    ...wireGuild(guild, bot),
    joined_at: new Date(0).toISOString(),
    large: false,
    unavailable: false,
    member_count: guild.members.size + 1,
    members: [{ ...wireMember(bot, guild), user: wireUser(bot) }],
    channels: wired('text'),
    threads: wired('thread'),
    presences: [],
    voice_states: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  };
}
