import type { Params } from './params.js';
import { badRequest } from './refusal.js';
import type { Chat, StoredMessage } from './shapes.js';

/** The topic that a call names. General has no id, and threads of replies outside forums are none to write to. */
export function addressedThread(chat: Chat, params: Params): number | undefined {
  const thread = params.integer('message_thread_id');
  if (thread === undefined) return undefined;
  if (![...chat.topics.values()].includes(thread)) throw badRequest('message thread not found');
  return thread;
}

/**
 * Where an ordinary reply belongs: in the topic of what it replies to. In other supergroups replies hang together and
 * say so: `message_thread_id` without `is_topic_message`. Ephemeral messages pass nothing on.
 */
export function inheritedThread(chat: Chat, replyTo: StoredMessage | undefined): number | undefined {
  if (chat.kind === 'group' || replyTo === undefined || replyTo.ephemeral !== undefined) return undefined;
  return chat.kind === 'private' || chat.forum ? replyTo.thread : (replyTo.thread ?? replyTo.id);
}
