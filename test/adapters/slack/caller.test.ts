import { describe, expect, it } from 'vitest';
import { readSaid } from '../../../src/adapters/slack/incoming/read-event.js';

const BOT = 'U0BOT';
const bots = { has: (id: string) => id === BOT };
const message = {
  type: 'message',
  user: 'U0ANA',
  team: 'T0ACME',
  channel: 'C0TEAM',
  ts: '17.1',
  text: 'my issues',
};
const body = (event: object, more: object = {}) => ({
  type: 'event_callback',
  team_id: 'T0ACME',
  authorizations: [{ team_id: 'T0ACME', user_id: BOT, is_bot: true }],
  event,
  ...more,
});
const direct = { ...message, channel: 'D0ANA', channel_type: 'im' };

describe('who said it to a Bolt app', () => {
  it('is the person, in a channel, a thread, a mention, or their direct message', () => {
    const thread = { ...message, thread_ts: '16.1', channel_type: 'channel' };
    expect(readSaid(body(thread), bots)).toMatchObject({
      speaker: { userId: 'U0ANA', team: 'T0ACME' },
      home: { team: 'T0ACME' },
      typed: { channel: 'C0TEAM', thread: '16.1', direct: false },
    });
    expect(readSaid(body({ ...message, type: 'app_mention' }), bots)).toBeDefined();
    expect(readSaid(body(direct), bots)).toMatchObject({ typed: { channel: 'D0ANA', direct: true } });
  });

  it.each([
    ['a bot', body({ ...message, bot_id: 'B1' })],
    ['an edit', body({ ...message, subtype: 'message_changed' })],
    ['what was edited before', body({ ...message, edited: {} })],
    ['what is hidden', body({ ...message, hidden: true })],
    ['a group of several people', body({ ...message, channel_type: 'mpim' })],
    ['what a user’s token sees of their own messages', body(direct, { authorizations: [{ is_bot: false }] })],
    ['a direct message that is none', body({ ...direct, channel: 'C0TEAM' })],
    [
      'somebody of whom nobody says who they are',
      body({ ...message, team: undefined }, { is_ext_shared_channel: true }),
    ],
    ['no user', body({ ...message, user: undefined })],
    ['another event', body({ ...message, type: 'reaction_added' })],
    ['nothing', {}],
  ])('is nobody: %s', (_what, payload) => {
    expect(readSaid(payload, bots)).toBeUndefined();
  });
});
