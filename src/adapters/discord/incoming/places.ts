import { integerOf, membersOf } from '../../common/payload.js';
import { isSnowflake } from '../refs.js';
import type { Place } from '../types.js';

type Payload = { readonly [name: string]: unknown };

/** Channel types that hang on another channel: announcement, public and private threads. */
const THREADS: readonly unknown[] = [10, 11, 12];
const DM = 1;
/** Interaction Context Types. */
const BOT_DM = 1;
/** Of the integration owners: '0' for the bot's own DM. */
const BOT_INSTALLED = '0';

/** Where an interaction comes from. */
export function placeOfInteraction({
  channel,
  channel_id: id,
  guild_id,
  context,
  authorizing_integration_owners: owners,
}: Payload): Place | undefined {
  const { id: within, type, parent_id: parent } = membersOf(channel);
  const known = isSnowflake(id) ? id : within;
  if (!isSnowflake(known)) return undefined;
  if (guild_id !== undefined && guild_id !== null) {
    if (!isSnowflake(guild_id)) return undefined;
    const thread = THREADS.includes(type) && isSnowflake(parent) ? { parent } : {};
    return { kind: 'guild', channel: known, guild: guild_id, ...thread };
  }
  // Without a context a DM may be one of two others, who would both read what is said there.
  const direct =
    context === undefined ? type === DM && membersOf(owners)[BOT_INSTALLED] === '0' : context === BOT_DM;
  return { kind: direct ? 'dm' : 'elsewhere', channel: known };
}

/** Where a message stands that the bot was told of: without a guild it is a DM with the bot, which is in no group DM. */
export function placeOfMessage({
  channel_id: channel,
  channel_type,
  guild_id: guild,
}: Payload): Place | undefined {
  if (!isSnowflake(channel)) return undefined;
  if (guild === undefined || guild === null) {
    const type = integerOf(channel_type);
    return type === undefined || type === DM ? { kind: 'dm', channel } : undefined;
  }
  return isSnowflake(guild) ? { kind: 'guild', channel, guild } : undefined;
}
