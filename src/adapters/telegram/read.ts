import { membersOf, positiveOf } from './payload.js';
import { type Bot, readMessage } from './read-message.js';
import { readPress } from './read-press.js';
import type { Inbound } from './types.js';

/**
 * What an update means for the gateway; undefined where it is not for us. Only new messages and pressed buttons are:
 * edited messages, channel posts and all other updates command nothing. Never throws, whatever the payload is.
 */
export function readUpdate(update: unknown, bot: Bot): Inbound | undefined {
  const { update_id: id, message, callback_query: query } = membersOf(update);
  const updateId = positiveOf(id);
  if (updateId === undefined) return undefined;
  if (message !== undefined) return readMessage(updateId, membersOf(message), bot);
  return query === undefined ? undefined : readPress(updateId, membersOf(query));
}
