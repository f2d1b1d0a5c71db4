import { membersOf, positiveOf } from '../../common/payload.js';
import type { Inbound } from '../types.js';
import { type Bot, isCommand, readMessage } from './read-message.js';
import { readPress } from './read-press.js';

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

/**
 * `/mcp …`, changed after it was sent. It commands nothing, but may hold a key that somebody wants to take back: nothing
 * for the handlers of a bot that the gateway is mounted into.
 */
export function isEditedCommand(update: unknown, bot: Bot): boolean {
  const { text } = membersOf(membersOf(update).edited_message);
  return typeof text === 'string' && isCommand(text, bot);
}
