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
 * `/mcp …` that commands nothing: changed after it was sent, forwarded, said in the name of a group, below a picture. It may
 * hold a key all the same: nothing for the handlers of a bot that the gateway is mounted into.
 */
export function isIdleCommand(update: unknown, bot: Bot): boolean {
  const { message, edited_message: edited } = membersOf(update);
  return [message, edited].some((one) => {
    const { text, caption } = membersOf(one);
    return [text, caption].some((said) => typeof said === 'string' && isCommand(said, bot));
  });
}
