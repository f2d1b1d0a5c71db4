import type { Caller } from '../../../gateway/types.js';
import { membersOf, textOf } from '../../common/payload.js';
import { conversationRef, isSnowflake } from '../refs.js';
import type { InteractionKey, Place } from '../types.js';
import { readActor } from './people.js';
import { placeOfInteraction, placeOfMessage } from './places.js';

type Members = { readonly [name: string]: unknown };

/** Message Type: a text, and one that replies to another. */
const TYPED: readonly unknown[] = [0, 19];

/**
 * Who said what a host's listener is about to answer, and where: a discord.js `Message` or interaction. Undefined for bots,
 * webhooks, and what was forwarded: nothing is called on behalf of who did not say it here. Never throws.
 */
export function readCaller(source: unknown, nowMs: number): Caller | undefined {
  const members = membersOf(source);
  const actor = readActor(userOf(members.author ?? members.user));
  const place = members.author === undefined ? interactionPlace(members) : messagePlace(members);
  if (actor === undefined || place === undefined) return undefined;
  const key = keyOf(members);
  const conversation = { place, user: actor.userId, atMs: nowMs, ...(key === undefined ? {} : { key }) };
  return { actor, conversation: conversationRef(conversation) };
}

/** discord.js says `globalName` where Discord says `global_name`. */
function userOf(user: unknown): Members {
  const { id, bot, system, username, discriminator, globalName } = membersOf(user);
  return { id, bot, system, username, discriminator, global_name: globalName };
}

function messagePlace(message: Members): Place | undefined {
  const { webhookId, type, messageSnapshots, channelId, guildId, channel } = message;
  const forwarded = Number(membersOf(messageSnapshots).size ?? 0) > 0;
  if (!TYPED.includes(type) || textOf(webhookId) !== undefined || forwarded) return undefined;
  return placeOfMessage({ channel_id: channelId, guild_id: guildId, channel_type: membersOf(channel).type });
}

function interactionPlace({ channelId, guildId, context, authorizingIntegrationOwners: owners }: Members) {
  return placeOfInteraction({
    channel_id: channelId,
    guild_id: guildId,
    context: context ?? undefined,
    authorizing_integration_owners: owners,
  });
}

/** Lets the answer be an ephemeral follow-up to what the host said, for a quarter of an hour. */
function keyOf({ applicationId: application, id, token }: Members): InteractionKey | undefined {
  if (!isSnowflake(application) || !isSnowflake(id) || typeof token !== 'string') return undefined;
  return { application, id, token };
}
