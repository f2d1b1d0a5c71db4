import { integerOf, membersOf, positiveOf } from '../../common/payload.js';
import type { Place, TypedMessage } from '../types.js';

type Message = { readonly [name: string]: unknown };

/** Where a message stands; undefined in channels, and in the messages that people write to a channel. */
export function readPlace(message: Message): Place | undefined {
  const { id, type, is_direct_messages: toChannel } = membersOf(message.chat);
  const chat = integerOf(id);
  const kind = kindOf(type);
  if (chat === undefined || kind === undefined || toChannel === true) return undefined;
  const topic = readTopic(message);
  return topic === undefined ? { kind, chat } : { kind, chat, topic };
}

/** A person's own message, or the one that a button is on. */
export function readTyped(message: Message): TypedMessage | undefined {
  const ephemeral = positiveOf(message.ephemeral_message_id);
  if (ephemeral !== undefined) return { ephemeral };
  const plain = positiveOf(message.message_id);
  return plain === undefined ? undefined : { message: plain };
}

function kindOf(type: unknown): Place['kind'] | undefined {
  if (type === 'private') return 'private';
  return type === 'group' || type === 'supergroup' ? 'group' : undefined;
}

/** Replies outside of topics have a thread id too: sending to that one is an error ("message thread not found"). */
function readTopic({ is_topic_message: inTopic, message_thread_id: thread }: Message): number | undefined {
  return inTopic === true ? positiveOf(thread) : undefined;
}
