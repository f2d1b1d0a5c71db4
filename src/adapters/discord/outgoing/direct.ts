import type { Outbox, Sent } from './outbox.js';
import type { RenderedMessage } from './render.js';

const MOST = 10_000;

/** The bot's chats with people: each has a channel, which Discord makes when it is asked for. */
export interface Direct {
  /** This person wrote, or is written to, in that channel. False: it is known to be somebody else's (threat 11). */
  known(user: string, channel: string): boolean;
  channelOf(user: string): string | undefined;
  send(outbox: Outbox, user: string, message: RenderedMessage): Promise<Sent>;
}

export function createDirect(): Direct {
  const channels = new Map<string, string>();
  const owners = new Map<string, string>();

  function known(user: string, channel: string): boolean {
    const owner = owners.get(channel);
    if (owner !== undefined) return owner === user;
    const before = channels.get(user);
    if (before !== undefined) owners.delete(before);
    channels.set(user, channel);
    owners.set(channel, user);
    for (const [oldest, theirs] of channels) {
      if (channels.size <= MOST) break;
      channels.delete(oldest);
      owners.delete(theirs);
    }
    return true;
  }

  return {
    known,
    channelOf: (user) => channels.get(user),
    async send(outbox, user, message) {
      const before = channels.get(user);
      if (before !== undefined) {
        const sent = await outbox.post(before, message);
        if (sent.kind !== 'gone') return sent;
        channels.delete(user);
        owners.delete(before);
      }
      const opened = await outbox.open(user);
      if (opened.kind !== 'open') return opened;
      known(user, opened.channel);
      return outbox.post(opened.channel, message);
    },
  };
}
