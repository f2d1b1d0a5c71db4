import type { CommandLists } from './command-lists.js';
import { commandFor, tell } from './hearing.js';
import { cleaned, foundEntities, isBlank } from './plain-text.js';
import type { Platform } from './platform.js';
import type { Account, Chat, Fields, StoredMessage } from './shapes.js';
import { isGroup } from './shapes.js';
import { inheritedThread } from './threads.js';
import { seconds, wireUser } from './wire.js';

const MAX_TEXT = 4096;

export interface Place {
  readonly chat: Chat;
  readonly thread?: number;
  readonly replyTo?: StoredMessage;
  readonly forwardedFrom?: Account;
  readonly asChannel?: boolean;
  readonly viaBot?: boolean;
}

const CHANNEL = { id: -1_001_999_000_001, type: 'channel', title: 'A channel' };
/** "For backward compatibility, if the message was sent on behalf of a chat, the field contains a fake sender user." */
const CHANNEL_BOT = { id: 136_817_688, is_bot: true, first_name: 'Channel', username: 'Channel_Bot' };
const INLINE_BOT = { id: 8_111_000_001, is_bot: true, first_name: 'Inline', username: 'some_inline_bot' };

function marks(platform: Platform, { forwardedFrom, asChannel, viaBot }: Place): Fields {
  const date = seconds(platform.now());
  return {
    ...(forwardedFrom === undefined
      ? {}
      : { forward_origin: { type: 'user', sender_user: wireUser(forwardedFrom), date } }),
    ...(asChannel ? { from: CHANNEL_BOT, sender_chat: CHANNEL } : {}),
    ...(viaBot ? { via_bot: INLINE_BOT } : {}),
  };
}

const isRegisteredEphemeral = (lists: CommandLists, account: Account, chat: Chat, command: string): boolean =>
  lists.shownTo(account, chat).some((entry) => entry.command === command && entry.is_ephemeral === true);

/** Whether the client sends this for the bot's eyes only: an ephemeral command, or a reply to an ephemeral message. */
function goesEphemerally(platform: Platform, account: Account, text: string, place: Place): boolean {
  const { chat, replyTo, forwardedFrom, asChannel, viaBot } = place;
  if (!isGroup(chat) || account.client === 'old' || forwardedFrom || asChannel || viaBot) return false;
  if (replyTo?.ephemeral !== undefined) return true;
  const command = commandFor(platform.bot.username, text);
  return command !== undefined && isRegisteredEphemeral(platform.commands, account, chat, command);
}

/** Long texts go out in pieces, as clients send them. */
function pieces(text: string): readonly string[] {
  const count = Math.ceil(text.length / MAX_TEXT);
  return Array.from({ length: count }, (_, index) => text.slice(index * MAX_TEXT, (index + 1) * MAX_TEXT));
}

function say(platform: Platform, account: Account, text: string, place: Place): void {
  const { chat, replyTo } = place;
  const thread = place.thread ?? inheritedThread(chat, replyTo);
  const message = platform.messages.add({
    chat,
    sender: account,
    content: { text, entities: foundEntities(text), linkPreview: false },
    extra: marks(platform, place),
    ...(thread === undefined ? {} : { thread }),
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(goesEphemerally(platform, account, text, place) ? { receiver: 'bot' as const } : {}),
  });
  tell(platform, 'message', message);
}

function checkPossible(account: Account, chat: Chat): void {
  const { name } = account;
  if (account.deactivated) throw new Error(`${name} has no account any more`);
  if (!account.online) throw new Error(`${name} is offline`);
  if (!isGroup(chat)) {
    if (account.blocked) throw new Error(`${name} blocked the bot: unblock it first`);
    return;
  }
  if (chat.upgradedTo !== undefined) throw new Error(`"${chat.title}" is a supergroup now: type there`);
  if (!chat.members.has(account)) throw new Error(`${name} is not in "${chat.title}"`);
}

/** A person's text on its way through the platform. */
export function typeText(platform: Platform, account: Account, text: string, place: Place): void {
  checkPossible(account, place.chat);
  const sent = cleaned(text).trim();
  if (isBlank(sent)) throw new Error('no client sends an empty message');
  if (!isGroup(place.chat)) account.started = true;
  for (const piece of pieces(sent)) say(platform, account, piece, place);
}

export function editText(platform: Platform, account: Account, message: StoredMessage, text: string): void {
  if (message.sender !== account || message.ephemeral !== undefined || message.deleted)
    throw new Error(`${account.name} can't edit that message`);
  const sent = cleaned(text).trim();
  platform.messages.edit(message, { text: sent, entities: foundEntities(sent), linkPreview: false });
  tell(platform, 'edited_message', message);
}
