import type { Channel, Guild } from './shapes.js';

/** What happened, for whoever listens: the Gateway. */
export interface PlatformEvent {
  readonly name: string;
  readonly data: unknown;
  /** Intent bits, one of which a session must have. 0: every session. */
  readonly intents: number;
  readonly guild?: Guild;
  /** The data for sessions without the message content intent. */
  readonly withoutContent?: unknown;
}

export const INTENTS = {
  guilds: 1 << 0,
  guildMembers: 1 << 1,
  guildPresences: 1 << 8,
  guildMessages: 1 << 9,
  directMessages: 1 << 12,
  messageContent: 1 << 15,
} as const;

export const PRIVILEGED: number = INTENTS.guildMembers | INTENTS.guildPresences | INTENTS.messageContent;

export function messageIntent(channel: Channel): number {
  return channel.kind === 'dm' ? INTENTS.directMessages : INTENTS.guildMessages;
}

export type Tell = (event: PlatformEvent) => void;
