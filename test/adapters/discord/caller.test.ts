import { describe, expect, it } from 'vitest';
import { readCaller } from '../../../src/adapters/discord/incoming/read-caller.js';

const NOW = 1_800_000_000_000;
const author = {
  id: '42',
  bot: false,
  system: false,
  username: 'ana',
  discriminator: '0',
  globalName: 'Ana',
};
const said = {
  id: '7',
  type: 0,
  author,
  channelId: '5',
  guildId: '6',
  webhookId: null,
  messageSnapshots: new Map(),
};
const command = {
  id: '8',
  applicationId: '9',
  token: 'tok',
  user: author,
  channelId: '5',
  guildId: '6',
  context: 0,
};

describe('who said it to a discord.js bot', () => {
  it('is the person, with where they are', () => {
    expect(readCaller(said, NOW)).toEqual({
      actor: { platform: 'discord', userId: '42', displayName: '@ana' },
      conversation: { place: { kind: 'guild', channel: '5', guild: '6' }, user: '42', atMs: NOW },
    });
    const direct = { ...said, type: 19, guildId: null, channel: { type: 1 } };
    expect(readCaller(direct, NOW)?.conversation).toMatchObject({ place: { kind: 'dm', channel: '5' } });
  });

  it('is who used a command: what answers that answers them, unseen by others', () => {
    expect(readCaller(command, NOW)).toMatchObject({
      actor: { userId: '42' },
      conversation: { place: { kind: 'guild' }, key: { application: '9', id: '8', token: 'tok' } },
    });
  });

  it.each([
    ['a bot', { ...said, author: { ...author, bot: true } }],
    ['Discord itself', { ...said, author: { ...author, system: true } }],
    ['a webhook', { ...said, webhookId: '3' }],
    ['a forwarded message', { ...said, messageSnapshots: new Map([['1', {}]]) }],
    ['a join', { ...said, type: 7 }],
    ['a group DM', { ...said, guildId: null, channel: { type: 3 } }],
    ['no channel', { ...said, channelId: undefined }],
    ['nobody', { ...said, author: undefined }],
    ['nothing', undefined],
  ])('is nobody: %s', (_what, source) => {
    expect(readCaller(source, NOW)).toBeUndefined();
  });
});
