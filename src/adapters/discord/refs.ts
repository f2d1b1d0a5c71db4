import type {
  Actor,
  ConversationRef,
  Place as GroupOrPrivate,
  Json,
  MessageRef,
} from '../../gateway/types.js';
import type { InteractionKey, Place } from './types.js';

/**
 * A message of this bot. The same for whoever names it: what can presently edit an ephemeral one changes with every
 * press, and stands in `tokens.ts`.
 */
export interface SentMessage {
  /** `direct`: in the person's chat with the bot, which may edit it for ever. `whispered`: an ephemeral one. */
  readonly kind: 'direct' | 'whispered';
  readonly channel: string;
  readonly message: string;
  readonly user: string;
}

/** Where a command was given, and what allows an answer to it there. */
export interface Conversation {
  readonly place: Place;
  readonly user: string;
  readonly atMs: number;
  /** Absent for typed text. */
  readonly key?: InteractionKey;
  /** The typed text. */
  readonly message?: string;
}

type Members = { readonly [key: string]: Json };

const SNOWFLAKE = /^[1-9]\d{0,19}$/;

/** An id of Discord's: 64 bits, as text. */
export function isSnowflake(value: unknown): value is string {
  return typeof value === 'string' && SNOWFLAKE.test(value);
}

/** Undefined: nobody whom Discord knows. */
export function discordId({ platform, userId }: Actor): string | undefined {
  return platform === 'discord' && isSnowflake(userId) ? userId : undefined;
}

export function messageRef({ kind, channel, message, user }: SentMessage): MessageRef {
  return { kind, channel, message, user };
}

export function readMessageRef({ kind, channel, message, user }: MessageRef): SentMessage | undefined {
  if (kind !== 'direct' && kind !== 'whispered') return undefined;
  if (!isSnowflake(channel) || !isSnowflake(message) || !isSnowflake(user)) return undefined;
  return { kind, channel, message, user };
}

/** A person's own text, for `remove`. */
export function typedRef(channel: string, message: string): MessageRef {
  return { kind: 'typed', channel, message };
}

export function readTypedRef({ kind, channel, message }: MessageRef): Typed | undefined {
  return kind === 'typed' && isSnowflake(channel) && isSnowflake(message) ? { channel, message } : undefined;
}

interface Typed {
  readonly channel: string;
  readonly message: string;
}

export function conversationRef({ place, user, atMs, key, message }: Conversation): ConversationRef {
  return {
    place: { ...place },
    user,
    atMs,
    ...(key === undefined ? {} : { key: { ...key } }),
    ...(message === undefined ? {} : { message }),
  };
}

export function readConversation(ref: ConversationRef): Conversation | undefined {
  const { user, atMs, message } = ref;
  const place = readPlace(ref.place);
  if (place === undefined || !isSnowflake(user) || typeof atMs !== 'number') return undefined;
  const key = readKey(ref.key);
  return {
    place,
    user,
    atMs,
    ...(key === undefined ? {} : { key }),
    ...(isSnowflake(message) ? { message } : {}),
  };
}

export function readKey(value: Json | undefined): InteractionKey | undefined {
  if (!isMembers(value)) return undefined;
  const { application, id, token } = value;
  if (!isSnowflake(application) || !isSnowflake(id) || typeof token !== 'string') return undefined;
  return { application, id, token };
}

function readPlace(value: Json | undefined): Place | undefined {
  if (!isMembers(value)) return undefined;
  const { kind, channel, guild, parent } = value;
  if (kind !== 'guild' && kind !== 'dm' && kind !== 'elsewhere') return undefined;
  if (!isSnowflake(channel)) return undefined;
  return {
    kind,
    channel,
    ...(isSnowflake(guild) ? { guild } : {}),
    ...(isSnowflake(parent) ? { parent } : {}),
  };
}

export function isMembers(value: Json | undefined): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A channel as the config names it; a thread also by the channel that it hangs on. */
export function placeOf(ref: ConversationRef): GroupOrPrivate | undefined {
  const place = readConversation(ref)?.place;
  if (place === undefined || place.kind === 'dm') return undefined;
  const { guild = '@me', channel, parent } = place;
  const within = parent === undefined ? [] : [`discord:${guild}/${parent}`];
  return { kind: 'group', ids: [`discord:${guild}/${channel}`, ...within, `discord:${guild}/*`] };
}
