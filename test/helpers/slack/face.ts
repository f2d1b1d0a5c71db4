/** What tests see of the fake: the platform, its workspaces, the people in them, and what they see. */
import type { Delivered, DeliveryOptions, RawAnswer, SlackSockets } from './face-delivery.js';
import type { ShownMessage, ShownModal } from './face-shown.js';

export type * from './face-delivery.js';
export type * from './face-shown.js';

/** Where something is typed, or looked at. Default: the person's DM with the bot. */
export interface Where {
  readonly channel?: SlackChannel;
  /** The message at the top of the thread. */
  readonly thread?: ShownMessage;
}

/** What came of a line typed. */
export type Typed =
  /** A slash command; `error`: what Slackbot said went wrong (`operation_timeout`, `dispatch_failed`, `http_service_error`). */
  | { readonly kind: 'command'; readonly error?: string }
  /** An ordinary message, for all in the channel to see. */
  | { readonly kind: 'message'; readonly message: ShownMessage }
  /** The client or the platform did not take it: a slash command in a thread, or one that is not of this workspace. */
  | { readonly kind: 'refused'; readonly reason: string };

/** What came of a press. */
export interface Pressed {
  /** The app acknowledged within the deadline. */
  readonly acknowledged: boolean;
  /** What a url button opens, whether the app answers or not. */
  readonly url?: string;
  /** The modal that was open when the press had been acknowledged, if the press opened one. */
  readonly modal?: ShownModal;
}

/** What came of submitting a modal. */
export type Submitted =
  | { readonly kind: 'closed' }
  /** The modal stays, with an error below each field that has one: by the field's label. */
  | { readonly kind: 'errors'; readonly errors: Readonly<Record<string, string>> }
  /** Another view is now on show (`update`, `push`). */
  | { readonly kind: 'view'; readonly modal: ShownModal }
  /** Not acknowledged in time, or not understood: "We had some trouble connecting". The modal stays. */
  | { readonly kind: 'failed'; readonly reason: string };

export interface SlackPerson {
  /** `U…` */
  readonly id: string;
  /** The handle (`user_name`, `@ana`). */
  readonly name: string;
  readonly workspace: SlackWorkspace;
  /**
   * Types into the composer as a client would. `/mcp …` is a slash command (refused in threads); all else is a
   * message, in which `@ana`, `@<bot>` and `#channel` become `<@U…>` and `<#C…>`, and `&`, `<`, `>` entities. A leading
   * space makes a message of a slash command, as in the client. Resolves when the app acknowledged (or failed to).
   */
  types(text: string, where?: Where): Promise<Typed>;
  /** Presses the newest button with that label among those that this person can see. Without a place: anywhere. */
  presses(label: string, where?: Where): Promise<Pressed>;
  /** A `block_actions` with any action for any message, seen or not, as a hostile client can send it. */
  forgesPress(message: ShownMessage, action: Readonly<Record<string, unknown>>): Promise<Pressed>;
  /** Presses the button, waits for its modal, fills it in, submits it. Values by label, or by block or action id. */
  fills(label: string, values: Readonly<Record<string, string>>, where?: Where): Promise<Submitted>;
  /** Fills in and submits the modal that is open. */
  submits(values: Readonly<Record<string, string>>): Promise<Submitted>;
  /** Submits a copy of the open modal once more, as a double click does: without waiting for the first answer. */
  submitsTwice(values: Readonly<Record<string, string>>): Promise<readonly [Submitted, Submitted]>;
  /** Closes the open modal (`view_closed` where it asked for that). */
  closesModal(): Promise<void>;
  /** The modal on top, if one is open. */
  readonly modal: ShownModal | undefined;
  /** Opens the app's home tab (`messages`: the DM): `app_home_opened`. */
  opensHome(tab?: 'home' | 'messages'): Promise<void>;
  /** Ephemeral messages live in the client and are gone with it. */
  reloads(): void;
  /** All that this person can see now, newest last: rendered texts, buttons, addresses of links, Slackbot's errors. */
  sees(where?: Where): string;
  /** The same, everywhere: all channels and DMs, threads included. */
  seesAnywhere(): string;
  messages(where?: Where): readonly ShownMessage[];
  /** Deletes a message of their own. */
  erases(message: ShownMessage): Promise<void>;
  /** Their account is closed: nobody can open a DM with them (`user_disabled`). */
  deactivate(): void;
}

export interface PersonOptions {
  readonly id?: string;
  readonly displayName?: string;
  readonly realName?: string;
  readonly isBot?: boolean;
  readonly admin?: boolean;
  /** The person's client is switched off: ephemeral messages sent meanwhile are lost. Default: true. */
  readonly online?: boolean;
}

export interface SlackChannel {
  /** `C…` */
  readonly id: string;
  readonly name: string;
  readonly private: boolean;
  join(person: SlackPerson): void;
  leave(person: SlackPerson): void;
  inviteBot(workspace?: SlackWorkspace): void;
  removeBot(workspace?: SlackWorkspace): void;
  archive(): void;
}

export interface ChannelOptions {
  readonly id?: string;
  readonly private?: boolean;
  readonly archived?: boolean;
  /** Whether the bot is in it. Default: true. */
  readonly bot?: boolean;
  /** Slack Connect: the other workspaces whose people can be in it. */
  readonly sharedWith?: readonly SlackWorkspace[];
}

/** A workspace, and the app's installation in it. */
export interface SlackWorkspace {
  /** `T…` */
  readonly id: string;
  readonly name: string;
  readonly domain: string;
  readonly enterpriseId: string | undefined;
  /** `xoxb-…`. An org-wide installation has one for all its workspaces. */
  readonly botToken: string;
  readonly bot: { readonly userId: string; readonly botId: string; readonly name: string };
  person(name: string, options?: PersonOptions): SlackPerson;
  channel(name: string, members: readonly SlackPerson[], options?: ChannelOptions): SlackChannel;
  /** Enterprise Grid: a person of another workspace of the org is here too, under the same id. */
  admit(person: SlackPerson): SlackPerson;
  /** The scopes that the token has. Default: {@link WorkspaceOptions.scopes}. */
  setScopes(scopes: readonly string[]): void;
  /** The token is `token_revoked` from now on; the app is told by `tokens_revoked`. */
  revokeToken(): Promise<void>;
  /** The app is removed: `account_inactive`, and the app is told by `app_uninstalled` and `tokens_revoked`. */
  uninstall(): Promise<void>;
  /** Installed again: another token. */
  reinstall(): void;
  /** A raw event of this workspace, wrapped in `event_callback`, delivered like any other. */
  event(
    event: Readonly<Record<string, unknown>>,
    extra?: Readonly<Record<string, unknown>>,
  ): Promise<Delivered>;
}

export interface WorkspaceOptions {
  readonly id?: string;
  readonly domain?: string;
  /** The workspace belongs to this Enterprise Grid org (`E…`). */
  readonly enterpriseId?: string;
  /** With an enterprise: the app is installed for the whole org, with one token. Default: false. */
  readonly orgInstall?: boolean;
  /** False: the app is not installed here (a Slack Connect partner). Default: true. */
  readonly installed?: boolean;
  /** Default: chat:write, commands, app_mentions:read, im:history, im:write, users:read. */
  readonly scopes?: readonly string[];
}

export interface ApiCall {
  /** `chat.postMessage`; for a response_url: `response_url`. */
  readonly method: string;
  /** The workspace of the token or URL; undefined: an app-level token, or none that is known. */
  readonly team: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
  /** HTTP status; 0: the connection was cut before an answer. */
  readonly status: number;
  /** `ok`, or Slack's error code. */
  readonly outcome: string;
  readonly atMs: number;
}

export type Failure =
  /** `{ ok: false, error }`, status 200. */
  | { readonly error: string }
  | { readonly status: number; readonly retryAfterSeconds?: number; readonly body?: string }
  /** The connection breaks, nothing was done. */
  | 'drop-before'
  /** It was done, the answer is lost. */
  | 'drop-after'
  /** It reaches the platform late. */
  | { readonly delayMs: number };

export interface SlackOptions extends DeliveryOptions {
  readonly now?: () => number;
  /** The slash commands that the app registered. Default: `/mcp`. */
  readonly commands?: readonly string[];
  /**
   * The events it subscribed to (each also needs its scope). Default: app_mention, message.im, app_home_opened,
   * app_uninstalled, tokens_revoked. `message.im` brings the app's own messages too, their edits and deletions, as
   * the platform does.
   */
  readonly events?: readonly string[];
  /** The bot's name. Default: acmemcp. */
  readonly botName?: string;
  /** How long a trigger_id lives. Default: 10000, for busy machines; Slack's is 3000. */
  readonly triggerLifeMs?: number;
  /** How long `fills` waits for the modal. Default: 10000. */
  readonly patienceMs?: number;
}

export interface Slack {
  /** `clientOptions.slackApiUrl`, with the slash at the end. */
  readonly apiUrl: string;
  /** The origin of response_urls, which is `https://hooks.slack.com` in real life. */
  readonly hooksOrigin: string;
  readonly appId: string;
  /** `xapp-…`: one for the app, whatever the workspaces. */
  readonly appToken: string;
  readonly signingSecret: string;
  workspace(name: string, options?: WorkspaceOptions): SlackWorkspace;
  /** Every answered (or cut) call and use of a response_url, in the order of the answers. Tokens are not part of it. */
  readonly calls: readonly ApiCall[];
  callsOf(method: string): readonly ApiCall[];
  /** The next `times` calls of `method` (`*`: any; `response_url` too) go wrong this way. Default: 1. */
  fail(method: string, how: Failure, times?: number): void;
  /** `apps.connections.open` answers `invalid_auth` from now on, and open sockets end with `link_disabled`. */
  revokeAppToken(): void;
  /** Everything that was sent to the app, in order, retries included. */
  readonly deliveries: readonly Delivered[];
  /** Sends the same payload once more, ids and all; over HTTP freshly signed, over a socket in an envelope of its own. */
  redeliver(delivery: Delivered): Promise<Delivered>;
  /** Socket Mode is off from now on: signed HTTP to these URLs in turn (replicas). Empty: back to Socket Mode. */
  deliverTo(urls: readonly string[]): void;
  /** Sends the challenge to every URL, as saving the settings does; true for each that answered it. */
  verifyUrls(): Promise<readonly boolean[]>;
  /** What Slack would send as headers with this body; `atMs` for old and future requests. */
  sign(body: string, atMs?: number): Readonly<Record<string, string>>;
  /** POSTs anything anywhere: forged, replayed, future-dated. */
  post(url: string, body: string, headers: Readonly<Record<string, string>>): Promise<RawAnswer>;
  readonly sockets: SlackSockets;
  /** Uses left of a response_url, and when it expires: to look at, uses none. */
  responseUrl(url: string): { readonly usesLeft: number; readonly expiresAtMs: number } | undefined;
  goDown(): Promise<void>;
  /** On the same port. */
  comeBack(): Promise<void>;
  close(): Promise<void>;
}
