import type { Actor, ConversationRef, MessageRef, Place } from '../../gateway/types.js';
import { membersOf, textOf } from '../common/payload.js';

/** A message of this bot: one that stays in a DM, or a whisper, which only its receiver sees until their client reloads. */
export type SentMessage = {
  /** The workspace or organisation whose token may edit it. */
  readonly team: string;
  readonly channel: string;
  /** For whom it is: `T1/U2`. */
  readonly owner: string;
} & (
  | { readonly kind: 'plain'; readonly ts: string }
  /** `id` is ours: under it stands what can edit it just now (`outgoing/ways.ts`). */
  | { readonly kind: 'whisper'; readonly id: string }
);

/** Where a command was given, and what answers it privately. */
export interface Conversation {
  readonly team: string;
  readonly channel: string;
  readonly owner: string;
  /** The delivery: which command this is the answer to. */
  readonly turn: string;
  readonly atMs: number;
  /** The person's own DM with the bot. */
  readonly direct: boolean;
  readonly thread?: string;
  /** A response_url: half an hour, five uses. */
  readonly url?: string;
  /** The person typed it where others read along. */
  readonly open?: true;
}

const ID = /^[A-Z0-9]{2,32}$/;
const USER_ID = /^[UW][A-Z0-9]{1,31}$/;
const TS = /^\d{1,16}\.\d{1,9}$/;

export const isId = (value: unknown): value is string => typeof value === 'string' && ID.test(value);
export const isUserId = (value: unknown): value is string => typeof value === 'string' && USER_ID.test(value);
export const isTs = (value: unknown): value is string => typeof value === 'string' && TS.test(value);

/** A person as messages name their owner. Undefined: nobody whom Slack knows. */
export function ownerKey({ platform, tenant, userId }: Actor): string | undefined {
  return platform === 'slack' && isId(tenant) && isUserId(userId) ? `${tenant}/${userId}` : undefined;
}

export function userOf(owner: string): string {
  return owner.slice(owner.indexOf('/') + 1);
}

export function messageRef(sent: SentMessage): MessageRef {
  return { ...sent };
}

export function readMessageRef(ref: unknown): SentMessage | undefined {
  const { kind, team, channel, owner, ts, id } = membersOf(ref);
  if (!isId(team) || !isId(channel) || !isOwner(owner)) return undefined;
  if (kind === 'plain') return isTs(ts) ? { kind, team, channel, owner, ts } : undefined;
  return kind === 'whisper' && typeof id === 'string' ? { kind, team, channel, owner, id } : undefined;
}

export function conversationRef(conversation: Conversation): ConversationRef {
  return { ...conversation };
}

/** "One moment: I answer below": what stands there if the process ends before it did. */
export function promiseRef(conversation: Conversation): MessageRef {
  return { ...conversation, kind: 'promise' };
}

export function readPromise(ref: unknown): Conversation | undefined {
  return membersOf(ref).kind === 'promise' ? readConversation(ref) : undefined;
}

export function readConversation(ref: unknown): Conversation | undefined {
  const { team, channel, owner, turn, atMs, direct, thread, url, open } = membersOf(ref);
  if (!isId(team) || !isId(channel) || !isOwner(owner)) return undefined;
  if (typeof turn !== 'string' || typeof atMs !== 'number' || typeof direct !== 'boolean') return undefined;
  // Answers go there for all who are in it to see.
  if (direct && !channel.startsWith('D')) return undefined;
  const address = textOf(url);
  return {
    ...{ team, channel, owner, turn, atMs, direct },
    ...(isTs(thread) ? { thread } : {}),
    ...(address === undefined ? {} : { url: address }),
    ...(open === true ? { open } : {}),
  };
}

function isOwner(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const [tenant, user, ...more] = value.split('/');
  return isId(tenant) && isUserId(user) && more.length === 0;
}

/** A channel, or a conversation of several, as the config names it. */
export function placeOf(ref: ConversationRef): Place | undefined {
  const conversation = readConversation(ref);
  if (conversation === undefined || conversation.direct) return undefined;
  const { team, channel } = conversation;
  return { kind: 'group', ids: [`slack:${team}/${channel}`, `slack:${team}/*`] };
}
