import { readContent } from '../content.js';
import { checkWritable } from '../conversations.js';
import type { Params } from '../params.js';
import type { Platform } from '../platform.js';
import { badRequest } from '../refusal.js';
import { readMarkup } from '../reply-markup.js';
import type { Chat, Content, StoredMessage } from '../shapes.js';
import { isGroup } from '../shapes.js';
import { wireMessage } from '../wire.js';
import { chatOf, type Method, messageOf } from './method.js';

const UNCHANGED =
  'message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message';

const compared = ({ text, entities, markup }: Content): string => JSON.stringify([text, entities, markup]);

const rulesFor = (chat: Chat, ephemeral: boolean) => ({
  privateChat: !isGroup(chat),
  ephemeral,
  inlineOnly: true,
});

function replaceContent(platform: Platform, message: StoredMessage, content: Content): void {
  if (compared(content) === compared(message.content)) throw badRequest(UNCHANGED);
  platform.messages.edit(message, content);
}

function withMarkup(message: StoredMessage, params: Params): Content {
  const { markup: _, ...rest } = message.content;
  const markup = readMarkup(params, rulesFor(message.chat, message.ephemeral !== undefined));
  return markup === undefined ? rest : { ...rest, markup };
}

/** A message of the bot's own, without a keyboard that only a new message can bring. */
function editable(platform: Platform, params: Params): StoredMessage {
  const chat = chatOf(platform, params);
  checkWritable(chat);
  const message = messageOf(chat, params, 'message to edit not found');
  const { markup } = message.content;
  if (message.sender !== 'bot' || (markup !== undefined && markup.kind !== 'inline'))
    throw badRequest("message can't be edited");
  return message;
}

/** An ephemeral message of the bot's to that receiver. Its identifier alone means nothing. */
export function ephemeralMessage(platform: Platform, params: Params, missing: string): StoredMessage {
  const chat = chatOf(platform, params);
  if (!isGroup(chat)) throw badRequest('ephemeral messages can be sent only to groups and supergroups');
  const receiver = platform.chats.accounts.get(params.requiredInteger('receiver_user_id'));
  const message = chat.ephemeral.get(params.requiredInteger('ephemeral_message_id'));
  if (message === undefined || receiver === undefined || message.ephemeral?.receiver !== receiver)
    throw badRequest(missing);
  return message;
}

export const editMessageText: Method = (platform, params) => {
  const message = editable(platform, params);
  replaceContent(platform, message, readContent(params, rulesFor(message.chat, false)));
  return wireMessage(platform.bot, message);
};

export const editMessageReplyMarkup: Method = (platform, params) => {
  const message = editable(platform, params);
  replaceContent(platform, message, withMarkup(message, params));
  return wireMessage(platform.bot, message);
};

export const editEphemeralMessageText: Method = (platform, params) => {
  const message = ephemeralMessage(platform, params, 'message to edit not found');
  replaceContent(platform, message, readContent(params, rulesFor(message.chat, true)));
  return true;
};

export const editEphemeralMessageReplyMarkup: Method = (platform, params) => {
  const message = ephemeralMessage(platform, params, 'message to edit not found');
  replaceContent(platform, message, withMarkup(message, params));
  return true;
};
