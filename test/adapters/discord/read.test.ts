import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readInteraction } from '../../../src/adapters/discord/incoming/read-interaction.js';
import { readMessage } from '../../../src/adapters/discord/incoming/read-message.js';
import { decodeCustomId, encodeAction, formIdOf } from '../../../src/adapters/discord/outgoing/custom-ids.js';
import { fixture, fixtureNames } from './fixtures.js';

const BOT = { user: '1190350394018529310' };
const ana = { platform: 'discord', userId: '82198898841029460', displayName: '@ana.k' };
const guild = { kind: 'guild', channel: '645027906669510667', guild: '290926798626357999' };
const dm = { kind: 'dm', channel: '1190350394018520000' };
const interaction = (name: string) => readInteraction(fixture(name));
const message = (name: string) => readMessage(fixture(name), BOT);

describe('an interaction', () => {
  it('is a command with the words of its options, by the person behind it', () => {
    const { token, id, application_id: application } = fixture('command');
    expect(interaction('command')).toEqual({
      kind: 'command',
      key: { application, id, token },
      actor: ana,
      place: guild,
      words: [],
    });
    expect(interaction('command-with-words')).toMatchObject({ words: ['auth', 'linear', 'files'] });
    expect(interaction('command-with-subcommand')).toMatchObject({ words: ['auth', 'linear'] });
  });

  it('comes from a thread, whose channel counts, from the DM, or from elsewhere', () => {
    expect(interaction('command-in-thread')?.place).toEqual({
      ...guild,
      channel: '1355270316018409999',
      parent: guild.channel,
    });
    expect(interaction('command-in-dm')?.place).toEqual(dm);
    expect(interaction('command-elsewhere')?.place).toEqual({
      kind: 'elsewhere',
      channel: '1190350394018521111',
    });
  });

  it('is taken for the bot’s own DM only where Discord says so: a DM of two others looks the same', () => {
    const { context: _context, ...said } = fixture('command-in-dm');
    const channel = { id: said.channel_id, type: 1 };
    const placeWith = (more: object) => readInteraction({ ...said, channel, ...more })?.place.kind;
    expect(placeWith({ authorizing_integration_owners: { '0': '0' } })).toBe('dm');
    expect(placeWith({ authorizing_integration_owners: { '1': ana.userId } })).toBe('elsewhere');
    expect(placeWith({ authorizing_integration_owners: undefined })).toBe('elsewhere');
    expect(placeWith({ context: 2, authorizing_integration_owners: { '0': '0' } })).toBe('elsewhere');
  });

  it('is a press of a button of ours, on a message that one person sees or in the DM', () => {
    expect(interaction('press')).toMatchObject({
      kind: 'press',
      customId: 'mcp:auth linear',
      on: { id: '1355274210173139999', ephemeral: true, owner: ana.userId },
    });
    expect(interaction('press-remembered')).toMatchObject({ kind: 'press' });
    expect(interaction('press-in-dm')).toMatchObject({
      place: dm,
      on: { id: '1355274210173139999', ephemeral: false },
    });
  });

  it('is a form of ours with what was typed, in the form of today and in the older one', () => {
    expect(interaction('submission')).toMatchObject({
      kind: 'submission',
      values: { GITHUB_TOKEN: 'ghp_x' },
      on: { id: '1355274210173139999' },
    });
    expect(interaction('submission-of-older-rows')).toMatchObject({ values: { digits: '482913' } });
  });

  it('is what is being typed, and what stands before it', () => {
    expect(interaction('typing-a-command')).toMatchObject({
      kind: 'completion',
      typing: { words: ['auth', 'li'], before: 'auth' },
    });
    expect(interaction('typing-a-server')).toMatchObject({
      typing: { words: ['auth', 'linear', ''], before: 'linear' },
    });
  });

  it('of others, of bots, of kinds that we do not have, is not ours', () => {
    for (const name of [
      'command-of-the-host',
      'menu-command-named-mcp',
      'command-by-a-bot',
      'press-of-the-hosts',
      'select-menu',
      'submission-of-the-hosts',
      'ping',
      'text-in-dm',
    ])
      expect(interaction(name), name).toBeUndefined();
  });
});

describe('a text', () => {
  it('in the DM is a command, with and without its slash', () => {
    expect(message('text-in-dm')).toEqual({
      kind: 'text',
      message: '1355274210173138888',
      actor: ana,
      place: dm,
      words: ['auth', 'linear'],
    });
    expect(message('text-without-slash')?.words).toEqual(['status']);
    expect(message('text-of-another-kind')).toMatchObject({ kind: 'text', place: dm });
    expect(message('text-of-another-kind')?.words).toBeUndefined();
  });

  it('in a guild is a command where it begins with a mention of the bot', () => {
    expect(message('mention')).toMatchObject({ place: guild, words: ['auth', 'linear'] });
    expect(message('mention-as-nickname')).toMatchObject({ words: [] });
  });

  it('of others, for others, said again, or of another kind is not ours', () => {
    for (const name of [
      'text-in-group-dm',
      'mention-of-another',
      'mention-without-mcp',
      'mention-by-webhook',
      'mention-by-a-bot',
      'mention-forwarded',
      'member-joined',
      'reply-to-bot',
      'empty-content',
      'command',
    ])
      expect(message(name), name).toBeUndefined();
  });
});

describe('a person', () => {
  it('is shown by the name that is theirs alone; where they have none, with their id', () => {
    expect(message('old-name')?.actor.displayName).toBe('everyone (id 82198898841029460)');
  });
});

describe('whatever comes', () => {
  const names = fixtureNames();

  it('is read without a throw: fixtures with a member changed, and anything at all', () => {
    const changed = fc
      .record({
        name: fc.constantFrom(...names),
        keys: fc.array(fc.nat(40), { maxLength: 4 }),
        value: fc.jsonValue(),
      })
      .map(({ name, keys, value }) => changeWithin(fixture(name), keys, value));
    fc.assert(
      fc.property(fc.oneof(changed, fc.jsonValue()), (payload) => {
        readInteraction(payload);
        readMessage(payload, BOT);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is never somebody else’s: no person without a valid id', () => {
    for (const id of [undefined, null, 1, '', '0', '-1', '1 ', 'x', '123456789012345678901', {}]) {
      const payload = {
        ...fixture('command-in-dm'),
        user: { ...(fixture('command-in-dm').user as object), id },
      };
      expect(readInteraction(payload)).toBeUndefined();
    }
  });
});

describe('custom ids', () => {
  it('say the words themselves where they come back the same, and fit', () => {
    const word = fc.string({ minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (words) => {
        const { customId, kept } = encodeAction({ kind: 'command', label: 'x', words });
        expect(customId.length).toBeLessThanOrEqual(100);
        const decoded = decodeCustomId(customId);
        if (kept === undefined) expect(decoded).toEqual({ kind: 'words', words });
        else expect(decoded).toEqual({ kind: 'kept', key: kept.key });
      }),
    );
  });

  it('of a form and of its button name the same thing', () => {
    const form = { kind: 'form', label: 'x', title: 'y', words: ['auth'], fields: [] } as const;
    const { customId } = encodeAction(form);
    expect(formIdOf(customId).slice(4)).toBe(customId.slice(4));
  });
});

/** The same payload with one member, somewhere within, replaced. */
function changeWithin(payload: unknown, keys: readonly number[], value: unknown): unknown {
  const [first, ...rest] = keys;
  if (first === undefined || typeof payload !== 'object' || payload === null) return value;
  const names = Object.keys(payload);
  const name = names[first % Math.max(1, names.length)];
  if (name === undefined) return value;
  const inside = changeWithin((payload as Record<string, unknown>)[name], rest, value);
  return Array.isArray(payload)
    ? payload.map((one, at) => (String(at) === name ? inside : one))
    : { ...payload, [name]: inside };
}
