import type { Fields } from '../face.js';
import { overwrites } from '../permissions.js';
import type { Account, Channel, GuildChannel } from '../shapes.js';
import { isInGuild } from '../shapes.js';
import { wireUser } from './users.js';

export const CHANNEL_TYPES = { text: 0, dm: 1, group: 3, thread: 11 } as const;

export function channelType(channel: Channel): number {
  switch (channel.kind) {
    case 'text':
      return CHANNEL_TYPES.text;
    case 'thread':
      return CHANNEL_TYPES.thread;
    case 'dm':
      return CHANNEL_TYPES.dm;
    case 'private':
      return channel.people.length > 2 ? CHANNEL_TYPES.group : CHANNEL_TYPES.dm;
  }
}

const lastMessageId = (channel: Channel): string | null =>
  channel.log.findLast(({ receiver, deleted }) => receiver === undefined && !deleted)?.id ?? null;

function wireText(channel: GuildChannel, bot: Account): Fields {
  const { deny, allow } = overwrites(channel);
  return {
    id: channel.id,
    type: CHANNEL_TYPES.text,
    name: channel.name,
    guild_id: channel.guild.id,
    position: channel.guild.channels.indexOf(channel),
    permission_overwrites:
      (deny | allow) === 0n ? [] : [{ id: bot.id, type: 1, allow: String(allow), deny: String(deny) }],
    topic: null,
    nsfw: false,
    rate_limit_per_user: 0,
    parent_id: null,
    last_message_id: lastMessageId(channel),
    flags: 0,
  };
}

function wireThread(channel: GuildChannel, bot: Account): Fields {
  const since = new Date(0).toISOString();
  return {
    id: channel.id,
    type: CHANNEL_TYPES.thread,
    name: channel.name,
    guild_id: channel.guild.id,
    parent_id: channel.parent?.id ?? null,
    owner_id: bot.id,
    last_message_id: lastMessageId(channel),
    rate_limit_per_user: 0,
    message_count: channel.log.length,
    member_count: 1,
    thread_metadata: {
      archived: channel.archived,
      auto_archive_duration: 1440,
      archive_timestamp: since,
      create_timestamp: since,
      locked: channel.locked,
    },
    member: { id: channel.id, user_id: bot.id, join_timestamp: since, flags: 0 },
    flags: 0,
  };
}

export function wireChannel(channel: Channel, bot: Account): Fields {
  switch (channel.kind) {
    case 'text':
      return wireText(channel, bot);
    case 'thread':
      return wireThread(channel, bot);
    case 'dm':
      return {
        id: channel.id,
        type: CHANNEL_TYPES.dm,
        last_message_id: lastMessageId(channel),
        flags: 0,
        recipients: [wireUser(channel.account)],
      };
    case 'private':
      return {
        id: channel.id,
        type: channelType(channel),
        last_message_id: lastMessageId(channel),
        flags: 0,
        recipients: channel.people.map(wireUser),
        ...(channel.people.length > 2 ? { name: null, icon: null, owner_id: channel.people[0]?.id } : {}),
      };
  }
}

/** The `channel` of an interaction: without overwrites, with the person's permissions there. */
export function wirePartialChannel(channel: Channel, bot: Account, permissions: bigint): Fields {
  const { permission_overwrites: _, member: __, ...rest } = wireChannel(channel, bot);
  return isInGuild(channel) ? { ...rest, permissions: String(permissions) } : rest;
}
