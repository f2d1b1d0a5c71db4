import type { Delivery } from '../../../gateway/types.js';
import {
  ADDRESS_IN_GROUP,
  KEY_IN_GROUP,
  KEY_LEFT_IN_GROUP,
  KEY_SEEN_IN_GROUP,
  KEY_WHISPERED,
} from '../sentences.js';
import type { Inbound } from '../types.js';
import { isAddress } from './shapes.js';

type Text = Extract<Inbound, { kind: 'text' }>;

export interface GroupKeysParts {
  /** False: Telegram does not let us. */
  readonly removeTyped: (inbound: Text) => Promise<boolean>;
  /** To its sender alone. */
  readonly say: (inbound: Text, sentence: string) => Promise<Delivery>;
  /** Before everybody, with a button into the private chat. Without a warning: says no more than that. */
  readonly invite: (inbound: Text, warning?: string) => Promise<void>;
}

/** A key, or an address, in a group: gone from there if it can be, and used for nothing; its sender hears so. */
export async function refuseInGroup(inbound: Text, parts: GroupKeysParts): Promise<void> {
  const isSeen = !isAddress(inbound.text) && !('ephemeral' in inbound.typed);
  const { kind } = await parts.say(inbound, await refusalOf(inbound, parts));
  // The bot may not write to them first: others read the key, so they may read the warning.
  if (kind === 'no-private-way') await parts.invite(inbound, isSeen ? KEY_SEEN_IN_GROUP : undefined);
}

async function refusalOf(inbound: Text, { removeTyped }: GroupKeysParts): Promise<string> {
  if (isAddress(inbound.text)) {
    await removeTyped(inbound);
    return ADDRESS_IN_GROUP;
  }
  if ('ephemeral' in inbound.typed) return KEY_WHISPERED;
  return (await removeTyped(inbound)) ? KEY_IN_GROUP : KEY_LEFT_IN_GROUP;
}
