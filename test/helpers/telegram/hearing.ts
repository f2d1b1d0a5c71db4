import type { Platform } from './platform.js';
import type { Account, Fields, GroupChat, StoredMessage } from './shapes.js';
import { isGroup } from './shapes.js';
import { wireMessage } from './wire.js';

const COMMAND = /^\/([A-Za-z0-9_]{1,64})(?:@([A-Za-z0-9_]{3,32}))?(?![\p{L}\p{N}_/<>@])/u;

/** The command that a text begins with, if it is for this bot or for any. */
export function commandFor(username: string, text: string): string | undefined {
  const [, command, target] = COMMAND.exec(text) ?? [];
  if (target !== undefined && target.toLowerCase() !== username.toLowerCase()) return undefined;
  return command;
}

/** Privacy mode: service messages, commands and replies to the bot's messages, no other talk (Bot features, "Privacy mode"). */
function hearsInGroup(platform: Platform, chat: GroupChat, message: StoredMessage): boolean {
  if (chat.bot === 'kicked' || chat.bot === 'left') return false;
  if (message.ephemeral !== undefined || platform.readsAllMessages || chat.bot !== 'member') return true;
  const isService = message.content.text === '';
  if (isService || message.replyTo?.sender === 'bot') return true;
  return commandFor(platform.bot.username, message.content.text) !== undefined;
}

/** Tells the bot of a message, if it gets to know it. */
export function tell(platform: Platform, type: 'message' | 'edited_message', message: StoredMessage): void {
  const { chat } = message;
  if (isGroup(chat) && !hearsInGroup(platform, chat, message)) return;
  platform.updates.announce(type, wireMessage(platform.bot, message), `chat ${chat.id}`);
}

/** A press: what a person does stays in order, apart from what is said in the chat. */
export function tellPress(platform: Platform, account: Account, query: Fields): void {
  platform.updates.announce('callback_query', query, `person ${account.id}`);
}
