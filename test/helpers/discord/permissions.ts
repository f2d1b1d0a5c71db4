import type { Permission } from './face.js';
import type { Channel, GuildChannel } from './shapes.js';
import { isInGuild } from './shapes.js';

const BITS: Readonly<Record<Permission, bigint>> = {
  ViewChannel: 1n << 10n,
  SendMessages: 1n << 11n,
  ManageMessages: 1n << 13n,
  EmbedLinks: 1n << 14n,
  ReadMessageHistory: 1n << 16n,
  SendMessagesInThreads: 1n << 38n,
};

const ATTACH_FILES = 1n << 15n;
const MENTION_EVERYONE = 1n << 17n;
const USE_EXTERNAL_EMOJIS = 1n << 18n;
const USE_APPLICATION_COMMANDS = 1n << 31n;

/** What everybody may in a new guild, as far as it matters here. */
export const EVERYBODY: bigint =
  BITS.ViewChannel |
  BITS.SendMessages |
  BITS.EmbedLinks |
  BITS.ReadMessageHistory |
  BITS.SendMessagesInThreads |
  ATTACH_FILES |
  MENTION_EVERYONE |
  USE_EXTERNAL_EMOJIS |
  USE_APPLICATION_COMMANDS;

const bitsOf = (permissions: Iterable<Permission>): bigint =>
  [...permissions].reduce((bits, permission) => bits | BITS[permission], 0n);

/** What a channel takes from the bot, and gives it. */
export function overwrites({ denied, granted }: GuildChannel): { deny: bigint; allow: bigint } {
  const allow = bitsOf(granted);
  return { deny: bitsOf(denied) & ~allow, allow };
}

/** A thread has what its channel has, and what was denied in itself. */
function inGuild(channel: GuildChannel): bigint {
  if (!channel.guild.bot) return 0n;
  const above = channel.parent === undefined ? EVERYBODY : inGuild(channel.parent);
  const { deny, allow } = overwrites(channel);
  return (above & ~deny) | allow;
}

/** `app_permissions` of an interaction. */
export function botPermissions(channel: Channel): bigint {
  if (isInGuild(channel)) return inGuild(channel);
  const inPrivate = ATTACH_FILES | BITS.EmbedLinks | MENTION_EVERYONE;
  return channel.kind === 'dm' ? inPrivate | USE_EXTERNAL_EMOJIS : inPrivate;
}

export function botMay(channel: Channel, permission: Permission): boolean {
  if (channel.kind === 'private') return false;
  return channel.kind === 'dm'
    ? permission !== 'ManageMessages'
    : (inGuild(channel) & BITS[permission]) !== 0n;
}
