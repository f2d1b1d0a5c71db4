import type { Platform } from '../platform.js';
import { badRequest } from '../refusal.js';
import type { StoredMessage } from '../shapes.js';
import { ephemeralMessage } from './editing.js';
import { chatOf, type Method, messageOf } from './method.js';

const DELETABLE_MS = 48 * 60 * 60 * 1000;
const MAX_MESSAGES = 100;

/** Its own anywhere, incoming ones in private chats, any as an administrator with that right (Bot API, `deleteMessage`). */
function checkDeletable({ now }: Platform, message: StoredMessage): void {
  const { chat, sender, sentAtMs } = message;
  const own = sender === 'bot' || chat.kind === 'private' || chat.bot === 'admin';
  if (!own || now() - sentAtMs >= DELETABLE_MS) throw badRequest("message can't be deleted");
}

export const deleteMessage: Method = (platform, params) => {
  const message = messageOf(chatOf(platform, params), params, 'message to delete not found');
  checkDeletable(platform, message);
  platform.messages.delete(message);
  return true;
};

/** Those that are not there are skipped (Bot API, `deleteMessages`). */
export const deleteMessages: Method = (platform, params) => {
  const chat = chatOf(platform, params);
  const ids = params.list('message_ids') ?? [];
  if (ids.length < 1 || ids.length > MAX_MESSAGES) throw badRequest('wrong number of message identifiers');
  const found = ids.flatMap((id) => {
    if (!Number.isSafeInteger(id)) throw badRequest('invalid message identifier specified');
    const message = chat.byId.get(Number(id));
    return message === undefined || message.deleted ? [] : [message];
  });
  for (const message of found) checkDeletable(platform, message);
  for (const message of found) platform.messages.delete(message);
  return true;
};

export const deleteEphemeralMessage: Method = (platform, params) => {
  platform.messages.delete(ephemeralMessage(platform, params, 'message to delete not found'));
  return true;
};
