import { INTENTS } from '../events.js';
import type { DiscordChannel, DiscordGuild, DiscordPerson, Permission } from '../face.js';
import type { Platform } from '../platform.js';
import type { Account, Channel, Guild, GuildChannel } from '../shapes.js';
import { isInGuild } from '../shapes.js';
import { wireChannel } from '../wire/channels.js';
import { wireCreatedGuild } from '../wire/guilds.js';
import { wireMember, wireUser } from '../wire/users.js';

function tellOf(platform: Platform, channel: GuildChannel, verb: 'CREATE' | 'UPDATE' | 'DELETE'): void {
  if (!channel.guild.bot) return;
  platform.tell({
    name: `${channel.kind === 'thread' ? 'THREAD' : 'CHANNEL'}_${verb}`,
    data: wireChannel(channel, platform.bot),
    intents: INTENTS.guilds,
    guild: channel.guild,
  });
}

/** A channel as tests hold it. */
export class Place implements DiscordChannel {
  readonly #platform: Platform;
  readonly #channel: Channel;

  constructor(platform: Platform, channel: Channel) {
    this.#platform = platform;
    this.#channel = channel;
  }

  get id(): string {
    return this.#channel.id;
  }

  get name(): string {
    if (isInGuild(this.#channel)) return this.#channel.name;
    return this.#channel.kind === 'dm' ? `the DM of ${this.#channel.account.name}` : 'a private channel';
  }

  get guild(): DiscordGuild {
    return new GuildPlace(this.#platform, this.#inGuild().guild);
  }

  thread(name: string): DiscordChannel {
    const parent = this.#inGuild();
    const thread = this.#platform.directory.addGuildChannel(parent.guild, name, parent);
    tellOf(this.#platform, thread, 'CREATE');
    return new Place(this.#platform, thread);
  }

  deny(...permissions: readonly Permission[]): void {
    this.#inGuild().denied = new Set(permissions);
    tellOf(this.#platform, this.#inGuild(), 'UPDATE');
  }

  grant(...permissions: readonly Permission[]): void {
    this.#inGuild().granted = new Set(permissions);
    tellOf(this.#platform, this.#inGuild(), 'UPDATE');
  }

  archive({ locked = false }: { readonly locked?: boolean } = {}): void {
    const thread = this.#inGuild();
    if (thread.kind !== 'thread') throw new Error('only threads are archived');
    thread.archived = true;
    thread.locked = locked;
    tellOf(this.#platform, thread, 'UPDATE');
  }

  delete(): void {
    const channel = this.#inGuild();
    channel.deleted = true;
    tellOf(this.#platform, channel, 'DELETE');
  }

  #inGuild(): GuildChannel {
    if (!isInGuild(this.#channel)) throw new Error(`${this.name} is in no guild`);
    return this.#channel;
  }
}

/** A guild as tests hold it. */
export class GuildPlace implements DiscordGuild {
  readonly #platform: Platform;
  readonly #guild: Guild;

  constructor(platform: Platform, guild: Guild) {
    this.#platform = platform;
    this.#guild = guild;
  }

  get id(): string {
    return this.#guild.id;
  }

  get name(): string {
    return this.#guild.name;
  }

  channel(name: string, { deny = [] }: { readonly deny?: readonly Permission[] } = {}): DiscordChannel {
    const channel = this.#platform.directory.addGuildChannel(this.#guild, name);
    channel.denied = new Set(deny);
    tellOf(this.#platform, channel, 'CREATE');
    return new Place(this.#platform, channel);
  }

  join(person: DiscordPerson): void {
    const account = this.#account(person);
    this.#guild.members.add(account);
    this.#platform.tell({
      name: 'GUILD_MEMBER_ADD',
      data: { ...wireMember(account, this.#guild), user: wireUser(account), guild_id: this.id },
      intents: INTENTS.guildMembers,
      guild: this.#guild,
    });
  }

  leave(person: DiscordPerson): void {
    const account = this.#account(person);
    this.#guild.members.delete(account);
    this.#platform.tell({
      name: 'GUILD_MEMBER_REMOVE',
      data: { user: wireUser(account), guild_id: this.id },
      intents: INTENTS.guildMembers,
      guild: this.#guild,
    });
  }

  kickBot(): void {
    this.#guild.bot = false;
    this.#platform.commands.forget(this.id);
    this.#platform.tell({
      name: 'GUILD_DELETE',
      data: { id: this.id },
      intents: INTENTS.guilds,
      guild: this.#guild,
    });
  }

  inviteBot(): void {
    this.#guild.bot = true;
    this.#platform.tell({
      name: 'GUILD_CREATE',
      data: wireCreatedGuild(this.#guild, this.#platform.bot),
      intents: INTENTS.guilds,
      guild: this.#guild,
    });
  }

  #account(person: DiscordPerson): Account {
    const account = this.#platform.directory.accounts.get(person.id);
    if (account === undefined) throw new Error(`${person.name} is not on this platform`);
    return account;
  }
}
