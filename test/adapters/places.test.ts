import { expect, it } from 'vitest';
import { placeOf as placeInDiscord } from '../../src/adapters/discord/refs.js';
import { placeOf as placeInSlack } from '../../src/adapters/slack/refs.js';
import { placeOf as placeInTelegram } from '../../src/adapters/telegram/refs.js';

const inTelegram = (kind: string, chat: number) =>
  placeInTelegram({ place: { kind, chat }, update: 1, atMs: 1 });
const inSlack = (channel: string, direct: boolean) =>
  placeInSlack({ team: 'T1', channel, owner: 'T1/U2', turn: '1', atMs: 1, direct });
const inDiscord = (place: Record<string, string>) => placeInDiscord({ place, user: '7', atMs: 1 });

it('each platform names its groups as `access.groups` does, and private chats not at all', () => {
  expect(inTelegram('group', -100123)).toEqual({ kind: 'group', ids: ['telegram:-100123'] });
  expect(inTelegram('private', 5)).toBeUndefined();
  expect(inSlack('C2', false)).toEqual({ kind: 'group', ids: ['slack:T1/C2', 'slack:T1/*'] });
  expect(inSlack('D2', true)).toBeUndefined();
  expect(inDiscord({ kind: 'guild', guild: '5', channel: '8', parent: '6' })).toEqual({
    kind: 'group',
    ids: ['discord:5/8', 'discord:5/6', 'discord:5/*'],
  });
  expect(inDiscord({ kind: 'elsewhere', channel: '8' })).toEqual({
    kind: 'group',
    ids: ['discord:@me/8', 'discord:@me/*'],
  });
  expect(inDiscord({ kind: 'dm', channel: '8' })).toBeUndefined();
});
