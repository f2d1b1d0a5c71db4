/**
 * What tests see of the fake: the platform, the people on it, and what they see.
 *
 *     const discord = await startDiscord({ now: clock.now });            // from './discord.js'
 *     const ana = discord.person('Ana');
 *     const guild = discord.guild('Acme', [ana]);
 *     const general = guild.channel('general');
 *     new Client({ intents, partials: [Partials.Channel], rest: { api: discord.api } }).login(discord.token);
 *     await ana.types('/mcp', { command: 'auth' }, general);             // without a place: her DM with the bot
 *     await expect.poll(() => ana.sees(general)).toContain('Sign in');
 */

import type { Failure, GatewayDoor, InteractionsDoor, RestCall } from './face-doors.js';
import type {
  DiscordChannel,
  DiscordGuild,
  DiscordPerson,
  GuildOptions,
  PersonOptions,
} from './face-people.js';
import type { Fields } from './face-shown.js';

export type * from './face-doors.js';
export type * from './face-people.js';
export type * from './face-shown.js';

export interface DiscordOptions {
  readonly now?: () => number;
  /** Default: Acme MCP. */
  readonly botName?: string;
  readonly token?: string;
  /** Privileged intents that are switched on in the portal: bits. Default: 0. Others asked for: close 4014. */
  readonly privilegedIntents?: number;
  /**
   * Where requests to an origin really go, in turn where there are several:
   * `{ 'https://gateway.example': ['http://127.0.0.1:8080', 'http://127.0.0.1:8081'] }`.
   */
  readonly routes?: Readonly<Record<string, string | readonly string[]>>;
  /** How long the app has for its first answer, by `now`. Default: 3000. */
  readonly deadlineMs?: number;
  /** Default: 41250. */
  readonly heartbeatIntervalMs?: number;
  /** How long commands and presses wait in real time for the first answer. Default: 10000, for busy machines. */
  readonly patienceMs?: number;
}

export interface Discord {
  /** `rest.api` of discord.js; no version, no trailing slash. */
  readonly api: string;
  readonly token: string;
  readonly application: {
    readonly id: string;
    readonly name: string /** Hex. */;
    readonly publicKey: string;
  };
  readonly bot: { readonly id: string; readonly username: string };
  person(name: string, options?: PersonOptions): DiscordPerson;
  guild(name: string, members: readonly DiscordPerson[], options?: GuildOptions): DiscordGuild;
  /** A DM of two people, or a group DM, without the bot. */
  privateChannel(people: readonly DiscordPerson[]): DiscordChannel;
  /** The DM of a person with the bot. */
  dm(person: DiscordPerson): DiscordChannel;
  /** Registered commands, global ones or those of a guild. */
  commands(guild?: DiscordGuild): readonly Fields[];
  /** Registers as another tool would have done. */
  register(commands: readonly Fields[], guild?: DiscordGuild): void;
  readonly gateway: GatewayDoor;
  readonly interactions: InteractionsDoor;
  /** Every interaction ever made, as sent, tokens included. */
  readonly sent: readonly Fields[];
  /** Gives an interaction that was made before once more, unchanged. */
  redeliver(interactionId: string): Promise<void>;
  /** Gives a raw interaction by the way that is in force. */
  deliver(interaction: Fields): Promise<void>;
  /** Every answered (or cut) REST call. The bot's token is not part of it. */
  readonly calls: readonly RestCall[];
  /** `callsOf('PATCH /webhooks/:app/:token/messages/@original')`, or only `callsOf('PATCH /webhooks')`. */
  callsOf(route: string): readonly RestCall[];
  /** The next `times` calls of routes that begin so (`*`: any) go wrong this way. Default: 1. */
  fail(route: string, how: Failure, times?: number): void;
  /** From now on: at most `count` calls per route (and its major id) within `perMs`, told by X-RateLimit-* headers, then 429. */
  limit(route: string, count: number, perMs: number): void;
  /** 401 from now on; sessions are closed with 4004. */
  revokeToken(): void;
  /** REST and Gateway refuse connections. */
  goDown(): Promise<void>;
  /** On the same port. */
  comeBack(): Promise<void>;
  /** Pages that were fetched for previews, ever. */
  readonly previews: readonly string[];
  close(): Promise<void>;
}
