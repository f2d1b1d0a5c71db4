import { returnAddress } from '../../../gateway/types.js';
import { membersOf, textOf } from '../../common/payload.js';
import { isId, isTs, isUserId } from '../refs.js';
import type { Home, Inbound, Speaker, Typed } from '../types.js';
import { homeOf } from './home.js';
import { type Address, readAddress, wordsOf } from './slack-text.js';

type Members = { readonly [name: string]: unknown };

/** The user ids of our bots. */
export interface Bots {
  has(userId: string): boolean;
}

/** What an event is about, and by which installation we see it. */
interface Seen {
  readonly event: Members;
  readonly home: Home;
  readonly bots: Bots;
  /** Else it is what a user of the host's app sees. */
  readonly asBot: boolean;
  /** Channels that are shared with other organisations hold their people too. */
  readonly shared: boolean;
}

const NOTHING: Inbound = { kind: 'nothing' };

export function readEvent(body: Members, bots: Bots): Inbound | undefined {
  const seen = seenIn(body, bots);
  const { event, home } = seen;
  switch (event.type) {
    case 'app_uninstalled':
    case 'tokens_revoked':
      return { kind: 'uninstalled', home };
    case 'app_mention':
      return readMention(seen);
    case 'message':
      return event.channel_type === 'im' ? (seen.asBot ? readDirect(seen) : undefined) : readInChannel(seen);
    default:
      return undefined;
  }
}

/** Whatever a person said where the bot sees it, also what is no command. Undefined: it was nobody, or was said before. */
export function readSaid(body: Members, bots: Bots): Extract<Inbound, { kind: 'text' }> | undefined {
  const seen = seenIn(body, bots);
  const { event } = seen;
  if (event.type !== 'message' && event.type !== 'app_mention') return undefined;
  const direct = event.channel_type === 'im';
  const elsewhere = direct && (!seen.asBot || textOf(event.channel)?.startsWith('D') !== true);
  if (elsewhere || event.channel_type === 'mpim' || !isTypedNow(event)) return undefined;
  const said = asSaid(seen, {}, direct);
  return said?.kind === 'text' ? said : undefined;
}

function seenIn(body: Members, bots: Bots): Seen {
  const event = membersOf(body.event);
  const authorization = membersOf(Array.isArray(body.authorizations) ? body.authorizations[0] : undefined);
  // In a channel of another organisation the outer `team_id` is theirs (java-slack-sdk#629).
  const home = homeOf(
    authorization.team_id ?? body.context_team_id ?? body.team_id,
    authorization.enterprise_id ?? body.enterprise_id,
    authorization.is_enterprise_install,
  );
  const own = authorization.is_bot === true ? textOf(authorization.user_id) : undefined;
  const ours: Bots = { has: (id) => id === own || bots.has(id) };
  // A host's app may also see what its users see: their own direct messages are none of ours.
  const asBot = authorization.is_bot !== false;
  return { event, home, bots: ours, asBot, shared: body.is_ext_shared_channel === true };
}

function readMention(seen: Seen): Inbound | undefined {
  if (!isTypedNow(seen.event)) return undefined;
  const address = readAddress(textOf(seen.event.text) ?? '');
  const ours = address.mention !== undefined && seen.bots.has(address.mention);
  return ours ? asSaid(seen, address, false) : asSaid(seen, {}, false);
}

function readDirect(seen: Seen): Inbound | undefined {
  const address = readAddress(textOf(seen.event.text) ?? '');
  if (!isTypedNow(seen.event)) return isLater(seen) ? NOTHING : undefined;
  // Answers go there for all who are in it to see: the ids of DMs, and no others, begin with a D.
  return textOf(seen.event.channel)?.startsWith('D') === true ? asSaid(seen, address, true) : undefined;
}

/** A host's app that reads channels gets a mention twice: it is one command, and nothing for the host. */
function readInChannel(seen: Seen): Inbound | undefined {
  if (!isTypedNow(seen.event)) return isLater(seen) ? NOTHING : undefined;
  const address = readAddress(textOf(seen.event.text) ?? '');
  const ours = address.mention !== undefined && seen.bots.has(address.mention) && address.words !== undefined;
  return ours ? asSaid(seen, address, false) : undefined;
}

/** Bots, edits, joins, uploads and the like command nothing. */
function isTypedNow({ subtype, bot_id: bot, edited, hidden }: Members): boolean {
  return subtype === undefined && bot === undefined && edited === undefined && hidden !== true;
}

/**
 * A command that was changed or deleted after it was sent. It commands nothing, but may hold a key that somebody wants to
 * take back: nothing for the handlers of an app that the gateway is mounted into.
 */
function isLater({ event, bots }: Seen): boolean {
  if (event.subtype !== 'message_changed' && event.subtype !== 'message_deleted') return false;
  return [event.message, event.previous_message].some((message) => {
    const { mention, words } = readAddress(textOf(membersOf(message).text) ?? '');
    if (words === undefined) return false;
    return mention === undefined ? event.channel_type === 'im' : bots.has(mention);
  });
}

function asSaid(seen: Seen, address: Address, direct: boolean): Inbound | undefined {
  const { event, home } = seen;
  const { channel, ts, thread_ts: thread } = event;
  const speaker = speakerOf(seen);
  if (speaker === undefined || !isId(channel) || !isTs(ts)) return undefined;
  const typed: Typed = {
    channel,
    ts,
    ...(isTs(thread) ? { thread } : {}),
    direct,
    ...(address.mention === undefined ? {} : { bot: address.mention }),
  };
  // The same for a mention and for the message that it is, whose events have ids of their own.
  const said = { deliveryId: `${channel}/${ts}`, home, speaker, typed };
  if (address.words !== undefined) return { kind: 'typed', ...said, words: address.words };
  const pasted = direct ? returnAddress(wordsOf(textOf(event.text) ?? '').join(' ')) : undefined;
  return { kind: 'text', ...said, ...(pasted === undefined ? {} : { address: [pasted] }) };
}

/**
 * `user_team` and `team` are those of the person, also where the channel is another's (Slack Connect). Where others may be
 * in the channel and neither is told, nobody knows who it is.
 */
function speakerOf({ event, shared }: Seen): Speaker | undefined {
  const userId = event.user;
  const team = [event.user_team, event.team].find(isId);
  if (!isUserId(userId) || (team === undefined && shared)) return undefined;
  return { userId, ...(team === undefined ? {} : { team }) };
}
