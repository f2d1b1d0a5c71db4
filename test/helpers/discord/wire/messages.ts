import type { Fields } from '../face.js';
import type { Account, Message } from '../shapes.js';
import { FLAGS, isInGuild } from '../shapes.js';
import { channelType } from './channels.js';
import { wireMember, wireUser } from './users.js';

/** Whom the platform knows by an id. */
export type Look = (id: string) => Account | undefined;

const iso = (ms: number): string => new Date(ms).toISOString();

function messageType({ replyTo, metadata }: Message): number {
  if (metadata?.type === 2) return 20;
  return replyTo === undefined ? 0 : 19;
}

function reference({ replyTo, channel }: Message): Fields {
  if (replyTo === undefined) return {};
  return {
    message_reference: {
      type: 0,
      message_id: replyTo.id,
      channel_id: channel.id,
      ...(isInGuild(channel) ? { guild_id: channel.guild.id } : {}),
    },
  };
}

/** A message as REST answers it. */
export function wireMessage(message: Message, look: Look): Fields {
  const { metadata } = message;
  const users = message.mentions.users.flatMap((id) => look(id) ?? []);
  const loading = message.loadingUntilMs === undefined ? 0 : FLAGS.loading;
  return {
    id: message.id,
    type: messageType(message),
    channel_id: message.channel.id,
    author: wireUser(message.author),
    content: message.content,
    embeds: message.embeds.map((embed) => ({ type: 'rich', ...embed })),
    components: message.components,
    attachments: [],
    mentions: users.map(wireUser),
    mention_roles: message.mentions.roles,
    mention_everyone: message.mentions.everyone,
    timestamp: iso(message.sentAtMs),
    edited_timestamp: message.editedAtMs === undefined ? null : iso(message.editedAtMs),
    flags: message.flags | (message.receiver === undefined ? 0 : FLAGS.ephemeral) | loading,
    pinned: false,
    tts: false,
    ...(metadata === undefined ? {} : { interaction_metadata: metadata, application_id: message.author.id }),
    ...reference(message),
    ...(message.replyTo === undefined ? {} : { referenced_message: referenced(message.replyTo, look) }),
  };
}

function referenced(message: Message, look: Look): Fields | null {
  if (message.deleted) return null;
  const { referenced_message: _, ...rest } = wireMessage(message, look);
  return rest;
}

/** MESSAGE_CREATE and MESSAGE_UPDATE: with the guild, its member, and the kind of channel. */
export function wireTold(message: Message, look: Look): Fields {
  const { channel, author } = message;
  const place = isInGuild(channel)
    ? { guild_id: channel.guild.id, member: wireMember(author, channel.guild) }
    : {};
  return { ...wireMessage(message, look), ...place, channel_type: channelType(channel) };
}

/** What a session without the message content intent gets of it. */
export function wireWithoutContent(told: Fields): Fields {
  return { ...told, content: '', embeds: [], attachments: [], components: [] };
}
