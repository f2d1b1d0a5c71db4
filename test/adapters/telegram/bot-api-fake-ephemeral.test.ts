import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Clock } from '../../helpers/clock.js';
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
let group: TelegramGroup;
const clock = new Clock();
beforeEach(async () => {
  api = await startBotApi({ now: clock.now });
  [ana, ben] = [api.person('Ana'), api.person('Ben')];
  group = api.group('Team', [ana, ben], { kind: 'supergroup' });
  const commands = [{ command: 'mcp', description: 'MCP servers', is_ephemeral: true }];
  await call('setMyCommands', { commands, scope: { type: 'all_group_chats' } });
});
afterEach(() => api.close());

const call = (method: string, payload: object = {}) => callApi(api, method, payload);
const refused = (reason: string) => ({ status: 400, description: `Bad Request: ${reason}` });
const TOO_OLD = refused('query is too old and response timeout expired or query ID is invalid');

interface Sent {
  readonly ephemeral_message_id: number;
}

interface Parts {
  readonly to?: TelegramPerson;
  readonly at?: TelegramGroup;
  readonly parameters?: object;
  readonly reply?: object;
  readonly rest?: object;
}

function whisper({ to = ana, at = group, parameters = {}, reply, rest = {} }: Parts = {}) {
  return call('sendMessage', {
    chat_id: at.id,
    text: 'for you alone',
    ephemeral_message_parameters: { receiver_user_id: to.id, ...parameters },
    ...(reply === undefined ? {} : { reply_parameters: reply }),
    ...rest,
  });
}

/** The id of the ephemeral command that was typed last. */
function commandId(): number {
  const message = api.updates.at(-1)?.message as Sent | undefined;
  return message?.ephemeral_message_id ?? 0;
}

async function typeMcp(person = ana): Promise<{ ephemeral_message_id: number }> {
  await person.type('/mcp', { chat: group });
  return { ephemeral_message_id: commandId() };
}

async function whisperedTo(person = ana): Promise<number> {
  const { result } = await whisper({ to: person, reply: await typeMcp(person) });
  return (result as Sent).ephemeral_message_id;
}

describe('an ephemeral command', () => {
  it('is seen by its sender and the bot alone', async () => {
    await ana.type('/mcp@acme_mcp_bot auth', { chat: group });
    expect(api.updates.at(-1)).toMatchObject({
      message: {
        message_id: 0,
        ephemeral_message_id: expect.any(Number),
        from: { id: ana.id },
        receiver_user: { id: api.bot.id },
      },
    });
    expect(ana.sees(group)).toBe('Ana: /mcp@acme_mcp_bot auth');
    expect(ben.sees(group)).toBe('');
  });

  it('is plain from an old client, forwarded, as a channel, for another bot or unregistered', async () => {
    const old = api.person('Olga', { client: 'old' });
    group.join(old);
    await old.type('/mcp', { chat: group });
    await ana.type('/mcp', { chat: group, forwardedFrom: ben });
    await ana.type('/mcp', { chat: group, asChannel: true });
    await ana.type('/mcp@other_bot', { chat: group });
    await ana.type('/start', { chat: group });
    expect(ben.messages(group)).toHaveLength(5);
  });

  it('follows the narrowest command list that applies', async () => {
    const boss = api.person('Boss');
    const led = api.group('Led', [ana], { admins: [boss] });
    const plain = [{ command: 'mcp', description: 'MCP servers' }];
    const isPrivate = async (person: TelegramPerson) => {
      await person.type('/mcp', { chat: led });
      return person.messages(led).at(-1)?.ephemeralId !== undefined;
    };
    expect([await isPrivate(ana), await isPrivate(boss)]).toEqual([true, true]);
    await call('setMyCommands', { commands: plain, scope: { type: 'all_chat_administrators' } });
    expect([await isPrivate(ana), await isPrivate(boss)]).toEqual([true, false]);
    await call('setMyCommands', {
      commands: plain,
      scope: { type: 'chat_member', chat_id: led.id, user_id: ana.id },
    });
    expect([await isPrivate(ana), await isPrivate(boss)]).toEqual([false, false]);
  });
});

describe('an ephemeral message', () => {
  it('answers an ephemeral command, seen by its receiver alone', async () => {
    const answer = await whisper({ reply: await typeMcp() });
    expect(answer.result).toMatchObject({
      message_id: 0,
      ephemeral_message_id: expect.any(Number),
      receiver_user: { id: ana.id },
      from: { id: api.bot.id },
    });
    expect(answer.result).not.toHaveProperty('message_thread_id');
    expect(ana.sees(group)).toBe('Ana: /mcp\n\nacme_mcp_bot: for you alone');
    expect(ben.sees(group)).toBe('');
  });

  it('can be replied to, for the bot’s eyes only', async () => {
    await whisperedTo();
    const whispered = ana.messages(group).at(-1);
    if (whispered === undefined) throw new Error('nothing to reply to');
    await ana.type('a secret answer', { chat: group, replyTo: whispered });
    expect(api.updates.at(-1)).toMatchObject({ message: { message_id: 0, text: 'a secret answer' } });
    expect(ben.sees(group)).toBe('');
    expect(await whisper({ reply: { ephemeral_message_id: commandId() } })).toMatchObject({ ok: true });
  });

  it('answers a press, of the one who pressed, in that chat', async () => {
    const reply_markup = { inline_keyboard: [[{ text: 'Go', callback_data: 'go' }]] };
    await call('sendMessage', { chat_id: group.id, text: 'press', reply_markup });
    const press = ana.press('Go', group);
    const query = api.updates.at(-1)?.callback_query as { id: string } | undefined;
    const parameters = { callback_query_id: query?.id };
    expect(await whisper({ to: ben, parameters })).toMatchObject(TOO_OLD);
    expect(await whisper({ at: api.group('Other', [ana]), parameters })).toMatchObject(TOO_OLD);
    expect(await whisper({ parameters: { callback_query_id: '1' } })).toMatchObject(TOO_OLD);
    await call('answerCallbackQuery', { callback_query_id: query?.id });
    await press;
    expect(await whisper({ parameters })).toMatchObject({ ok: true });
    const replacing = { ...parameters, replace_callback_query_message: true };
    expect(await whisper({ parameters: replacing })).toMatchObject({ ok: true });
    expect([ana.sees(group).includes('press'), ben.sees(group).includes('press')]).toEqual([false, true]);
    clock.advance(15_001);
    expect(await whisper({ parameters })).toMatchObject(TOO_OLD);
  });

  it('is refused without either, unless the bot is an administrator', async () => {
    expect(await whisper()).toMatchObject(refused('BOT_NOT_ADMIN'));
    group.setBot('admin-without-delete');
    expect(await whisper()).toMatchObject({ ok: true });
  });

  it('is refused in answer to anything but that person’s ephemeral command, and after 15 seconds', async () => {
    const bens = await typeMcp(ben);
    expect(await whisper({ reply: bens })).toMatchObject(refused('MESSAGE_NOT_COMMAND'));
    await ana.type('plain', { chat: group });
    const plain = { message_id: ana.messages(group).at(-1)?.id };
    expect(await whisper({ reply: plain })).toMatchObject(refused('MESSAGE_NOT_COMMAND'));
    const sent = { ephemeral_message_id: await whisperedTo() };
    expect(await whisper({ reply: sent })).toMatchObject(refused('MESSAGE_NOT_COMMAND'));
    const command = await typeMcp();
    clock.advance(15_001);
    expect(await whisper({ reply: command })).toMatchObject({ status: 400 });
  });

  it('is refused for bots, strangers and private chats, and with login buttons', async () => {
    const reply = await typeMcp();
    const to = (receiver_user_id: number) => whisper({ parameters: { receiver_user_id }, reply });
    expect(await to(api.bot.id)).toMatchObject(refused('USER_ID_INVALID'));
    expect(await to(api.person('Cleo').id)).toMatchObject(refused('USER_NOT_PARTICIPANT'));
    expect(await whisper({ rest: { chat_id: ana.id } })).toMatchObject({ status: 400 });
    const login_url = { url: 'https://gateway.example/' };
    const reply_markup = { inline_keyboard: [[{ text: 'x', login_url }]] };
    expect(await whisper({ reply, rest: { reply_markup } })).toMatchObject(refused('BUTTON_TYPE_INVALID'));
    expect(
      await call('sendMessage', { chat_id: group.id, text: 'for all', reply_parameters: reply }),
    ).toMatchObject({ status: 400 });
  });
});

describe('editing and deleting ephemeral messages', () => {
  const target = (ephemeral_message_id: number, to = ana) => ({
    chat_id: group.id,
    receiver_user_id: to.id,
    ephemeral_message_id,
  });
  const edit = (id: number, text: string, to = ana) =>
    call('editEphemeralMessageText', { ...target(id, to), text });

  it('needs chat, receiver and id together, has no time limit, and answers True', async () => {
    const id = await whisperedTo();
    clock.advance(3_600_000);
    expect(await edit(id, 'later')).toMatchObject({ result: true });
    expect(ana.sees(group)).toContain('later');
    expect(await edit(id, 'x', ben)).toMatchObject(refused('message to edit not found'));
    expect(await edit(1, 'x')).toMatchObject(refused('message to edit not found'));
    expect((await edit(id, 'later')).description).toContain('message is not modified');
    const ordinary = { chat_id: group.id, message_id: id, text: 'x' };
    expect(await call('editMessageText', ordinary)).toMatchObject(refused('message to edit not found'));
    expect(await call('editMessageText', { ...ordinary, message_id: 0 })).toMatchObject({ status: 400 });
    expect(await call('deleteMessage', ordinary)).toMatchObject(refused('message to delete not found'));
  });

  it('changes the keyboard alone, and presses on it carry the ephemeral message', async () => {
    const id = await whisperedTo();
    const reply_markup = { inline_keyboard: [[{ text: 'Go', callback_data: 'go' }]] };
    const payload = { ...target(id), reply_markup };
    expect(await call('editEphemeralMessageReplyMarkup', payload)).toMatchObject({ result: true });
    const press = ana.press('Go', group);
    const query = api.updates.at(-1)?.callback_query as { id: string } | undefined;
    expect(query).toMatchObject({
      message: { message_id: 0, ephemeral_message_id: id, receiver_user: { id: ana.id } },
    });
    const parameters = { callback_query_id: query?.id, replace_callback_query_message: true };
    expect(await whisper({ parameters })).toMatchObject({ status: 400 });
    await call('answerCallbackQuery', { callback_query_id: query?.id });
    await press;
  });

  it('takes it away, and gives its id to another one', async () => {
    const id = await whisperedTo();
    expect(await call('deleteEphemeralMessage', target(id))).toMatchObject({ result: true });
    expect(ana.sees(group)).toBe('Ana: /mcp');
    expect(await edit(id, 'x')).toMatchObject(refused('message to edit not found'));
    expect(await call('deleteEphemeralMessage', target(id))).toMatchObject({ status: 400 });
    expect((await typeMcp(ben)).ephemeral_message_id).toBe(id);
  });

  it('is lost, with ok, on those who are offline, restarted or use an old client', async () => {
    group.setBot('admin');
    const shown = await whisperedTo();
    ana.goOffline();
    expect(await whisper({ rest: { text: 'missed' } })).toMatchObject({ ok: true });
    expect(await edit(shown, 'missed too')).toMatchObject({ result: true });
    ana.comeOnline();
    expect(ana.sees(group)).toBe('Ana: /mcp\n\nacme_mcp_bot: for you alone');
    ana.restartClient();
    expect(ana.sees(group)).toBe('');
    const old = api.person('Olga', { client: 'old' });
    group.join(old);
    expect(await whisper({ to: old })).toMatchObject({ ok: true });
    expect(old.sees(group)).toBe('');
  });
});
