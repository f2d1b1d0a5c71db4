import type { Account, Chat, Content, Fields, StoredMessage } from './shapes.js';
import { hasTopics, isGroup } from './shapes.js';

export interface BotUser {
  readonly id: number;
  readonly is_bot: true;
  readonly first_name: string;
  readonly username: string;
}

export const seconds = (ms: number): number => Math.floor(ms / 1000);

export function wireUser(account: Account): Fields {
  return {
    id: account.id,
    is_bot: false,
    first_name: account.deactivated ? '' : account.name,
    ...(account.username === undefined ? {} : { username: account.username }),
    language_code: account.language,
  };
}

export function wireChat(chat: Chat): Fields {
  if (!isGroup(chat)) {
    const { name, username } = chat.account;
    return {
      id: chat.id,
      type: 'private',
      first_name: name,
      ...(username === undefined ? {} : { username }),
    };
  }
  return {
    id: chat.id,
    type: chat.kind,
    title: chat.title,
    ...(chat.username === undefined ? {} : { username: chat.username }),
    ...(chat.forum ? { is_forum: true } : {}),
  };
}

function wireContent({ text, entities, preview, markup }: Content): Fields {
  return {
    ...(text === '' ? {} : { text }),
    ...(entities.length === 0 ? {} : { entities }),
    ...(preview === undefined ? {} : { link_preview_options: preview }),
    ...(markup?.kind === 'inline' ? { reply_markup: markup.wire } : {}),
  };
}

function wireThread({ chat, thread }: StoredMessage): Fields {
  if (thread === undefined) return {};
  return { message_thread_id: thread, ...(hasTopics(chat) ? { is_topic_message: true } : {}) };
}

/** A Bot API `Message`. The message that it replies to comes without its own (Bot API, `reply_to_message`). */
export function wireMessage(bot: BotUser, message: StoredMessage, withReply = true): Fields {
  const { ephemeral, replyTo, sender, editedAtMs } = message;
  const receiver = ephemeral?.receiver;
  return {
    message_id: message.id,
    ...wireThread(message),
    from: sender === 'bot' ? bot : wireUser(sender),
    ...(ephemeral === undefined ? {} : { ephemeral_message_id: ephemeral.id }),
    ...(receiver === undefined ? {} : { receiver_user: receiver === 'bot' ? bot : wireUser(receiver) }),
    chat: wireChat(message.chat),
    date: seconds(message.sentAtMs),
    ...(editedAtMs === undefined ? {} : { edit_date: seconds(editedAtMs) }),
    ...(withReply && replyTo !== undefined && !replyTo.deleted && replyTo.ephemeral === undefined
      ? { reply_to_message: wireMessage(bot, replyTo, false) }
      : {}),
    ...wireContent(message.content),
    ...message.extra,
  };
}
