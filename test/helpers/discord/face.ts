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

/** JSON as it travels. */
export type Fields = Readonly<Record<string, unknown>>;

export interface ShownButton {
  readonly label: string;
  /** A link button's address. */
  readonly url?: string;
  readonly customId?: string;
  readonly disabled?: boolean;
}

/** What of a text the client shows as more than text: how an injected `[x](https://…)`, `# x` or `<@1>` gives itself away. */
export interface Markup {
  readonly kind:
    | 'bold'
    | 'italic'
    | 'underline'
    | 'strike'
    | 'spoiler'
    | 'heading'
    | 'subtext'
    | 'quote'
    | 'list'
    | 'code'
    | 'code-block'
    /** The address is what the person reads. */
    | 'link'
    | 'masked-link'
    | 'mention'
    | 'emoji'
    | 'time';
  readonly text: string;
  readonly url?: string;
}

/** A message as one person's client shows it. */
export interface ShownMessage {
  readonly id: string;
  readonly channel: string;
  readonly from: 'bot' | (string & {});
  /** Only this person sees it. */
  readonly ephemeral: boolean;
  /** All of it, markdown interpreted: content, embeds, text of components. What a link leads to stands after it: `docs (https://…)`. */
  readonly text: string;
  readonly markup: readonly Markup[];
  /** The content as it was sent. */
  readonly content: string;
  /** The embeds as they were sent, without those that Discord made of links. */
  readonly embeds: readonly Fields[];
  readonly buttons: readonly (readonly ShownButton[])[];
  /** `thinking`: deferred, "Acme MCP is thinking…". `unanswered`: "The application did not respond". */
  readonly state: 'sent' | 'thinking' | 'unanswered';
  /** Whom it pinged: user ids, `role:<id>`, `everyone`, `here`. */
  readonly pings: readonly string[];
  /** Pages behind links in its content that Discord fetched for a preview. */
  readonly previews: readonly string[];
  readonly edited: boolean;
  readonly replyTo?: string;
}

export interface ShownInput {
  readonly customId: string;
  readonly label: string;
  readonly description?: string;
  readonly style: 'short' | 'paragraph';
  readonly required: boolean;
  readonly placeholder?: string;
  readonly value?: string;
}

export interface ShownModal {
  readonly title: string;
  readonly customId: string;
  readonly inputs: readonly ShownInput[];
  /** Text Display components between the inputs. */
  readonly texts: readonly string[];
  /** The interaction that opened it. */
  readonly interactionId: string;
}

export interface Choice {
  readonly name: string;
  readonly value: string | number;
}

/** The app's first answer to an interaction, as the person notices it. */
export type Outcome =
  /** Type 4. */
  | { readonly kind: 'message'; readonly message: ShownMessage }
  /** Type 5: "Acme MCP is thinking…". */
  | { readonly kind: 'thinking' }
  /** Type 6: the button's spinner ends. */
  | { readonly kind: 'acknowledged' }
  /** Type 7: the message of the button is another one now. */
  | { readonly kind: 'updated'; readonly message: ShownMessage }
  /** Type 9. */
  | { readonly kind: 'modal'; readonly modal: ShownModal }
  /** Type 8. */
  | { readonly kind: 'choices'; readonly choices: readonly Choice[] }
  /** A link button: nothing was sent to the app. */
  | { readonly kind: 'opened'; readonly url: string }
  /**
   * No answer within three seconds: "The application did not respond" for a command, "This interaction failed" for
   * a button, "Something went wrong. Try again." in a modal.
   */
  | { readonly kind: 'failed'; readonly says: string };

/** The bot's permissions that a channel can take away or give. */
export type Permission =
  | 'ViewChannel'
  | 'SendMessages'
  | 'SendMessagesInThreads'
  | 'EmbedLinks'
  | 'ReadMessageHistory'
  | 'ManageMessages';

export interface DiscordChannel {
  readonly id: string;
  readonly name: string;
  /** Undefined: a DM or a group DM. */
  readonly guild?: DiscordGuild;
  /** A public thread in it, with the bot able to take part. */
  thread(name: string): DiscordChannel;
  /** What the bot may not do here, from now on; replaces what was said before. */
  deny(...permissions: readonly Permission[]): void;
  /** What it may beyond the defaults: it has all but ManageMessages. Replaces what was granted before. */
  grant(...permissions: readonly Permission[]): void;
  /** Of a thread. An archived one comes back by itself when somebody writes; a locked one refuses (50083). */
  archive(options?: { readonly locked?: boolean }): void;
  delete(): void;
}

export interface DiscordGuild {
  readonly id: string;
  readonly name: string;
  channel(name: string, options?: { readonly deny?: readonly Permission[] }): DiscordChannel;
  join(person: DiscordPerson): void;
  leave(person: DiscordPerson): void;
  /** The bot is thrown out (GUILD_DELETE); its commands there are gone. */
  kickBot(): void;
  inviteBot(): void;
}

export interface Where {
  readonly in?: DiscordChannel;
  readonly replyTo?: ShownMessage;
}

/** Everywhere below, no channel means the person's DM with the bot. */
export interface DiscordPerson {
  readonly id: string;
  readonly name: string;
  /**
   * Uses a slash command, as the client does: only one that is registered there, with options that it has. Waits for
   * the app's first answer. `types('/mcp auth', { server: 'linear' })` uses the subcommand `auth`.
   */
  types(
    command: string,
    options?: Readonly<Record<string, string | number | boolean>>,
    where?: DiscordChannel,
  ): Promise<Outcome>;
  /**
   * What is offered while typing `partial` into that option of `/mcp`, beside the options that are filled in already.
   * Rejects where the client would say "Loading options failed".
   */
  completes(
    option: string,
    partial: string,
    where?: DiscordChannel,
    filled?: {
      readonly command?: string;
      readonly options?: Readonly<Record<string, string | number | boolean>>;
    },
  ): Promise<readonly Choice[]>;
  /** Plain text. `@bot` in it mentions the bot, `@Ana` a person, as the client does it. Replies ping who is replied to. */
  says(text: string, where?: DiscordChannel | Where): Promise<ShownMessage>;
  edits(message: ShownMessage, text: string): Promise<void>;
  deletes(message: ShownMessage): Promise<void>;
  /** Presses the newest visible button with that label, anywhere or there. */
  presses(label: string, where?: DiscordChannel): Promise<Outcome>;
  /** Presses, fills in the modal that must be the first answer (values by custom id or label), submits it. */
  fills(label: string, values: Readonly<Record<string, string>>, where?: DiscordChannel): Promise<Outcome>;
  /** Submits a modal, also once more. */
  submits(modal: ShownModal, values: Readonly<Record<string, string>>): Promise<Outcome>;
  /**
   * A component interaction for any message and custom id, seen or not. Discord itself would refuse custom ids that
   * the message does not have, and messages that the person can't see.
   */
  forges(message: ShownMessage, customId: string): Promise<Outcome>;
  /** An interaction with any type and data in the envelope that Discord would make for this person there. */
  sends(type: number, data: Fields | undefined, where?: DiscordChannel, extra?: Fields): Promise<Outcome>;
  /** Ephemeral messages live in one client and are gone when it reloads. */
  reloads(): void;
  /** Hides an ephemeral message ("Dismiss message"). */
  dismisses(message: ShownMessage): void;
  /** From now on the bot's private messages are refused (50007), as with a block or closed DMs. */
  closeDms(): void;
  openDms(): void;
  /** The account is gone: unknown user. */
  deleteAccount(): void;
  /** All that this person sees there now, newest last: texts, where links lead, buttons, spinners, failures. */
  sees(where?: DiscordChannel): string;
  messages(where?: DiscordChannel): readonly ShownMessage[];
  /** The modal that is open in their client. */
  readonly modal: ShownModal | undefined;
  /** Messages that pinged this person. */
  readonly pinged: readonly ShownMessage[];
}

export interface PersonOptions {
  readonly id?: string;
  /** Default: the name in lower case. */
  readonly username?: string;
  /** Default: en-US. */
  readonly locale?: string;
  readonly bot?: boolean;
  readonly dms?: 'open' | 'closed';
  /** The app is installed to their account: its commands work anywhere that `contexts` and `integration_types` allow. */
  readonly installed?: boolean;
}

export interface GuildOptions {
  readonly locale?: string;
  /** Default: true. */
  readonly bot?: boolean;
}

/** One REST call. `route` has its ids and tokens taken out: `POST /channels/:id/messages`. */
export interface RestCall {
  readonly route: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** It came with the bot's token. */
  readonly authorized: boolean;
  /** 0: the connection was cut before an answer. */
  readonly status: number;
  /** Discord's own code, where it refused. */
  readonly code?: number;
  readonly atMs: number;
}

export type Failure =
  /** 429 with Retry-After, X-RateLimit-* and JSON. Seconds, fractions too. */
  | { readonly retryAfter: number; readonly scope?: 'user' | 'global' | 'shared' }
  /** A refusal, or 5xx (without a code: an HTML page, as a proxy answers). */
  | { readonly status: number; readonly code?: number; readonly message?: string }
  /** The connection breaks, nothing was done. */
  | 'drop-before'
  /** It was done, the answer is lost. */
  | 'drop-after'
  /** It reaches the platform late. */
  | { readonly delayMs: number };

/** The Gateway's side of the WebSockets. */
export interface GatewayDoor {
  /** Connections that are open and ready (READY or RESUMED was sent). */
  readonly ready: number;
  /** Ever made. */
  readonly connections: number;
  readonly identifies: number;
  readonly resumes: number;
  /** The intents of the newest identify. */
  readonly intents: number | undefined;
  /** Breaks every connection, by default without a close frame. Its session can resume; events wait meanwhile. */
  drop(closeCode?: number): void;
  /** From now on connections are refused, until `comeBack`. */
  goDown(): void;
  comeBack(): void;
  /** Op 7. */
  askToReconnect(): void;
  /** Op 9. Not resumable: what was queued is lost. */
  invalidate(resumable: boolean): void;
  /** Heartbeats are no longer answered. */
  stopAcknowledging(): void;
  /** A raw dispatch to every session. */
  dispatch(event: string, data: unknown): void;
}

export type SavedUrl = { readonly saved: true } | { readonly saved: false; readonly why: string };

/** How a raw request to the interactions URL differs from a good one. */
export interface RawPost {
  /** Sent as it is; default: the payload as JSON. */
  readonly body?: string;
  /** `stranger`: by another key. `none`: no header. Else: this text as the header. Default: by the application. */
  readonly signature?: 'stranger' | 'none' | (string & {});
  /** The header's seconds (or text); it is what is signed. Default: now. */
  readonly timestamp?: number | string;
  /** The header differs from what was signed. */
  readonly timestampHeader?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  /** Default: the saved URL's next replica. */
  readonly url?: string;
}

export interface RawAnswer {
  readonly status: number;
  readonly body: string;
}

/** The HTTP way of interactions. */
export interface InteractionsDoor {
  /**
   * What the developer portal does when an operator saves the URL: a signed PING, and PINGs with bad signatures which
   * must get 401. While a URL is saved, the Gateway delivers no interactions. Undefined: taken away.
   */
  setUrl(url: string | undefined): Promise<SavedUrl>;
  readonly url: string | undefined;
  /** Any request at all to the URL. */
  post(payload: Fields, how?: RawPost): Promise<RawAnswer>;
  /** Every answer that the URL gave, oldest first. */
  readonly answers: readonly {
    readonly interactionId: string;
    readonly status: number;
    readonly body: string;
    readonly replica: string;
  }[];
}

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
