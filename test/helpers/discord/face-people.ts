/** People, and where they are. */

import type { Choice, Fields, Outcome, ShownMessage, ShownModal } from './face-shown.js';

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
