import { readContent } from '../content.js';
import { checkWritable } from '../conversations.js';
import type { Params } from '../params.js';
import { badRequest } from '../refusal.js';
import type { Chat, StoredMessage } from '../shapes.js';
import { isGroup } from '../shapes.js';
import { addressedThread, inheritedThread } from '../threads.js';
import { wireMessage } from '../wire.js';
import { ephemeralReceiver } from './ephemeral-receiver.js';
import { chatOf, type Method } from './method.js';

function repliedTo(chat: Chat, params: Params): StoredMessage | undefined {
  const reply = params.object('reply_parameters');
  const id = reply === undefined ? params.integer('reply_to_message_id') : reply.integer('message_id');
  if (reply?.has('ephemeral_message_id'))
    throw badRequest('a reply to an ephemeral message must itself be an ephemeral message');
  if (id === undefined) {
    if (reply !== undefined)
      throw badRequest('message_id or ephemeral_message_id is required in reply parameters');
    return undefined;
  }
  const message = chat.byId.get(id);
  if (message !== undefined && !message.deleted) return message;
  if (reply?.flag('allow_sending_without_reply') || params.flag('allow_sending_without_reply'))
    return undefined;
  throw badRequest('message to be replied not found');
}

export const sendMessage: Method = (platform, params) => {
  const chat = chatOf(platform, params);
  checkWritable(chat);
  const ephemeral = platform.isOld ? undefined : params.object('ephemeral_message_parameters');
  const rules = { privateChat: !isGroup(chat), ephemeral: ephemeral !== undefined, inlineOnly: false };
  const content = readContent(params, rules);
  const place = ephemeral === undefined ? undefined : ephemeralReceiver(platform, chat, ephemeral, params);
  const replyTo = place === undefined ? repliedTo(chat, params) : place.replyTo;
  const thread = addressedThread(chat, params) ?? inheritedThread(chat, replyTo);
  const message = platform.messages.add({
    chat,
    sender: 'bot',
    content,
    silent: params.flag('disable_notification'),
    ...(thread === undefined ? {} : { thread }),
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(place === undefined ? {} : { receiver: place.receiver }),
  });
  if (place !== undefined) place.replaces?.hiddenFor.add(place.receiver);
  return wireMessage(platform.bot, message);
};

const ACTIONS =
  /^(typing|upload_(photo|video|voice|document|video_note)|record_(video|voice|video_note)|choose_sticker|find_location)$/;

export const sendChatAction: Method = (platform, params) => {
  const chat = chatOf(platform, params);
  checkWritable(chat);
  if (!ACTIONS.test(params.requiredText('action'))) throw badRequest('wrong parameter action in request');
  addressedThread(chat, params);
  return true;
};
