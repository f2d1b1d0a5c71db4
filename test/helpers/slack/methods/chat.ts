import { contentOf } from '../content.js';
import type { Platform } from '../platform.js';
import { Refusal } from '../refusal.js';
import type { Conversation, StoredMessage } from '../shapes.js';
import { wireMessage } from '../wire.js';
import type { Method, MethodContext } from './method.js';
import { postable, visible } from './places.js';

function threadOf({ platform, params }: MethodContext, conversation: Conversation): string | undefined {
  const thread = params.text('thread_ts');
  if (thread === undefined) return undefined;
  const root = platform.messages.find(conversation, thread);
  if (root === undefined) throw new Refusal('invalid_thread_ts');
  return root.threadTs ?? thread;
}

function postMessage(context: MethodContext) {
  const { platform, installation, params, echoes } = context;
  const conversation = postable(platform, installation, params.required('channel', 'channel_not_found'));
  const message = platform.messages.add({
    conversation,
    sender: installation,
    content: contentOf(params),
    threadTs: threadOf(context, conversation),
  });
  echoes.posted(message);
  return { channel: conversation.id, ts: message.ts, message: wireMessage(message, platform) };
}

/** Members see it in a thread only where the thread has replies: the client is what decides, the API says nothing. */
function postEphemeral(context: MethodContext) {
  const { platform, installation, params } = context;
  const conversation = postable(platform, installation, params.required('channel', 'channel_not_found'));
  const user = params.required('user', 'invalid_arguments');
  const readers = conversation.kind === 'im' ? [conversation.account] : [...conversation.members];
  const reader = readers.find(({ id, deactivated }) => id === user && !deactivated);
  if (reader === undefined) throw new Refusal('user_not_in_channel');
  const message = platform.messages.add({
    conversation,
    sender: installation,
    content: contentOf(params),
    threadTs: threadOf(context, conversation),
    ephemeralFor: reader,
  });
  return { message_ts: message.ts };
}

function own({ platform, installation, params }: MethodContext, refusal: string): StoredMessage {
  const conversation = visible(platform, installation, params.required('channel', 'channel_not_found'));
  const message = platform.messages.find(conversation, params.required('ts', 'message_not_found'));
  if (message === undefined) throw new Refusal('message_not_found');
  if (message.sender !== installation) throw new Refusal(refusal);
  return message;
}

function update(context: MethodContext) {
  const { platform, params, echoes } = context;
  const message = own(context, 'cant_update_message');
  const { conversation } = message;
  if (conversation.kind === 'channel' && conversation.archived) throw new Refusal('is_inactive');
  const before = wireMessage(message, platform);
  platform.messages.edit(message, contentOf(params));
  echoes.changed(message, before);
  const { content, ts } = message;
  return { channel: conversation.id, ts, text: content.text, message: wireMessage(message, platform) };
}

function remove(context: MethodContext) {
  const message = own(context, 'cant_delete_message');
  message.deleted = true;
  context.echoes.deleted(message);
  return { channel: message.conversation.id, ts: message.ts };
}

function permalink({ platform, installation, params }: MethodContext) {
  const conversation = visible(platform, installation, params.required('channel', 'channel_not_found'));
  const message = platform.messages.find(conversation, params.required('message_ts', 'message_not_found'));
  if (message === undefined) throw new Refusal('message_not_found');
  return { channel: conversation.id, permalink: permalinkOf(platform, message) };
}

function permalinkOf({ teams }: Platform, { conversation, ts }: StoredMessage): string {
  return `https://${teams[0]?.domain}.slack.com/archives/${conversation.id}/p${ts.replace('.', '')}`;
}

const CHAT = { scopes: ['chat:write'], json: true };

export const chatMethods: Readonly<Record<string, Method>> = {
  'chat.postMessage': { ...CHAT, run: postMessage },
  'chat.postEphemeral': { ...CHAT, run: postEphemeral },
  'chat.update': { ...CHAT, run: update },
  'chat.delete': { ...CHAT, run: remove },
  'chat.getPermalink': { scopes: [], json: false, run: permalink },
};
