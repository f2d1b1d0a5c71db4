import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Clock } from '../../helpers/clock.js';
import { callApi } from '../../helpers/telegram/api-call.js';
import { type BotApi, startBotApi, type TelegramPerson } from '../../helpers/telegram/bot-api.js';

let api: BotApi;
let ana: TelegramPerson;
const clock = new Clock();
beforeEach(async () => {
  api = await startBotApi({ now: clock.now });
  ana = api.person('Ana', { username: 'ana' });
});
afterEach(() => api.close());

const call = (method: string, payload: object = {}) => callApi(api, method, payload);
const TOO_OLD = {
  status: 400,
  description: 'Bad Request: query is too old and response timeout expired or query ID is invalid',
};

async function sendButton(chat_id: number, does: object = { callback_data: 'go' }): Promise<void> {
  const reply_markup = { inline_keyboard: [[{ text: 'Go', ...does }]] };
  await call('sendMessage', { chat_id, text: 'press', reply_markup });
}

interface Press {
  readonly callback_query?: { readonly id: string };
}

async function pressed(): Promise<string> {
  const { result } = await call('getUpdates', { offset: -1, timeout: 5 });
  const [update] = result as readonly Press[];
  return update?.callback_query?.id ?? '';
}

const answer = (callback_query_id: string, payload: object = {}) =>
  call('answerCallbackQuery', { callback_query_id, ...payload });

describe('pressing a button', () => {
  it('reaches the bot with its message and data, and shows what the bot answers', async () => {
    await sendButton(ana.id);
    const press = ana.press('Go');
    const id = await pressed();
    expect(api.updates.at(-1)).toMatchObject({
      callback_query: {
        from: { id: ana.id, username: 'ana' },
        data: 'go',
        message: { text: 'press', chat: { id: ana.id } },
      },
    });
    expect(await answer(id, { text: 'Only for Ana', show_alert: true })).toMatchObject({ result: true });
    expect(await press).toEqual({ answered: true, text: 'Only for Ana', alert: true });
  });

  it('can be answered for 15 seconds, more than once, and never when nobody pressed', async () => {
    await sendButton(ana.id);
    const press = ana.press('Go');
    const id = await pressed();
    clock.advance(12_000);
    await answer(id);
    expect(await answer(id)).toMatchObject({ ok: true });
    clock.advance(4000);
    expect(await answer(id)).toMatchObject(TOO_OLD);
    expect(await answer('1')).toMatchObject(TOO_OLD);
    await press;
  });

  it('refuses answers of over 200 characters, and links that do not lead to the bot', async () => {
    await sendButton(ana.id);
    const press = ana.press('Go');
    const id = await pressed();
    expect(await answer(id, { text: 'x'.repeat(201) })).toMatchObject({ status: 400 });
    expect(await answer(id, { url: 'https://elsewhere.example/' })).toMatchObject({ status: 400 });
    const url = `https://t.me/${api.bot.username}?start=abc`;
    expect(await answer(id, { url })).toMatchObject({ ok: true });
    expect(await press).toEqual({ answered: true, url });
  });

  it('is given up when the bot does not answer', async () => {
    const hasty = await startBotApi({ pressPatienceMs: 20 });
    const ben = hasty.person('Ben');
    const reply_markup = { inline_keyboard: [[{ text: 'Go', callback_data: 'go' }]] };
    await callApi(hasty, 'sendMessage', { chat_id: ben.id, text: 'press', reply_markup });
    expect(await ben.press('Go')).toEqual({ answered: false });
    await hasty.close();
  });

  it('opens a url, and a link to the bot with START', async () => {
    await sendButton(ana.id, { url: 'https://gateway.example/connect/1' });
    expect(await ana.press('Go')).toEqual({ answered: false, url: 'https://gateway.example/connect/1' });
    const ben = api.person('Ben', { started: false });
    const group = api.group('Team', [ben]);
    const url = `https://t.me/${api.bot.username}?start=code-1`;
    await sendButton(group.id, { url });
    expect(await ben.press('Go', group)).toEqual({ answered: false, url });
    expect(ben.sees()).toBe('Ben: /start code-1');
    await expect(ben.openLink(`https://t.me/${api.bot.username}?start=a.b`)).rejects.toThrow();
    await expect(ben.openLink('https://t.me/another_bot?start=a')).rejects.toThrow();
  });

  it('needs a button that the person sees', async () => {
    const ben = api.person('Ben');
    await sendButton(ana.id);
    expect(ben.messages()).toEqual([]);
  });

  it('can be forged with any data, for messages of others and for deleted ones', async () => {
    const mallory = api.person('Mallory');
    await sendButton(ana.id);
    const [message] = ana.messages();
    if (message === undefined) throw new Error('nothing to press');
    const press = mallory.forgePress(message, 'evil');
    const id = await pressed();
    expect(api.updates.at(-1)).toMatchObject({
      callback_query: { from: { id: mallory.id }, data: 'evil', message: { chat: { id: ana.id } } },
    });
    await answer(id);
    await press;
    await call('deleteMessage', { chat_id: ana.id, message_id: message.id });
    const again = ana.forgePress(message, 'go');
    await answer(await pressed());
    await again;
    expect(api.updates.at(-1)).toMatchObject({
      callback_query: { message: { message_id: message.id, date: 0 } },
    });
  });
});
