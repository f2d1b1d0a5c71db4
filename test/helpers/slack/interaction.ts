import type { Delivery } from './delivery.js';
import type { Events } from './events.js';
import type { Platform } from './platform.js';
import type { Account, Conversation, Installation, Team } from './shapes.js';

/** What a client needs to pass on what its person does. */
export interface Client {
  readonly platform: Platform;
  readonly delivery: Delivery;
  readonly events: Events;
  readonly account: Account;
  /** The workspace that the client is in. */
  readonly team: Team;
}

/** The app as the client's own workspace has it. */
export function ownApp({ team }: Client): Installation | undefined {
  return team.installation?.state === 'active' ? team.installation : undefined;
}

/** In a shared channel the host's app answers where one's own workspace has none there. */
export function appIn(client: Client, conversation: Conversation): Installation | undefined {
  if (conversation.kind === 'im') return conversation.installation;
  const own = ownApp(client);
  if (own !== undefined && conversation.bots.has(own)) return own;
  return [...conversation.bots].find(({ state }) => state === 'active');
}

/** The workspace of an installation in which this happens: the client's, else the conversation's host. */
export function teamOf(client: Client, installation: Installation, conversation?: Conversation): Team {
  if (installation.teams.has(client.team)) return client.team;
  if (conversation?.kind === 'channel' && installation.teams.has(conversation.host)) return conversation.host;
  const [first] = installation.teams;
  return first ?? client.team;
}
