import type { Fields } from '../face.js';
import { botPermissions, EVERYBODY } from '../permissions.js';
import type { Account, Channel } from '../shapes.js';
import { isInGuild } from '../shapes.js';
import { wirePartialChannel } from '../wire/channels.js';
import { wireInvoker, wireUser } from '../wire/users.js';

const TEN_MEBIBYTES = 10_485_760;

/** GUILD, BOT_DM, PRIVATE_CHANNEL. */
export function contextOf(channel: Channel): 0 | 1 | 2 {
  if (isInGuild(channel)) return 0;
  return channel.kind === 'dm' ? 1 : 2;
}

/** Through which installations something can be used there: GUILD_INSTALL "0", USER_INSTALL "1". */
export function ownersOf(account: Account, channel: Channel, types: readonly unknown[]): Fields {
  const guildId = isInGuild(channel) ? (channel.guild.bot ? channel.guild.id : undefined) : '0';
  const byGuild = types.includes(0) && guildId !== undefined && channel.kind !== 'private';
  const byUser = types.includes(1) && account.installed;
  return { ...(byGuild ? { '0': guildId } : {}), ...(byUser ? { '1': account.id } : {}) };
}

export interface Sender {
  readonly account: Account;
  readonly channel: Channel;
  readonly bot: Account;
  readonly applicationId: string;
}

/** Everything of an interaction but what the kind of interaction brings. */
export function envelope(sender: Sender, id: string, token: string, owners: Fields): Fields {
  const { account, channel, bot, applicationId } = sender;
  const place = isInGuild(channel)
    ? {
        guild_id: channel.guild.id,
        guild: { id: channel.guild.id, locale: channel.guild.locale, features: [] },
        guild_locale: channel.guild.locale,
        member: wireInvoker(account, channel.guild),
      }
    : { user: wireUser(account) };
  return {
    id,
    application_id: applicationId,
    token,
    version: 1,
    channel_id: channel.id,
    channel: wirePartialChannel(channel, bot, EVERYBODY),
    ...place,
    app_permissions: String(botPermissions(channel)),
    locale: account.locale,
    entitlements: [],
    entitlement_sku_ids: [],
    authorizing_integration_owners: owners,
    context: contextOf(channel),
    attachment_size_limit: TEN_MEBIBYTES,
  };
}
