import { describe, expect, it } from 'vitest';
import { readCaller } from '../../../src/adapters/telegram/incoming/read-caller.js';

const NOW = 1_800_000_000_000;
const me = { id: 9, username: 'acme_bot' };
const ana = { id: 42, is_bot: false, first_name: 'Ana', username: 'ana' };
const said = { message_id: 7, from: ana, chat: { id: 42, type: 'private' }, date: 1, text: 'weather in Ulm' };
const group = { ...said, chat: { id: -100, type: 'supergroup' } };
const ctx = (message: object, more: object = {}) => ({ me, update: { update_id: 3, message, ...more } });

describe('who said it to a grammY bot', () => {
  it('is the person, with where they are', () => {
    expect(readCaller(ctx(said), undefined, NOW)).toEqual({
      actor: { platform: 'telegram', userId: '42', displayName: '@ana' },
      conversation: { place: { kind: 'private', chat: 42 }, update: 3, atMs: NOW, message: 7 },
    });
    expect(readCaller(ctx(group), undefined, NOW)).toMatchObject({
      actor: { userId: '42' },
      conversation: { place: { kind: 'group', chat: -100 } },
    });
  });

  it('is the same for the update alone, and for a photo', () => {
    const { text: _, ...photo } = { ...said, photo: [] };
    expect(readCaller({ update_id: 3, message: photo }, 9, NOW)).toMatchObject({ actor: { userId: '42' } });
  });

  it.each([
    ['another bot', ctx({ ...said, from: { ...ana, is_bot: true } })],
    ['a forwarded message', ctx({ ...said, forward_origin: { type: 'user' } })],
    ['a message by way of a bot', ctx({ ...said, via_bot: me })],
    ['an anonymous administrator', ctx({ ...group, sender_chat: { id: -100 } })],
    ['a channel', ctx({ ...said, chat: { id: -5, type: 'channel' } })],
    ['a private chat that is another’s', ctx({ ...said, chat: { id: 43, type: 'private' } })],
    ['an ephemeral command to another bot', ctx({ ...group, receiver_user: { id: 10 } })],
    ['a business account', ctx({ ...said, business_connection_id: 'b' })],
    ['an edit', { me, update: { update_id: 3, edited_message: said } }],
    ['a bot that nobody knows', { update_id: 3, message: said }],
    ['nothing', undefined],
    ['nonsense', { me: 1, update: [said] }],
  ])('is nobody: %s', (_what, source) => {
    expect(readCaller(source, undefined, NOW)).toBeUndefined();
  });
});
