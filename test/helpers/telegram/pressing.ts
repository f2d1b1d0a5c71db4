import type { Pressed } from './face.js';
import { tellPress } from './hearing.js';
import type { Platform } from './platform.js';
import type { Account, Fields, StoredMessage } from './shapes.js';
import { wireChat, wireMessage, wireUser } from './wire.js';

/** What is gone is only named (Bot API, `InaccessibleMessage`). */
function wirePressed({ bot }: Platform, message: StoredMessage): Fields {
  if (!message.deleted) return wireMessage(bot, message);
  return { chat: wireChat(message.chat), message_id: message.id, date: 0 };
}

/** Sends a callback query, and waits for what the bot shows in answer. */
export function pressData(
  platform: Platform,
  account: Account,
  message: StoredMessage,
  data: string,
): Promise<Pressed> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, platform.pressPatienceMs, { answered: false });
    const query = platform.queries.begin(account, message, (answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
    tellPress(platform, account, {
      id: query.id,
      from: wireUser(account),
      message: wirePressed(platform, message),
      chat_instance: String(Math.abs(message.chat.id) * 31),
      data,
    });
  });
}
