import { returnAddress } from '../../../gateway/types.js';
import { membersOf, textOf } from '../../common/payload.js';
import { withoutInvisible } from '../../common/text.js';
import { LONGEST_TEXT, wordsIn } from '../../common/words.js';
import { isSnowflake } from '../refs.js';
import type { Inbound, Me } from '../types.js';
import { readActor } from './people.js';
import { placeOfMessage } from './places.js';

type Text = Extract<Inbound, { readonly kind: 'text' }>;

/** Message Type: a text, and one that replies to another. */
const TYPED: readonly unknown[] = [0, 19];
/** `/mcp` or `mcp`, at the end or before white space. A command's case does not matter. */
const COMMAND = /^\/?mcp(?!\S)/i;
const MENTION = /^<@!?(\d{1,20})>\s*/;

/**
 * A text for us; undefined where it is none. Discord gives the bot the content of DMs and of messages that mention it
 * (no privileged intent), and nobody else's: in a guild, a command begins with the mention. Never throws.
 */
export function readMessage(payload: unknown, { user: bot }: Pick<Me, 'user'>): Text | undefined {
  const message = membersOf(payload);
  const { id, type, content, webhook_id: webhook } = message;
  const text = textOf(content)?.slice(0, LONGEST_TEXT);
  const actor = readActor(message.author);
  const place = placeOfMessage(message);
  if (!text || actor === undefined || place === undefined || !isSnowflake(id)) return undefined;
  // A forwarded message says what somebody else said, in a snapshot.
  if (!TYPED.includes(type ?? 0) || webhook !== undefined || message.message_snapshots !== undefined)
    return undefined;
  const words = commandIn(text, bot, place.kind === 'guild');
  if (words !== undefined) return { kind: 'text', message: id, actor, place, words };
  if (place.kind !== 'dm') return undefined;
  const address = returnAddress(text);
  return { kind: 'text', message: id, actor, place, ...(address === undefined ? {} : { address }) };
}

/** The words of a command; undefined where the text is none. */
function commandIn(text: string, bot: string, mentioned: boolean): readonly string[] | undefined {
  const seen = withoutInvisible(text).trimStart();
  const [address = '', to] = MENTION.exec(seen) ?? [];
  if (to !== bot && (mentioned || to !== undefined)) return undefined;
  const rest = seen.slice(address.length);
  const command = COMMAND.exec(rest)?.[0];
  return command === undefined ? undefined : wordsIn(rest.slice(command.length));
}
