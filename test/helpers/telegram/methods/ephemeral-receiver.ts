import { WINDOW_MS } from '../callback-queries.js';
import type { Params } from '../params.js';
import type { Platform } from '../platform.js';
import { badRequest } from '../refusal.js';
import type { Account, Chat, GroupChat, StoredMessage } from '../shapes.js';
import { isGroup } from '../shapes.js';

interface Place {
  readonly receiver: Account;
  readonly replyTo?: StoredMessage;
  /** Shown in place of this one to the receiver. */
  readonly replaces?: StoredMessage;
}

function receiverIn(chat: GroupChat, ephemeral: Params, platform: Platform): Account {
  const id = ephemeral.requiredInteger('receiver_user_id');
  const account = platform.chats.accounts.get(id);
  if (account === undefined || account.deactivated) throw badRequest('USER_ID_INVALID');
  if (!chat.members.has(account)) throw badRequest('USER_NOT_PARTICIPANT');
  return account;
}

function pressedMessage(platform: Platform, chat: Chat, receiver: Account, id: string): StoredMessage {
  const query = platform.queries.live(id);
  if (query.account !== receiver || query.chat !== chat)
    throw badRequest('query is too old and response timeout expired or query ID is invalid');
  return query.message;
}

/** "An ephemeral message may only be replied to within 15 seconds of being sent" (Bot API, `ReplyParameters`). */
function commandRepliedTo(platform: Platform, chat: Chat, receiver: Account, reply: Params): StoredMessage {
  const command = chat.ephemeral.get(reply.integer('ephemeral_message_id') ?? 0);
  if (command === undefined || command.sender !== receiver) throw badRequest('MESSAGE_NOT_COMMAND');
  if (platform.now() - command.sentAtMs > WINDOW_MS) throw badRequest('MESSAGE_ID_INVALID');
  return command;
}

const isAdmin = ({ bot }: GroupChat): boolean => bot === 'admin' || bot === 'admin-without-delete';

/**
 * Who gets an ephemeral message, if anyone may: an administrator bot reaches any member; any other bot needs a press
 * or an ephemeral command of that member, not older than 15 s (Bot API, "Ephemeral messages").
 */
export function ephemeralReceiver(platform: Platform, chat: Chat, ephemeral: Params, params: Params): Place {
  if (!isGroup(chat)) throw badRequest('ephemeral messages can be sent only to groups and supergroups');
  const receiver = receiverIn(chat, ephemeral, platform);
  const queryId = ephemeral.text('callback_query_id');
  const reply = params.object('reply_parameters');
  if (queryId === undefined && reply === undefined && !isAdmin(chat)) throw badRequest('BOT_NOT_ADMIN');
  const pressed = queryId === undefined ? undefined : pressedMessage(platform, chat, receiver, queryId);
  const replyTo = reply === undefined ? undefined : commandRepliedTo(platform, chat, receiver, reply);
  const replaces = ephemeral.flag('replace_callback_query_message') ? replaced(pressed) : undefined;
  return {
    receiver,
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(replaces === undefined ? {} : { replaces }),
  };
}

/** Ephemeral messages are edited by their own methods instead. */
function replaced(pressed: StoredMessage | undefined): StoredMessage {
  if (pressed === undefined || pressed.ephemeral !== undefined)
    throw badRequest("message can't be replaced by an ephemeral message");
  return pressed;
}
