import type { Caller } from '../../../gateway/types.js';
import { integerOf, membersOf } from '../../common/payload.js';
import { conversationRef } from '../refs.js';
import { readSaid } from './read-message.js';

/**
 * Who said what a host's handler is about to answer, and where. Undefined for bots, channels, edits, and what was
 * forwarded or sent in somebody else's name: nothing is called on behalf of who did not say it here.
 *
 * @param source a grammY context, or a Bot API update with a message
 * @param bot the bot's id, where the source does not tell it
 */
export function readCaller(source: unknown, bot: number | undefined, nowMs: number): Caller | undefined {
  const { update = source, me } = membersOf(source);
  const { update_id: id, message } = membersOf(update);
  const updateId = integerOf(id);
  const ours = integerOf(membersOf(me).id) ?? bot;
  if (updateId === undefined || ours === undefined) return undefined;
  const said = readSaid(updateId, membersOf(message), { id: ours });
  if (said === undefined) return undefined;
  const { actor, place, typed } = said;
  return { actor, conversation: conversationRef({ place, update: updateId, atMs: nowMs, ...typed }) };
}
