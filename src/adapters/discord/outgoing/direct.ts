import type { Outbox, Sent } from './outbox.js';
import type { RenderedMessage } from './render.js';

const MOST = 10_000;

/** The bot's chats with people: each has a channel, which Discord makes when it is asked for. */
export interface Direct {
  /** Whose chat with the bot this channel is, as far as is known. */
  known(user: string, channel: string): void;
  channelOf(user: string): string | undefined;
  send(outbox: Outbox, user: string, message: RenderedMessage): Promise<Sent>;
}

export function createDirect(): Direct {
  const channels = new Map<string, string>();

  function known(user: string, channel: string): void {
    if (channels.get(user) === channel) return;
    channels.set(user, channel);
    for (const oldest of channels.keys()) {
      if (channels.size <= MOST) break;
      channels.delete(oldest);
    }
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
      }
      const opened = await outbox.open(user);
      if (opened.kind !== 'open') return opened;
      known(user, opened.channel);
      return outbox.post(opened.channel, message);
    },
  };
}
