import type { BotStanding } from './face.js';
import type { Platform } from './platform.js';
import type { Account, Chat } from './shapes.js';
import { seconds, wireChat, wireUser } from './wire.js';

const statusOf = (standing: BotStanding): string =>
  standing.startsWith('admin') ? 'administrator' : standing;

/** Tells the bot how it stands now: in a group, or with a person who blocked it (`my_chat_member`). */
export function tellStanding(
  { bot, now, updates }: Platform,
  chat: Chat,
  by: Account,
  [was, is]: readonly [was: BotStanding, is: BotStanding],
): void {
  const change = {
    chat: wireChat(chat),
    from: wireUser(by),
    date: seconds(now()),
    old_chat_member: { user: bot, status: statusOf(was) },
    new_chat_member: { user: bot, status: statusOf(is) },
  };
  updates.announce('my_chat_member', change, `chat ${chat.id}`);
}
