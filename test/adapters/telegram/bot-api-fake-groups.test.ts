import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callApi } from '../../helpers/telegram/api-call.js';
import {
  type BotApi,
  startBotApi,
  type TelegramGroup,
  type TelegramPerson,
} from '../../helpers/telegram/bot-api.js';

let api: BotApi;
let ana: TelegramPerson;
let ben: TelegramPerson;
beforeEach(async () => {
  api = await startBotApi();
  [ana, ben] = [api.person('Ana'), api.person('Ben')];
});
afterEach(() => api.close());

const send = (group: TelegramGroup, payload: object = {}) =>
  callApi(api, 'sendMessage', { chat_id: group.id, text: 'hello', ...payload });

const heard = () =>
  api.updates.map(({ message }) => (message as { text?: string } | undefined)?.text).filter(Boolean);

describe('what a bot hears in a group', () => {
  it('is commands for it and replies to it, with privacy mode on', async () => {
    const group = api.group('Team', [ana, ben]);
    await send(group);
    const [sent] = ana.messages(group);
    if (sent === undefined) throw new Error('nothing to reply to');
    for (const text of [
      '/mcp',
      '/mcp@ACME_MCP_BOT auth',
      '/mcp@other_bot',
      'see /mcp',
      '/mcp, please',
      '/mcp/x',
    ])
      await ana.type(text, { chat: group });
    await ben.type('a reply', { chat: group, replyTo: sent });
    await ben.type('just talk', { chat: group });
    expect(heard()).toEqual(['/mcp', '/mcp@ACME_MCP_BOT auth', '/mcp, please', 'a reply']);
    expect(ben.sees(group)).toContain('Ana: /mcp@other_bot');
  });

  it('is everything with privacy mode off, or as an administrator', async () => {
    await ana.type('one', { chat: api.group('Led', [ana], { bot: 'admin' }) });
    const open = await startBotApi({ canReadAllGroupMessages: true });
    const cleo = open.person('Cleo');
    await cleo.type('two', { chat: open.group('Open', [cleo]) });
    expect(open.pendingUpdates).toBe(1);
    await open.close();
    expect(heard()).toEqual(['one']);
  });

  it('is nothing once it is out, and then it can say nothing', async () => {
    const group = api.group('Team', [ana], { kind: 'supergroup' });
    group.setBot('kicked');
    expect(api.updates.at(-1)).toMatchObject({
      my_chat_member: { old_chat_member: { status: 'member' }, new_chat_member: { status: 'kicked' } },
    });
    await ana.type('/mcp', { chat: group });
    expect(heard()).toEqual([]);
    expect(await send(group)).toMatchObject({
      status: 403,
      description: 'Forbidden: bot was kicked from the supergroup chat',
    });
    group.setBot('left');
    expect(await send(group)).toMatchObject({
      description: 'Forbidden: bot is not a member of the supergroup chat',
    });
  });

  it('is told what was edited, forwarded, said as a channel or through another bot', async () => {
    const group = api.group('Team', [ana, ben]);
    await ana.type('/mcp', { chat: group, forwardedFrom: ben });
    await ana.type('/mcp', { chat: group, asChannel: true });
    await ana.type('/mcp', { chat: group, viaBot: true });
    const [first] = ana.messages(group);
    if (first === undefined) throw new Error('nothing to edit');
    await ana.edit(first, '/mcp auth');
    expect(api.updates).toMatchObject([
      { message: { forward_origin: { type: 'user', sender_user: { id: ben.id } } } },
      { message: { sender_chat: { type: 'channel' }, from: { is_bot: true } } },
      { message: { via_bot: { is_bot: true } } },
      { edited_message: { text: '/mcp auth', edit_date: expect.any(Number) } },
    ]);
    await expect(ben.edit(first, 'x')).rejects.toThrow("can't edit");
  });

  it('comes with the entities that the platform finds', async () => {
    await ana.type('/mcp@acme_mcp_bot see https://x.org/a and @someone');
    expect(api.updates.at(-1)).toMatchObject({
      message: {
        entities: [
          { type: 'bot_command', offset: 0, length: 17 },
          { type: 'url', offset: 22, length: 15 },
          { type: 'mention', offset: 42, length: 8 },
        ],
      },
    });
  });

  it('comes in pieces of 4096 characters, without control characters', async () => {
    await ana.type(`/mcp \u0000\u202e${'x'.repeat(5000)}`);
    expect(ana.messages().map(({ text }) => text.length)).toEqual([4096, 910]);
    for (const character of ['\u0000', '\u202e']) expect(ana.sees()).not.toContain(character);
  });
});

describe('members', () => {
  it('see the same messages, and nothing once they left', async () => {
    const group = api.group('Team', [ana]);
    await send(group);
    expect(ben.sees(group)).toBe('');
    group.join(ben);
    expect(ben.sees(group)).toBe(ana.sees(group));
    group.leave(ana);
    expect(ana.sees(group)).toBe('');
    await expect(ana.type('hi', { chat: group })).rejects.toThrow('Ana is not in "Team"');
  });
});

describe('topics', () => {
  it('keep their messages, and must exist', async () => {
    const forum = api.group('Forum', [ana], { topics: ['Tools', 'Talk'] });
    await ana.type('/mcp', { chat: forum, topic: 'Tools' });
    await ana.type('/mcp', { chat: forum });
    expect(api.updates).toMatchObject([
      {
        message: {
          message_thread_id: forum.thread('Tools'),
          is_topic_message: true,
          chat: { is_forum: true },
        },
      },
      { message: { chat: { type: 'supergroup' } } },
    ]);
    expect(api.updates[1]?.message).not.toHaveProperty('message_thread_id');
    await send(forum, { message_thread_id: forum.thread('Tools') });
    expect(ana.messages(forum).map(({ topic }) => topic)).toEqual(['Tools', undefined, 'Tools']);
    const [inTopic] = ana.messages(forum);
    await send(forum, { reply_parameters: { message_id: inTopic?.id } });
    expect(ana.messages(forum).at(-1)?.topic).toBe('Tools');
    const missing = { status: 400, description: 'Bad Request: message thread not found' };
    forum.removeTopic('Talk');
    for (const message_thread_id of [1, 999]) {
      expect(await send(forum, { message_thread_id })).toMatchObject(missing);
    }
  });

  it('are none in other supergroups, though replies there carry a thread', async () => {
    const group = api.group('Team', [ana], { kind: 'supergroup' });
    await send(group);
    const [sent] = ana.messages(group);
    if (sent === undefined) throw new Error('nothing to reply to');
    await ana.type('/mcp', { chat: group, replyTo: sent });
    expect(api.updates.at(-1)).toMatchObject({
      message: { message_thread_id: sent.id, reply_to_message: { message_id: sent.id } },
    });
    expect(api.updates.at(-1)?.message).not.toHaveProperty('is_topic_message');
    expect(await send(group, { message_thread_id: sent.id })).toMatchObject({ status: 400 });
  });
});

describe('a group that becomes a supergroup', () => {
  it('has another id, says so in both, and refuses the old one', async () => {
    const group = api.group('Team', [ana, ben]);
    await send(group);
    const bigger = api.upgrade(group);
    expect(api.updates).toMatchObject([
      { message: { chat: { id: group.id }, migrate_to_chat_id: bigger.id } },
      { message: { chat: { id: bigger.id, type: 'supergroup' }, migrate_from_chat_id: group.id } },
    ]);
    expect(await send(group)).toMatchObject({
      status: 400,
      description: 'Bad Request: group chat was upgraded to a supergroup chat',
      parameters: { migrate_to_chat_id: bigger.id },
    });
    expect(await send(bigger, { text: 'again' })).toMatchObject({ ok: true });
    expect(ben.sees(bigger)).toBe('acme_mcp_bot: hello\n\nacme_mcp_bot: again');
    await expect(ana.type('/mcp', { chat: group })).rejects.toThrow('supergroup now');
  });
});

describe('a public supergroup', () => {
  it('is addressed by its name', async () => {
    const group = api.group('Team', [ana], { username: 'acme_team' });
    expect(await callApi(api, 'sendMessage', { chat_id: '@acme_team', text: 'hello' })).toMatchObject({
      result: { chat: { id: group.id, username: 'acme_team' } },
    });
  });
});
