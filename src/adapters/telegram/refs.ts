import type {
  Actor,
  ConversationRef,
  Place as GroupOrPrivate,
  Json,
  MessageRef,
} from '../../gateway/types.js';
import type { Place } from './types.js';

/** A message of this bot: a plain one, or an ephemeral one, which only its receiver sees. */
export type SentMessage =
  | { readonly chat: number; readonly message: number }
  | { readonly chat: number; readonly receiver: number; readonly ephemeral: number };

/** Where a command was given, and what allows an ephemeral answer to it for 15 seconds (Bot API, ephemeral messages). */
export interface Conversation {
  readonly place: Place;
  /** The update: which command this is the answer to. */
  readonly update: number;
  readonly atMs: number;
  /** The callback query of the button that was pressed. */
  readonly query?: string;
  /** The ephemeral command. */
  readonly ephemeral?: number;
  /** The command, where everybody sees it. */
  readonly message?: number;
}

/** A command that everybody saw comes from a client that shows no ephemeral messages, though Telegram takes them. */
export function showsEphemeral({ query, ephemeral }: Conversation): boolean {
  return query !== undefined || ephemeral !== undefined;
}

type Members = { readonly [key: string]: Json };

export function messageRef(sent: SentMessage): MessageRef {
  return { ...sent };
}

export function readMessageRef(ref: MessageRef): SentMessage | undefined {
  const chat = integer(ref.chat);
  const message = integer(ref.message);
  if (chat === undefined) return undefined;
  if (message !== undefined) return { chat, message };
  const receiver = integer(ref.receiver);
  const ephemeral = integer(ref.ephemeral);
  if (receiver === undefined || ephemeral === undefined) return undefined;
  return { chat, receiver, ephemeral };
}

export function conversationRef({
  place,
  update,
  atMs,
  query,
  ephemeral,
  message,
}: Conversation): ConversationRef {
  return {
    place: {
      kind: place.kind,
      chat: place.chat,
      ...(place.topic === undefined ? {} : { topic: place.topic }),
    },
    update,
    atMs,
    ...(query === undefined ? {} : { query }),
    ...(ephemeral === undefined ? {} : { ephemeral }),
    ...(message === undefined ? {} : { message }),
  };
}

export function readConversation(ref: ConversationRef): Conversation | undefined {
  const place = readPlace(ref.place);
  const update = integer(ref.update);
  const atMs = integer(ref.atMs);
  if (place === undefined || update === undefined || atMs === undefined) return undefined;
  const { query } = ref;
  const ephemeral = integer(ref.ephemeral);
  const message = integer(ref.message);
  return {
    place,
    update,
    atMs,
    ...(typeof query === 'string' ? { query } : {}),
    ...(ephemeral === undefined ? {} : { ephemeral }),
    ...(message === undefined ? {} : { message }),
  };
}

function readPlace(place: Json | undefined): Place | undefined {
  if (!isMembers(place)) return undefined;
  const chat = integer(place.chat);
  const topic = integer(place.topic);
  const { kind } = place;
  if (chat === undefined || (kind !== 'private' && kind !== 'group')) return undefined;
  return { kind, chat, ...(topic === undefined ? {} : { topic }) };
}

export function isMembers(value: Json | undefined): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function integer(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}

/** Undefined: nobody whom Telegram knows. */
export function telegramId({ platform, userId }: Actor): number | undefined {
  if (platform !== 'telegram' || !/^[1-9]\d{0,15}$/.test(userId)) return undefined;
  return integer(Number(userId));
}

/** A group as the config names it. */
export function placeOf(ref: ConversationRef): GroupOrPrivate | undefined {
  const place = readConversation(ref)?.place;
  return place?.kind === 'group' ? { kind: 'group', ids: [`telegram:${place.chat}`] } : undefined;
}
