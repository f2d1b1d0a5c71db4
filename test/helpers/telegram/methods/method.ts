import { checkPresence } from '../conversations.js';
import type { Params } from '../params.js';
import type { Platform } from '../platform.js';
import { badRequest } from '../refusal.js';
import type { Chat, StoredMessage } from '../shapes.js';

/** One method of the Bot API: the result, or a thrown Refusal. */
export type Method = (platform: Platform, params: Params) => unknown;

export function chatOf({ chats }: Platform, params: Params, name = 'chat_id'): Chat {
  const chat = chats.addressed(params.name(name) ?? '');
  checkPresence(chat);
  return chat;
}

/** The ordinary message that `message_id` means. */
export function messageOf(chat: Chat, params: Params, missing: string): StoredMessage {
  const message = chat.byId.get(params.requiredInteger('message_id'));
  if (message === undefined || message.deleted) throw badRequest(missing);
  return message;
}
