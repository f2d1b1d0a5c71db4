import type { Platform } from '../platform.js';
import { Refusal } from '../refusal.js';
import type { Conversation, Installation } from '../shapes.js';

/** Whether this bot may know of the conversation at all. */
function isVisible(conversation: Conversation, installation: Installation): boolean {
  if (conversation.kind === 'im') return conversation.installation === installation;
  if (conversation.bots.has(installation)) return true;
  const teams = [conversation.host, ...conversation.partners];
  return !conversation.private && teams.some((team) => installation.teams.has(team));
}

export function visible(platform: Platform, installation: Installation, id: string): Conversation {
  const found = platform.conversations.get(id);
  if (found === undefined || !isVisible(found, installation)) throw new Refusal('channel_not_found');
  return found;
}

/** Where the bot may post: a person's id stands for the DM with them. */
export function postable(platform: Platform, installation: Installation, id: string): Conversation {
  if (/^[UW]/.test(id)) return openDm(platform, installation, id, 'channel_not_found');
  const found = visible(platform, installation, id);
  if (found.kind === 'channel') {
    if (!found.bots.has(installation)) throw new Refusal('not_in_channel');
    if (found.archived) throw new Refusal('is_archived');
  }
  return found;
}

/** The DM with one of the installation's own people. Strangers of a shared channel count as unknown: the strict reading. */
export function openDm(
  platform: Platform,
  installation: Installation,
  id: string,
  unknown = 'user_not_found',
): Conversation {
  const account = [...installation.teams]
    .flatMap(({ accounts }) => [...accounts])
    .find((one) => one.id === id);
  if (account === undefined) throw new Refusal(id === installation.bot.userId ? 'cannot_dm_bot' : unknown);
  if (account.isBot) throw new Refusal('cannot_dm_bot');
  if (account.deactivated) throw new Refusal('user_disabled');
  return platform.dm(installation, account);
}
