import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Clock } from '../../helpers/clock.js';
import { callApi } from '../../helpers/telegram/api-call.js';
import { type BotApi, startBotApi, type TelegramPerson } from '../../helpers/telegram/bot-api.js';

let api: BotApi;
let ana: TelegramPerson;
const clock = new Clock();
beforeEach(async () => {
  api = await startBotApi({ now: clock.now });
  ana = api.person('Ana');
});
afterEach(() => api.close());

const call = (method: string, payload: object = {}) => callApi(api, method, payload);
const send = (payload: object = {}) => call('sendMessage', { chat_id: ana.id, text: 'hello', ...payload });

const refused = (reason: string) => ({ status: 400, error_code: 400, description: `Bad Request: ${reason}` });
const cutOff = (reason: string) => ({ status: 403, error_code: 403, description: `Forbidden: ${reason}` });
const messageId = ({ result }: { result?: unknown }) => (result as { message_id: number }).message_id;

describe('a chat', () => {
  it('must be there, and the person must let the bot in', async () => {
    expect(await send({ chat_id: 42 })).toMatchObject(refused('chat not found'));
    expect(await send({ chat_id: '@nobody' })).toMatchObject(refused('chat not found'));
    expect(await send({ chat_id: '' })).toMatchObject(refused('chat_id is empty'));
    const stranger = api.person('Ben', { started: false });
    expect(await send({ chat_id: stranger.id })).toMatchObject(
      cutOff("bot can't initiate conversation with a user"),
    );
    await stranger.start();
    expect(await send({ chat_id: stranger.id })).toMatchObject({ ok: true });
  });

  it('is closed by a person who blocked the bot, and tells it', async () => {
    const sent = await send();
    ana.block();
    expect(await send()).toMatchObject(cutOff('bot was blocked by the user'));
    expect(
      await call('editMessageText', { chat_id: ana.id, message_id: messageId(sent), text: 'x' }),
    ).toMatchObject(cutOff('bot was blocked by the user'));
    expect(api.updates.at(-1)).toMatchObject({ my_chat_member: { new_chat_member: { status: 'kicked' } } });
    ana.unblock();
    expect(await send()).toMatchObject({ ok: true });
  });

  it('is closed when the account is gone', async () => {
    ana.deactivate();
    expect(await send()).toMatchObject(cutOff('user is deactivated'));
    await expect(ana.type('hello?')).rejects.toThrow('no account');
  });

  it('has no topics, and only its own messages to reply to', async () => {
    expect(await send({ message_thread_id: 3 })).toMatchObject(refused('message thread not found'));
    const missing = { message_id: 99 };
    expect(await send({ reply_parameters: missing })).toMatchObject(
      refused('message to be replied not found'),
    );
    expect(await send({ reply_parameters: {} })).toMatchObject({ status: 400 });
    expect(await send({ reply_parameters: { ...missing, allow_sending_without_reply: true } })).toMatchObject(
      { ok: true },
    );
    expect(await call('sendChatAction', { chat_id: ana.id, action: 'typing' })).toMatchObject({ ok: true });
    expect(await call('sendChatAction', { chat_id: ana.id, action: 'napping' })).toMatchObject({
      status: 400,
    });
  });

  it('has topics where the bot has forum topic mode: what is said there says so, and they must exist', async () => {
    const mia = api.person('Mia', { topics: ['Work'] });
    await mia.type('/mcp', { topic: 'Work' });
    const { message } = api.updates.at(-1) as { message: { message_thread_id: number } };
    expect(message).toMatchObject({ is_topic_message: true, message_thread_id: expect.any(Number) });
    const there = { chat_id: mia.id, text: 'hello', message_thread_id: message.message_thread_id };
    expect(await call('sendMessage', there)).toMatchObject({ ok: true });
    expect(mia.messages().map(({ topic }) => topic)).toEqual(['Work', 'Work']);
    mia.removeTopic('Work');
    expect(await call('sendMessage', there)).toMatchObject(refused('message thread not found'));
    expect(await call('getMe', {})).toMatchObject({ result: { has_topics_enabled: false } });
  });

  it('is described, and its members', async () => {
    expect(await call('getChat', { chat_id: ana.id })).toMatchObject({
      result: { type: 'private', first_name: 'Ana' },
    });
    const group = api.group('Team', [ana], { bot: 'admin-without-delete' });
    const member = (user_id: number) => call('getChatMember', { chat_id: group.id, user_id });
    expect(await member(ana.id)).toMatchObject({ result: { status: 'member' } });
    expect(await member(api.bot.id)).toMatchObject({
      result: { status: 'administrator', can_delete_messages: false },
    });
    expect(await member(api.person('Ben').id)).toMatchObject({ result: { status: 'left' } });
    expect(await member(1)).toMatchObject(refused('PARTICIPANT_ID_INVALID'));
  });
});

describe('the command list', () => {
  const set = (payload: object) => call('setMyCommands', payload);
  const mcp = { command: 'mcp', description: 'MCP servers' };

  it('is kept per scope and language', async () => {
    const scope = { type: 'all_group_chats' };
    await set({ commands: [{ ...mcp, is_ephemeral: true }], scope, language_code: 'de' });
    const get = async (payload: object) => (await call('getMyCommands', payload)).result;
    expect(await get({ scope, language_code: 'de' })).toEqual([{ ...mcp, is_ephemeral: true }]);
    expect(await get({ scope })).toEqual([]);
    expect(await get({})).toEqual([]);
    await call('deleteMyCommands', { scope, language_code: 'de' });
    expect(await get({ scope, language_code: 'de' })).toEqual([]);
  });

  it.each([
    ['upper case', { commands: [{ ...mcp, command: 'MCP' }] }, 'BOT_COMMAND_INVALID'],
    ['33 characters', { commands: [{ ...mcp, command: 'x'.repeat(33) }] }, 'BOT_COMMAND_INVALID'],
    ['no description', { commands: [{ ...mcp, description: '' }] }, 'BOT_COMMAND_DESCRIPTION_INVALID'],
    [
      'a description of 257 characters',
      { commands: [{ ...mcp, description: 'x'.repeat(257) }] },
      'BOT_COMMAND_DESCRIPTION_INVALID',
    ],
    ['101 commands', { commands: Array.from({ length: 101 }, () => mcp) }, 'BOT_COMMANDS_TOO_MUCH'],
    ['no list', {}, 'parameter "commands" is required'],
    [
      'an unknown scope',
      { commands: [mcp], scope: { type: 'moon' } },
      "can't parse BotCommandScope: Unsupported type specified",
    ],
    ['an unknown chat', { commands: [mcp], scope: { type: 'chat', chat_id: 1 } }, 'chat not found'],
    ['a long language', { commands: [mcp], language_code: 'deu' }, 'invalid language code specified'],
  ])('is refused with %s', async (_, payload, reason) => {
    expect(await set(payload)).toMatchObject(refused(reason));
  });
});
