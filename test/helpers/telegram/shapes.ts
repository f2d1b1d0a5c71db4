import type { BotStanding } from './face.js';

/** JSON as it travels. */
export type Fields = Readonly<Record<string, unknown>>;

export interface Entity {
  readonly type: string;
  readonly offset: number;
  readonly length: number;
  readonly url?: string;
  readonly language?: string;
}

export interface Button {
  readonly text: string;
  readonly url?: string;
  readonly data?: string;
}

export type Markup =
  | { readonly kind: 'inline'; readonly rows: readonly (readonly Button[])[]; readonly wire: Fields }
  | { readonly kind: 'force-reply' | 'keyboard' | 'remove' };

/** What a message says: all of it that an edit replaces. */
export interface Content {
  readonly text: string;
  readonly entities: readonly Entity[];
  readonly html?: string;
  readonly markup?: Markup;
  readonly linkPreview: boolean;
  /** `link_preview_options` as given. */
  readonly preview?: Fields;
}

export interface Account {
  readonly id: number;
  readonly name: string;
  readonly username?: string;
  readonly language: string;
  readonly client: 'current' | 'old';
  started: boolean;
  blocked: boolean;
  deactivated: boolean;
  online: boolean;
}

/** `message_id`s count per supergroup; private chats and basic groups share one count. */
interface Conversation {
  readonly id: number;
  /** All messages ever, oldest first. */
  readonly log: StoredMessage[];
  readonly byId: Map<number, StoredMessage>;
  readonly ephemeral: Map<number, StoredMessage>;
  /** Ids of deleted ephemeral messages: given again. */
  readonly freedEphemeralIds: number[];
  /** `message_thread_id` by name. */
  readonly topics: Map<string, number>;
}

export interface PrivateChat extends Conversation {
  readonly kind: 'private';
  readonly account: Account;
}

export interface GroupChat extends Conversation {
  readonly kind: 'group' | 'supergroup';
  readonly title: string;
  readonly username?: string;
  readonly members: Set<Account>;
  readonly admins: Set<Account>;
  readonly forum: boolean;
  bot: BotStanding;
  upgradedTo?: GroupChat;
}

export type Chat = PrivateChat | GroupChat;

export interface StoredMessage {
  readonly chat: Chat;
  /** Place among all messages of the platform. */
  readonly order: number;
  /** 0 for ephemeral ones. */
  readonly id: number;
  readonly ephemeral?: { readonly id: number; readonly receiver: Account | 'bot' };
  readonly sender: Account | 'bot';
  readonly sentAtMs: number;
  /** `message_thread_id`: a forum topic, or in other supergroups the message that a thread of replies began with. */
  readonly thread?: number;
  readonly replyTo?: StoredMessage;
  readonly silent: boolean;
  /** `forward_origin`, `via_bot`, `migrate_to_chat_id` and the like. */
  readonly extra: Fields;
  /** Who sees an ephemeral message in its place. */
  readonly hiddenFor: Set<Account>;
  content: Content;
  /** Of an ephemeral message: what the one client that has it shows. */
  copy?: Content | undefined;
  editedAtMs?: number;
  deleted: boolean;
}

/** A forum, or a private chat of a bot with forum topic mode. */
export const hasTopics = (chat: Chat): boolean =>
  chat.kind === 'private' ? chat.topics.size > 0 : chat.forum;

export const isGroup = (chat: Chat): chat is GroupChat => chat.kind !== 'private';

/** The one person who can see an ephemeral message. */
export function holderOf(message: StoredMessage): Account | undefined {
  const receiver = message.ephemeral?.receiver;
  if (receiver === undefined) return undefined;
  if (receiver !== 'bot') return receiver;
  return message.sender === 'bot' ? undefined : message.sender;
}
