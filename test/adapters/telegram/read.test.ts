import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readUpdate } from '../../../src/adapters/telegram/incoming/read.js';
import type { Inbound } from '../../../src/adapters/telegram/types.js';
import { FIXTURES, fixture } from './fixtures.js';

const bot = { id: 7012345678, username: 'AcmeMcpBot' };
const ana = { platform: 'telegram', userId: '123456789', displayName: '@ana_k' };
const ben = { platform: 'telegram', userId: '987654321', displayName: 'Ben Okafor (id 987654321)' };

const anasChat = { kind: 'private', chat: 123456789 };
const group = { kind: 'group', chat: -4123456789 };
const engineering = { kind: 'group', chat: -1002345678901 };
const integrations = { kind: 'group', chat: -1003456789012, topic: 611 };

function read(name: string): Inbound | undefined {
  return readUpdate(fixture(name), bot);
}

describe('a typed command', () => {
  it.each([
    ['private-command', ana, anasChat, []],
    ['private-command-with-words', ana, anasChat, ['auth', 'linear', 'supabase']],
    ['private-command-without-username', ben, { kind: 'private', chat: 987654321 }, ['help']],
    ['group-command', ana, group, ['auth']],
    ['supergroup-command-by-name', ben, engineering, ['status', 'linear']],
    ['reply-thread-command', ana, engineering, []],
    ['topic-command', ana, integrations, ['auth', 'linear']],
    ['private-topic-command', ana, { ...anasChat, topic: 4410 }, []],
  ])('is read in every kind of chat: %s', (name, actor, place, words) => {
    expect(read(name)).toMatchObject({ kind: 'command', actor, words });
    // A thread of replies outside of forums is no topic: whole, so that none is made of it.
    expect(read(name)?.place).toEqual(place);
  });

  it('says which update and which message it was', () => {
    expect(read('topic-command')).toEqual({
      kind: 'command',
      updateId: 871200308,
      actor: ana,
      place: integrations,
      words: ['auth', 'linear'],
      typed: { message: 780 },
    });
  });

  it.each([
    ['ephemeral-command', engineering, ['auth'], 29341834],
    ['ephemeral-topic-command', integrations, [], 29341901],
  ])('that only the bot sees has an id of its own: %s', (name, place, words, ephemeral) => {
    expect(read(name)).toMatchObject({ kind: 'command', place, words, typed: { ephemeral } });
  });

  it.each([
    'other-bots-name',
    'ephemeral-command-to-other-bot',
    'forwarded',
    'automatic-forward',
    'via-bot',
    'from-a-bot',
    'anonymous-admin',
    'sent-as-channel',
    'edited',
    'channel-post',
    'channel-direct-message',
    'business-message',
    'business-message-as-message',
    'guest-message',
    'caption',
    'unknown-update',
    'blocked-by-user',
  ])('is not ours if it was said elsewhere, by others or to others: %s', (name) => {
    expect(read(name)).toBeUndefined();
  });

  it.each([
    'forward_origin',
    'is_automatic_forward',
    'via_bot',
    'sender_chat',
    'business_connection_id',
    'sender_business_bot',
    'guest_query_id',
    'direct_messages_topic',
  ])('is not ours with a single sign of that: %s', (member) => {
    expect(readUpdate(saying('/mcp', {}, { [member]: true }), bot)).toBeUndefined();
    expect(readUpdate(saying('hello', {}, { [member]: true }), bot)).toBeUndefined();
  });

  it.each(['/mcpx', '/mcp.', '/mc', 'mcp', 'x /mcp', ' /mcp', '/mcp_auth', '/mcp@', '/mcp@AcmeMcpBot!'])(
    'is the whole first word of the text: %j is none',
    (text) => {
      expect(readUpdate(saying(text), bot)).toMatchObject({ kind: 'text', text });
    },
  );

  it.each(['/mcp\tauth', '/MCP\nauth', '/mcp\u00a0auth', '/mcp@acmeMCPbot\u2003AUTH'])(
    'ends at any white space: %j',
    (text) => {
      expect(readUpdate(saying(text), bot)).toMatchObject({
        kind: 'command',
        words: [/AUTH/.test(text) ? 'AUTH' : 'auth'],
      });
    },
  );

  it('loses what no eye sees', () => {
    expect(read('zero-width-words')).toMatchObject({ kind: 'command', words: ['auth', 'linear'] });
    expect(read('zero-width-command')).toMatchObject({ kind: 'text' });
    expect(readUpdate(saying('\u200b/mcp \u{e0041}auth li\u00adnear'), bot)).toMatchObject({
      words: ['auth', 'linear'],
    });
  });

  it('has 64 words and 4096 characters at most', () => {
    expect(readUpdate(saying(`/mcp ${'a '.repeat(2000)}`), bot)).toMatchObject({
      words: Array(64).fill('a'),
    });
    expect(readUpdate(saying(`/mcp ${'x'.repeat(10_000_000)}`), bot)).toMatchObject({
      words: ['x'.repeat(4091)],
    });
  });
});

describe('a tapped deep link', () => {
  it('brings its payload into the private chat', () => {
    expect(read('deep-link')).toMatchObject({
      kind: 'start',
      actor: ana,
      place: anasChat,
      payload: 'mcp_c_482913',
    });
  });

  it.each(['start-button', 'start-with-words'])(
    'has no payload where nothing like one follows: %s',
    (name) => {
      expect(read(name)).toMatchObject({ kind: 'start', payload: '' });
    },
  );

  it('is nothing in a group', () => {
    expect(read('start-in-group')).toBeUndefined();
  });
});

describe('other text', () => {
  it('is read as it is in a private chat', () => {
    expect(read('private-text')).toMatchObject({
      kind: 'text',
      text: '  what can you do?',
      repliesToUs: false,
    });
  });

  it('may answer a message of the bot', () => {
    expect(read('private-reply-to-bot')).toMatchObject({
      kind: 'text',
      typed: { message: 50 },
      repliesToUs: true,
    });
    expect(read('group-reply-to-bot')).toMatchObject({
      kind: 'text',
      actor: ben,
      place: engineering,
      repliesToUs: true,
    });
  });

  it.each(['group-text', 'group-reply-to-other'])(
    'of a group that is not said to the bot is not read: %s',
    (name) => {
      expect(read(name)).toBeUndefined();
    },
  );
});

describe('what may be a key that was asked for', () => {
  const KEY = 'wk_live_4f9a8b7c6d5e4f3a';
  const chat = { id: -5, type: 'group' };
  const forward_origin = { type: 'hidden_user', sender_user_name: 'Ben', date: 1 };

  it('is read in a group too, though it was said to nobody', () => {
    const read = readUpdate(saying(`the key: ${KEY}`, {}, { chat }), bot);
    expect(read).toMatchObject({ kind: 'text', repliesToUs: false, place: { kind: 'group' } });
    for (const text of ['the key: soon', `https://x.example/${KEY}`, `/weather@OtherBot ${'a'.repeat(30)}`])
      expect(readUpdate(saying(text, {}, { chat }), bot)).toBeUndefined();
  });

  it('is read where it is a file or a picture, or stands below one: in a group, if it looks like a key', () => {
    const read = (more: object) => readUpdate(saying('', {}, { text: undefined, ...more }), bot);
    const attached = { kind: 'text', attached: true };
    expect(read({ document: {} })).toMatchObject({ ...attached, text: '' });
    expect(read({ photo: [] })).toMatchObject({ ...attached, text: '' });
    expect(read({ video: {}, caption: 'short' })).toMatchObject({ ...attached, text: 'short' });
    expect(read({ photo: [], caption: KEY, chat })).toMatchObject({ ...attached, place: { kind: 'group' } });
    expect(read({ caption: KEY, forward_origin })).toMatchObject({ text: KEY, forwarded: true });
    for (const more of [{ photo: [], chat }, { caption: 'hi', chat }, { voice: {} }, { caption: '/start x' }])
      expect(read(more)).toBeUndefined();
  });

  it('is read with what it replies to, in private whoever said that; what opened its topic is nothing of the kind', () => {
    const replying = (reply: object, more: object = {}) =>
      readUpdate(saying('short', {}, { reply_to_message: { message_id: 41, ...reply }, ...more }), bot);
    expect(replying({ from: bot })).toMatchObject({ repliesToUs: true, answers: 41 });
    expect(replying({ from: { id: 5 } })).toMatchObject({ repliesToUs: false, answers: 41 });
    expect(replying({ from: bot }, { chat })).not.toHaveProperty('answers');
    const opened = replying({ from: bot, forum_topic_created: { name: 'Keys' } });
    expect(opened).toMatchObject({ kind: 'text', repliesToUs: false });
    expect(opened).not.toHaveProperty('answers');
  });

  it('is read where it is forwarded, and said to be that: as a command, it is not', () => {
    const read = (text: string, more: object = {}) =>
      readUpdate(saying(text, {}, { forward_origin, ...more }), bot);
    expect(read(KEY)).toMatchObject({ kind: 'text', text: KEY, forwarded: true, repliesToUs: false });
    expect(read(KEY, { chat })).toMatchObject({ forwarded: true, place: { kind: 'group' } });
    for (const text of ['hello', `/mcp auth notes ${KEY}`, `/start ${KEY}`, `\u200b/mcp ${KEY}`])
      expect(read(text)).toBeUndefined();
    expect(read(KEY, { via_bot: bot })).toBeUndefined();
  });
});

describe('who speaks', () => {
  it.each([
    ['deleted-account', '555000111'],
    ['invisible-name', '555000222'],
    ['name-like-a-username', 'ana_k (admin) (id 555000333)'],
  ])('has a name that can be read, and is nobody else’s: %s', (name, displayName) => {
    expect(read(name)).toMatchObject({ kind: 'command', actor: { displayName } });
  });

  it('has a name of 36 characters at most, and never half of one; the id behind it is whole', () => {
    const named = (first_name: string) =>
      readUpdate(saying('/mcp', { first_name, username: undefined }), bot);
    expect(named('x'.repeat(100_000))).toMatchObject({
      actor: { displayName: `${'x'.repeat(36)} (id 123456789)` },
    });
    expect(named(`${'x'.repeat(35)}😀`)).toMatchObject({
      actor: { displayName: `${'x'.repeat(35)} (id 123456789)` },
    });
  });

  it('is not heard in messages to a channel', () => {
    const chat = { id: -100456, type: 'supergroup', is_direct_messages: true };
    expect(readUpdate(saying('/mcp', {}, { chat }), bot)).toBeUndefined();
    expect(
      readUpdate(saying('/mcp', {}, { chat: { ...chat, is_direct_messages: false } }), bot),
    ).toBeDefined();
  });

  it('is nobody without an id that can be one, or in a private chat that is not theirs', () => {
    for (const id of [0, -5, 1.5, 2 ** 53, '123456789', null]) {
      expect(readUpdate(saying('/mcp', { id }), bot)).toBeUndefined();
    }
    expect(readUpdate(saying('/mcp', { id: 987654321 }), bot)).toBeUndefined();
    expect(readUpdate(saying('/mcp', { is_bot: 'no' }), bot)).toBeUndefined();
  });
});

describe('a pressed button', () => {
  const press = { kind: 'press', queryId: '530242017265190001' };

  it.each([
    ['press', { data: 'mcp:auth supabase', place: anasChat, on: { message: 60 }, owner: 123456789 }],
    ['press-refresh', { data: 'mcp:', place: anasChat, on: { message: 60 }, owner: 123456789 }],
    ['press-remembered', { data: 'mcp#3q2-7wAbCdEfGhIjKlMn_o', on: { message: 60 }, owner: 123456789 }],
    [
      'press-on-old-message',
      { data: 'mcp:status page 2', place: anasChat, on: { message: 7 }, owner: 123456789 },
    ],
    ['press-on-ephemeral', { place: integrations, on: { ephemeral: 29342000 }, owner: 123456789 }],
  ])('says on which message, and whose that is: %s', (name, expected) => {
    expect(read(name)).toMatchObject({ ...press, actor: ana, ...expected });
  });

  it('on a message for somebody else still names its owner', () => {
    expect(read('press-on-anothers-ephemeral')).toMatchObject({ ...press, actor: ben, owner: 123456789 });
  });

  it('on a message that everybody sees has no owner', () => {
    const found = read('press-in-group');
    expect(found).toMatchObject({ ...press, actor: ben, place: engineering, on: { message: 2340 } });
    expect(found).not.toHaveProperty('owner');
    const message = { message_id: 9, chat: { id: -5, type: 'group' }, receiver_user: { id: 987654321 } };
    const query = { id: '1', from: { id: 987654321 }, data: 'mcp:', message };
    expect(readUpdate({ update_id: 1, callback_query: query }, bot)).not.toHaveProperty('owner');
  });

  it.each(['press-through-inline', 'press-in-channel'])('on no message of a chat has neither: %s', (name) => {
    expect(read(name)).toEqual({ ...press, updateId: expect.any(Number), actor: ana, data: 'mcp:status' });
  });

  it.each(['press-of-the-hosts', 'press-of-a-game', 'press-in-business'])(
    'of others is not ours: %s',
    (name) => {
      expect(read(name)).toBeUndefined();
    },
  );

  it('is not ours with data that Telegram could not carry', () => {
    const query = (data: unknown) =>
      readUpdate({ update_id: 1, callback_query: { id: '1', from: { id: 5 }, data } }, bot);
    expect(query('mcp:status')).toBeDefined();
    for (const data of [`mcp:${'x'.repeat(61)}`, 'mcp#short', 'mcp', 'xmcp:', 5, null, ['mcp:status']]) {
      expect(query(data)).toBeUndefined();
    }
  });
});

describe('a group that became a supergroup', () => {
  it.each(['group-turned-supergroup', 'supergroup-from-group'])(
    'is told by a message that commands nothing: what is sent to the old id learns the new one: %s',
    (name) => {
      expect(read(name)).toBeUndefined();
    },
  );
});

describe('whatever comes', () => {
  const found = (update: unknown): Inbound | undefined => {
    const inbound = readUpdate(update, bot);
    if (inbound !== undefined) expectSound(inbound);
    return inbound;
  };

  it('any JSON is read or ignored', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (update) => void found(update)),
      { numRuns: 500 },
    );
    const parts = fc.dictionary(
      fc.constantFrom('update_id', 'message', 'callback_query', 'edited_message'),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(parts, (update) => void found(update)),
      { numRuns: 500 },
    );
  });

  it.each(FIXTURES)('with any member replaced by anything, is read or ignored: %s', (name) => {
    const update = fixture(name);
    const strange = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom<unknown>(
        0,
        -1,
        2 ** 53,
        1e300,
        '',
        'x'.repeat(100_000),
        '\ud800',
        [],
        {},
        null,
        true,
        undefined,
      ),
    );
    const path = fc.constantFrom(...pathsOf(update));
    fc.assert(
      fc.property(path, strange, (at, value) => void found(replaced(update, at, value))),
      { numRuns: 150 },
    );
  });
});

/** A private message of ana's. */
function saying(text: unknown, from: object = {}, rest: object = {}): unknown {
  const person = { id: 123456789, is_bot: false, first_name: 'Ana', username: 'ana_k', ...from };
  const chat = { id: 123456789, type: 'private' };
  return { update_id: 7, message: { message_id: 5, from: person, chat, date: 1794650400, text, ...rest } };
}

/** What every part of the gateway may rely on. */
function expectSound(inbound: Inbound): void {
  expect(inbound.updateId).toSatisfy(Number.isSafeInteger);
  expect(JSON.stringify(inbound).length).toBeLessThan(40_000);
  expect(inbound.actor.userId).toMatch(/^[1-9]\d{0,15}$/);
  expect(inbound.actor.displayName).toMatch(/^[^\p{Cc}\p{Cf}]{1,64}$/u);
  if (inbound.place !== undefined) expect(inbound.place.chat).toSatisfy(Number.isSafeInteger);
  if (inbound.kind !== 'command') return;
  for (const word of inbound.words) expect(word).toMatch(/^[^\s\p{Cf}]+$/u);
}

function pathsOf(value: unknown, at: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([name, member]) => pathsOf(member, [...at, name]))];
}

function replaced(value: unknown, [name, ...rest]: readonly string[], by: unknown): unknown {
  if (name === undefined) return by;
  if (typeof value !== 'object' || value === null) return value;
  const changed = Object.entries(value).map(([key, member]) => [
    key,
    key === name ? replaced(member, rest, by) : member,
  ]);
  return Array.isArray(value) ? changed.map(([, member]) => member) : Object.fromEntries(changed);
}
