import type { Fields, Permission } from './face.js';

export interface Account {
  readonly id: string;
  readonly name: string;
  readonly username: string;
  readonly locale: string;
  readonly bot: boolean;
  /** The app is installed to the account. */
  readonly installed: boolean;
  dmsOpen: boolean;
  deleted: boolean;
}

export interface Command extends Fields {
  readonly id: string;
  readonly name: string;
  readonly type: number;
}

export interface Guild {
  readonly id: string;
  readonly name: string;
  readonly locale: string;
  readonly botRoleId: string;
  readonly members: Set<Account>;
  readonly channels: GuildChannel[];
  bot: boolean;
}

interface Conversation {
  readonly id: string;
  /** All messages ever, oldest first. */
  readonly log: Message[];
  deleted: boolean;
}

export interface GuildChannel extends Conversation {
  readonly kind: 'text' | 'thread';
  readonly name: string;
  readonly guild: Guild;
  readonly parent?: GuildChannel;
  denied: ReadonlySet<Permission>;
  granted: ReadonlySet<Permission>;
  archived: boolean;
  locked: boolean;
}

/** With the bot. */
export interface DmChannel extends Conversation {
  readonly kind: 'dm';
  readonly account: Account;
}

/** Without the bot. */
export interface PrivateChannel extends Conversation {
  readonly kind: 'private';
  readonly people: readonly Account[];
}

export type Channel = GuildChannel | DmChannel | PrivateChannel;

/** What a message says: all of it that an edit replaces. */
export interface Content {
  readonly content: string;
  readonly embeds: readonly Fields[];
  readonly components: readonly Fields[];
}

export interface Message extends Content {
  readonly id: string;
  readonly channel: Channel;
  readonly author: Account;
  readonly sentAtMs: number;
  /** Who alone sees it. */
  readonly receiver?: Account;
  readonly replyTo?: Message;
  /** `interaction_metadata`. */
  readonly metadata?: Fields;
  /** Ephemeral in a client that was reloaded, or dismissed. */
  gone: boolean;
  flags: number;
  content: string;
  embeds: readonly Fields[];
  components: readonly Fields[];
  /** Whom it names: users, roles, everyone. */
  mentions: Mentions;
  pings: readonly string[];
  previews: readonly string[];
  /** Until when "is thinking…" can still become something. */
  loadingUntilMs?: number | undefined;
  editedAtMs?: number;
  deleted: boolean;
}

export interface Mentions {
  readonly users: readonly string[];
  readonly roles: readonly string[];
  readonly everyone: boolean;
}

export const isInGuild = (channel: Channel): channel is GuildChannel =>
  channel.kind === 'text' || channel.kind === 'thread';

export const FLAGS = {
  suppressEmbeds: 1 << 2,
  ephemeral: 1 << 6,
  loading: 1 << 7,
  suppressNotifications: 1 << 12,
  componentsV2: 1 << 15,
} as const;
