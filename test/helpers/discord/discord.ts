import { freePort } from '../servers/free-port.js';
import { GLOBAL } from './command-book.js';
import { INTENTS } from './events.js';
import type {
  Discord,
  DiscordChannel,
  DiscordGuild,
  DiscordOptions,
  DiscordPerson,
  Failure,
  Fields,
  GuildOptions,
  PersonOptions,
  RestCall,
} from './face.js';
import { Form } from './form.js';
import { Gateway } from './gateway/gateway.js';
import { HttpDoor } from './http-door.js';
import { HttpInteractions } from './interactions/http.js';
import { SigningKey } from './interactions/signing.js';
import { Delivery } from './people/delivery.js';
import { Person } from './people/person.js';
import { GuildPlace, Place } from './people/places.js';
import { Platform } from './platform.js';
import { Api } from './rest/api.js';
import type { Account } from './shapes.js';

export type * from './face.js';

const BOT_ID = '1190350394018529310';
/** Shaped like a real one: the bot's id, a time, a secret. */
const TOKEN = `${Buffer.from(BOT_ID).toString('base64url')}.GxP0aT.kq3vN8sJd2XwYb7LmRzHf5TcUe9AoQ1iBgVpKy`;
/** Flags of an application by its privileged intents: the limited kind, as apps in under a hundred guilds have it. */
const INTENT_FLAGS: readonly (readonly [number, number])[] = [
  [INTENTS.guildPresences, 1 << 13],
  [INTENTS.guildMembers, 1 << 15],
  [INTENTS.messageContent, 1 << 19],
];

function newAccount(id: string, name: string, options: PersonOptions = {}): Account {
  return {
    id,
    name,
    username: options.username ?? name.toLowerCase().replace(/[^a-z0-9_.]/g, '_'),
    locale: options.locale ?? 'en-US',
    bot: options.bot ?? false,
    installed: options.installed ?? false,
    dmsOpen: options.dms !== 'closed',
    deleted: false,
  };
}

class LocalDiscord implements Discord {
  readonly #platform: Platform;
  readonly #delivery: Delivery;
  readonly #api: Api;
  readonly #door: HttpDoor;
  readonly gateway: Gateway;
  readonly interactions: HttpInteractions;
  readonly token: string;

  constructor(options: DiscordOptions, port: number) {
    const { now = Date.now, token = TOKEN, botName = 'Acme MCP', privilegedIntents = 0 } = options;
    const { deadlineMs = 3000, patienceMs = 10_000, heartbeatIntervalMs = 41_250, routes = {} } = options;
    const key = new SigningKey();
    const flags = INTENT_FLAGS.filter(([intent]) => (privilegedIntents & intent) !== 0);
    this.token = token;
    this.#platform = new Platform({
      now,
      token,
      bot: newAccount(BOT_ID, botName, { username: botName, bot: true }),
      application: {
        id: BOT_ID,
        name: botName,
        publicKey: key.publicKey,
        flags: flags.reduce((all, [, flag]) => all | flag, 0),
      },
      deadlineMs,
      patienceMs,
    });
    this.interactions = new HttpInteractions(this.#platform, { key, routes, patienceMs });
    this.#delivery = new Delivery(this.#platform, this.interactions);
    const origin = `ws://127.0.0.1:${port}`;
    this.gateway = new Gateway(this.#platform, { heartbeatIntervalMs, privilegedIntents, origin });
    this.#api = new Api({
      platform: this.#platform,
      http: this.interactions,
      gatewayUrl: () => this.gateway.url,
      identifies: () => this.gateway.identifies,
    });
    this.#door = new HttpDoor(
      port,
      (request) => this.#api.serve(request),
      (request, socket, head) => this.gateway.upgrade(request, socket, head),
    );
  }

  get api(): string {
    return `http://127.0.0.1:${this.#door.port}/api`;
  }

  get application() {
    return this.#platform.application;
  }

  get bot() {
    return this.#platform.bot;
  }

  person(name: string, options: PersonOptions = {}): DiscordPerson {
    const { ids, directory } = this.#platform;
    const account = directory.addAccount(newAccount(options.id ?? ids.next(), name, options));
    return new Person(this.#platform, this.#delivery, account);
  }

  guild(name: string, members: readonly DiscordPerson[], options: GuildOptions = {}): DiscordGuild {
    const { locale = 'en-US', bot = true } = options;
    const guild = this.#platform.directory.addGuild(name, locale, bot);
    for (const person of members) guild.members.add(this.#account(person));
    const place = new GuildPlace(this.#platform, guild);
    if (bot) place.inviteBot();
    return place;
  }

  privateChannel(people: readonly DiscordPerson[]): DiscordChannel {
    const channel = this.#platform.directory.addPrivateChannel(people.map((one) => this.#account(one)));
    return new Place(this.#platform, channel);
  }

  dm(person: DiscordPerson): DiscordChannel {
    return new Place(this.#platform, this.#platform.directory.dmOf(this.#account(person)));
  }

  commands(guild?: DiscordGuild): readonly Fields[] {
    return this.#platform.commands.of(guild?.id ?? GLOBAL);
  }

  register(commands: readonly Fields[], guild?: DiscordGuild): void {
    this.#platform.commands.overwrite(guild?.id ?? GLOBAL, new Form(commands));
  }

  get sent(): readonly Fields[] {
    return this.#platform.interactions.all.map(({ payload }) => payload);
  }

  async redeliver(interactionId: string): Promise<void> {
    const interaction = this.#platform.interactions.withId(interactionId);
    if (interaction === undefined) throw new Error(`there was no interaction ${interactionId}`);
    await this.#delivery.deliver(interaction.payload, interaction);
  }

  async deliver(interaction: Fields): Promise<void> {
    await this.#delivery.deliver(interaction, undefined);
  }

  get calls(): readonly RestCall[] {
    return this.#api.calls;
  }

  callsOf(route: string): readonly RestCall[] {
    return this.calls.filter((call) => call.route.startsWith(route));
  }

  fail(route: string, how: Failure, times = 1): void {
    this.#api.faults.plan(route, how, times);
  }

  limit(route: string, count: number, perMs: number): void {
    this.#api.limits.set(route, count, perMs);
  }

  revokeToken(): void {
    this.#platform.revokeToken();
    this.gateway.shutOut();
  }

  async goDown(): Promise<void> {
    this.gateway.goDown();
    await this.#door.close();
  }

  async comeBack(): Promise<void> {
    this.gateway.comeBack();
    await this.#door.open();
  }

  get previews(): readonly string[] {
    return this.#platform.messages.previews;
  }

  async close(): Promise<void> {
    this.gateway.close();
    await this.#door.close();
  }

  open(): Promise<void> {
    return this.#door.open();
  }

  #account(person: DiscordPerson): Account {
    const account = this.#platform.directory.accounts.get(person.id);
    if (account === undefined) throw new Error(`${person.name} is not on this platform`);
    return account;
  }
}

/** Discord's REST API, Gateway and HTTP interactions on a port of 127.0.0.1, and the people and guilds behind them. */
export async function startDiscord(options: DiscordOptions = {}): Promise<Discord> {
  const discord = new LocalDiscord(options, await freePort());
  await discord.open();
  return discord;
}
