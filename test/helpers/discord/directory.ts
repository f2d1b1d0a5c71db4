import type { Account, Channel, DmChannel, Guild, GuildChannel, PrivateChannel } from './shapes.js';
import { isInGuild } from './shapes.js';
import type { Snowflakes } from './snowflakes.js';

/** Who and what is on the platform: accounts, guilds, channels. */
export class Directory {
  readonly accounts = new Map<string, Account>();
  readonly guilds = new Map<string, Guild>();
  readonly #channels = new Map<string, Channel>();
  readonly #dms = new Map<Account, DmChannel>();
  readonly #ids: Snowflakes;

  constructor(ids: Snowflakes) {
    this.#ids = ids;
  }

  addAccount(account: Account): Account {
    this.accounts.set(account.id, account);
    return account;
  }

  addGuild(name: string, locale: string, bot: boolean): Guild {
    const guild: Guild = {
      id: this.#ids.next(),
      name,
      locale,
      botRoleId: this.#ids.next(),
      members: new Set(),
      channels: [],
      bot,
    };
    this.guilds.set(guild.id, guild);
    return guild;
  }

  addGuildChannel(guild: Guild, name: string, parent?: GuildChannel): GuildChannel {
    const channel: GuildChannel = {
      kind: parent === undefined ? 'text' : 'thread',
      id: this.#ids.next(),
      name,
      guild,
      ...(parent === undefined ? {} : { parent }),
      denied: new Set(),
      granted: new Set(),
      log: [],
      deleted: false,
      archived: false,
      locked: false,
    };
    guild.channels.push(channel);
    this.#channels.set(channel.id, channel);
    return channel;
  }

  addPrivateChannel(people: readonly Account[]): PrivateChannel {
    const channel: PrivateChannel = {
      kind: 'private',
      id: this.#ids.next(),
      people,
      log: [],
      deleted: false,
    };
    this.#channels.set(channel.id, channel);
    return channel;
  }

  /** The DM of that person with the bot: always the same one. */
  dmOf(account: Account): DmChannel {
    const known = this.#dms.get(account);
    if (known !== undefined) return known;
    const channel: DmChannel = { kind: 'dm', id: this.#ids.next(), account, log: [], deleted: false };
    this.#dms.set(account, channel);
    this.#channels.set(channel.id, channel);
    return channel;
  }

  channel(id: string): Channel | undefined {
    const found = this.#channels.get(id);
    return found === undefined || found.deleted ? undefined : found;
  }

  channels(): readonly Channel[] {
    return [...this.#channels.values()].filter(({ deleted }) => !deleted);
  }

  /** Whether that person can open that channel at all. */
  isThere(account: Account, channel: Channel): boolean {
    if (isInGuild(channel)) return channel.guild.members.has(account);
    return channel.kind === 'dm' ? channel.account === account : channel.people.includes(account);
  }

  sharesGuildWithBot(account: Account): boolean {
    return [...this.guilds.values()].some((guild) => guild.bot && guild.members.has(account));
  }
}
