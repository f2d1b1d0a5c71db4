import { type Draft, readDraft } from '../../checks/message.js';
import type { Fields } from '../../face.js';
import { botMay } from '../../permissions.js';
import type { Platform } from '../../platform.js';
import { missingAccess, missingPermissions, Refusal, unknownChannel, unknownMessage } from '../../refusal.js';
import type { Channel, DmChannel, GuildChannel, Message } from '../../shapes.js';
import { wireChannel } from '../../wire/channels.js';
import { wireMessage, wireWithoutContent } from '../../wire/messages.js';
import { type Answer, type Call, NO_CONTENT, ok, param, type Route } from '../call.js';

/** Message content, by REST too, is for those who were granted it. */
const CONTENT_FLAGS = (1 << 18) | (1 << 19);

function channelOf(call: Call): GuildChannel | DmChannel {
  const channel = call.platform.directory.channel(param(call, 0));
  if (channel === undefined) throw unknownChannel();
  if (channel.kind === 'private' || !botMay(channel, 'ViewChannel')) throw missingAccess();
  return channel;
}

function messageOf(call: Call): Message {
  const message = channelOf(call).log.find(({ id }) => id === param(call, 1));
  if (message === undefined || message.deleted || message.receiver !== undefined) throw unknownMessage();
  return message;
}

export function wireFor(platform: Platform, message: Message): Fields {
  const { bot, application, messages } = platform;
  const wire = wireMessage(message, messages.look);
  const open =
    message.author === bot || message.channel.kind === 'dm' || message.mentions.users.includes(bot.id);
  return open || (application.flags & CONTENT_FLAGS) !== 0 ? wire : wireWithoutContent(wire);
}

function checkMaySend(platform: Platform, channel: GuildChannel | DmChannel): void {
  if (channel.kind === 'dm') {
    checkOpenToBot(platform, channel);
    return;
  }
  const needed = channel.kind === 'thread' ? 'SendMessagesInThreads' : 'SendMessages';
  if (!botMay(channel, needed)) throw missingPermissions();
  if (channel.locked && channel.archived) throw new Refusal(400, 50083, 'Thread is archived');
  if (channel.locked) throw new Refusal(403, 160005, 'This thread is locked');
  channel.archived = false;
}

function checkOpenToBot({ directory }: Platform, { account }: DmChannel): void {
  if (!account.dmsOpen || account.deleted) throw new Refusal(403, 50007, 'Cannot send messages to this user');
  if (!directory.sharesGuildWithBot(account) && !account.installed)
    throw new Refusal(403, 50278, 'Cannot send messages to this user due to having no mutual guilds');
}

function repliedTo(call: Call, channel: Channel): Message | undefined {
  const reference = call.body.at('message_reference');
  if (!reference.given) return undefined;
  if (!botMay(channel, 'ReadMessageHistory'))
    throw new Refusal(403, 160002, 'Cannot reply without permission to read message history');
  const id = reference.at('message_id').value;
  const found = channel.log.find((one) => one.id === id && !one.deleted && one.receiver === undefined);
  if (found === undefined && reference.at('fail_if_not_exists').value !== false) {
    reference.complain('REPLIES_UNKNOWN_MESSAGE', 'Unknown message');
    call.body.refuseIfWrong();
  }
  return found;
}

function checkEmbedLinks(channel: Channel, { embeds }: Draft): void {
  if (embeds.length > 0 && !botMay(channel, 'EmbedLinks')) throw missingPermissions();
}

/** "If another message was created by the same author with the same nonce, that message will be returned." */
const nonces = new WeakMap<Message, unknown>();

function sentBefore({ body }: Call, channel: Channel): Message | undefined {
  const nonce = body.at('nonce').value;
  if (nonce === undefined || body.at('enforce_nonce').value !== true) return undefined;
  return channel.log.find((message) => nonces.get(message) === nonce);
}

function send(call: Call): Answer {
  const { platform, body } = call;
  const channel = channelOf(call);
  const before = sentBefore(call, channel);
  if (before !== undefined) return ok(wireFor(platform, before));
  const draft = readDraft(body);
  checkMaySend(platform, channel);
  checkEmbedLinks(channel, draft);
  const replyTo = repliedTo(call, channel);
  const message = platform.messages.create(
    channel,
    platform.bot,
    draft,
    replyTo === undefined ? {} : { replyTo },
  );
  const nonce = body.at('nonce').value;
  nonces.set(message, nonce);
  return ok({ ...wireFor(platform, message), ...(nonce === undefined ? {} : { nonce }) });
}

function edit(call: Call): Answer {
  const message = messageOf(call);
  if (message.author !== call.platform.bot)
    throw new Refusal(403, 50005, 'Cannot edit a message authored by another user');
  call.platform.messages.edit(message, readDraft(call.body, message));
  return ok(wireFor(call.platform, message));
}

function remove(call: Call): Answer {
  const message = messageOf(call);
  if (message.author !== call.platform.bot) {
    if (message.channel.kind === 'dm') throw new Refusal(403, 50003, 'Cannot execute action on a DM channel');
    if (!botMay(message.channel, 'ManageMessages')) throw missingPermissions();
  }
  call.platform.messages.delete(message);
  return NO_CONTENT;
}

function list(call: Call): Answer {
  const channel = channelOf(call);
  const limit = Number(call.query.get('limit') ?? 50);
  if (!botMay(channel, 'ReadMessageHistory')) return ok([]);
  const there = channel.log.filter(({ deleted, receiver }) => !deleted && receiver === undefined);
  return ok(
    there
      .slice(-limit)
      .reverse()
      .map((message) => wireFor(call.platform, message)),
  );
}

function openDm({ platform, body }: Call): Answer {
  const recipient = body.at('recipient_id');
  if (recipient.required()) recipient.text();
  body.refuseIfWrong();
  const account = platform.directory.accounts.get(String(recipient.value));
  if (account === undefined || account.deleted || account === platform.bot)
    throw new Refusal(400, 50033, 'Invalid Recipient(s)');
  if (account.bot) throw new Refusal(403, 50007, 'Cannot send messages to this user');
  return ok(wireChannel(platform.directory.dmOf(account), platform.bot));
}

export const CHANNELS: readonly Route[] = [
  { name: 'POST /users/@me/channels', answer: openDm },
  { name: 'GET /channels/:id', answer: (call) => ok(wireChannel(channelOf(call), call.platform.bot)) },
  { name: 'GET /channels/:id/messages', answer: list },
  { name: 'POST /channels/:id/messages', answer: send },
  { name: 'GET /channels/:id/messages/:id', answer: (call) => ok(wireFor(call.platform, messageOf(call))) },
  { name: 'PATCH /channels/:id/messages/:id', answer: edit },
  { name: 'DELETE /channels/:id/messages/:id', answer: remove },
  {
    name: 'POST /channels/:id/typing',
    answer: (call) => {
      checkMaySend(call.platform, channelOf(call));
      return NO_CONTENT;
    },
  },
];
