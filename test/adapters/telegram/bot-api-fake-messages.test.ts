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
const html = (text: string) => send({ text, parse_mode: 'HTML' });
const button = (does: object) => send({ reply_markup: { inline_keyboard: [[{ text: 'Go', ...does }]] } });

const refused = (reason: string) => ({ status: 400, error_code: 400, description: `Bad Request: ${reason}` });
const messageId = ({ result }: { result?: unknown }) => (result as { message_id: number }).message_id;

describe('the text of a message', () => {
  it.each([
    ['nothing', {}, 'message text is empty'],
    ['an empty one', { text: '' }, 'message text is empty'],
    ['only white space', { text: ' \n ' }, 'message text is empty'],
    ['only zero-width characters', { text: '\u200b\u200d\ufeff' }, 'message text is empty'],
    ['only tags', { text: '<b> </b>', parse_mode: 'HTML' }, 'message text is empty'],
    ['more than 4096 characters', { text: 'x'.repeat(4097) }, 'message is too long'],
    ['an unknown parse mode', { text: 'x', parse_mode: 'BBCode' }, 'unsupported parse_mode'],
    [
      'entities beyond the text',
      { text: 'x', entities: [{ type: 'bold', offset: 0, length: 2 }] },
      "can't parse entities: entity is out of the text",
    ],
  ])('is refused with %s', async (_, payload, reason) => {
    expect(await call('sendMessage', { chat_id: ana.id, ...payload })).toMatchObject(refused(reason));
  });

  it.each([
    ['a <b', 'Unclosed start tag at byte offset 2'],
    ['é <x>', 'Unsupported start tag "x" at byte offset 3'],
    ['1 < 2', 'Unsupported start tag "" at byte offset 2'],
    ['<b>open', `Can't find end tag corresponding to start tag "b"`],
    ['</b>', 'Unexpected end tag at byte offset 0'],
    ['<b>a</i>', 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'],
    ['<b>a</b', 'Unclosed end tag at byte offset 4'],
    ['<b =1>a</b>', 'Empty attribute name in the tag "b" at byte offset 0'],
    ['<a href="x>a</a>', 'Unclosed start tag at byte offset 0'],
    ['<span>a</span>', 'Tag "span" must have class "tg-spoiler" at byte offset 0'],
    ['<img src="x">', 'Unsupported start tag "img" at byte offset 0'],
  ])('is refused as HTML: %s', async (text, reason) => {
    expect(await html(text)).toMatchObject(refused(`can't parse entities: ${reason}`));
  });

  it('is read as HTML: tags, the four names, numbers; anything else stays', async () => {
    const { result } = await html(
      ' <b>a <i>b</i></b> &lt;&gt;&amp;&quot;&#33;&#x21; &nbsp; > <a href="https://x.org/?a=1&amp;b">l</a>' +
        '<pre><code class="language-ts">let <b>c</b></code></pre>',
    );
    expect(result).toMatchObject({
      text: 'a b <>&"!! &nbsp; > llet c',
      entities: [
        { type: 'bold', offset: 0, length: 3 },
        { type: 'italic', offset: 2, length: 1 },
        { type: 'text_link', offset: 20, length: 1, url: 'https://x.org/?a=1&b' },
        { type: 'pre', offset: 21, length: 5, language: 'ts' },
      ],
    });
    expect(ana.sees()).toContain('(https://x.org/?a=1&b)');
  });

  it('counts 4096 characters after parsing', async () => {
    expect(await html(`<b>${'x'.repeat(4096)}</b>&amp;`.replace('&amp;', ''))).toMatchObject({ ok: true });
    expect(await html('&lt;'.repeat(4096))).toMatchObject({ ok: true });
    expect(await html('&lt;'.repeat(4097))).toMatchObject(refused('message is too long'));
  });

  it('loses links to addresses that the platform does not take, without a word', async () => {
    const { result } = await html('<a href="http://localhost:8080/x">here</a>');
    expect(result).not.toHaveProperty('entities');
  });

  it('shows a preview of a link unless told not to', async () => {
    await send({ text: 'https://gateway.example/connect/abc' });
    await send({ text: 'https://gateway.example/', link_preview_options: { is_disabled: true } });
    await send({ text: 'no link' });
    expect(ana.messages().map(({ linkPreview }) => linkPreview)).toEqual([true, false, false]);
  });
});

describe('buttons', () => {
  it.each([
    ['callback data over 64 bytes', { callback_data: 'é'.repeat(33) }, 'BUTTON_DATA_INVALID'],
    ['empty callback data', { callback_data: '' }, 'BUTTON_DATA_INVALID'],
    [
      'localhost',
      { url: 'http://localhost:3000/' },
      "inline keyboard button URL 'http://localhost:3000/' is invalid: Wrong HTTP URL",
    ],
    [
      'another protocol',
      { url: 'javascript:alert(1)' },
      "inline keyboard button URL 'javascript:alert(1)' is invalid: Unsupported URL protocol",
    ],
    [
      'nothing to do',
      {},
      "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
    ],
    [
      'two things to do',
      { url: 'https://x.org', callback_data: 'x' },
      "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
    ],
    [
      'no label',
      { text: ' ', callback_data: 'x' },
      "can't parse inline keyboard button: text must be non-empty",
    ],
    ['a style of its own', { callback_data: 'x', style: 'pink' }, 'invalid button style specified'],
  ])('are refused with %s', async (_, does, reason) => {
    expect(await button(does)).toMatchObject(refused(reason));
  });

  it.each([
    { callback_data: 'x'.repeat(64) },
    { url: 'https://gateway.example/connect/a' },
    { url: 'http://127.0.0.1:8080/connect/a' },
    { url: 'http://[::1]:8080/' },
    { url: 'gateway.example' },
    { url: 'tg://user?id=1' },
    { callback_data: 'x', style: 'primary' },
  ])('are taken: %j', async (does) => {
    expect(await button(does)).toMatchObject({ ok: true });
  });

  it('are 100 at most, in rows', async () => {
    const row = (count: number) => Array.from({ length: count }, () => ({ text: 'x', callback_data: 'x' }));
    const keyboard = (rows: unknown) => send({ reply_markup: { inline_keyboard: rows } });
    expect(await keyboard([row(50), row(50)])).toMatchObject({ ok: true });
    expect(await keyboard([row(50), row(51)])).toMatchObject(refused('REPLY_MARKUP_TOO_LONG'));
    expect(await keyboard(row(1))).toMatchObject({ status: 400 });
    expect(await send({ reply_markup: {} })).toMatchObject(refused('object expected as reply markup'));
  });
});

describe('editing', () => {
  const edit = (message_id: number, payload: object) =>
    call('editMessageText', { chat_id: ana.id, message_id, ...payload });
  const keyboard = { inline_keyboard: [[{ text: 'Go', callback_data: 'go' }]] };

  it('replaces text and keyboard together', async () => {
    const id = messageId(await send({ reply_markup: keyboard }));
    expect(await edit(id, { text: 'new' })).toMatchObject({ ok: true, result: { text: 'new' } });
    expect(ana.messages()).toMatchObject([{ text: 'new', buttons: [], edited: true }]);
  });

  it('is refused where nothing changes in text, entities and markup', async () => {
    const id = messageId(await send({ text: 'hello', reply_markup: keyboard }));
    const unchanged = refused(
      'message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message',
    );
    expect(await edit(id, { text: ' hello ', reply_markup: keyboard })).toMatchObject(unchanged);
    const markup = (reply_markup?: object) =>
      call('editMessageReplyMarkup', { chat_id: ana.id, message_id: id, reply_markup });
    expect(await markup(keyboard)).toMatchObject(unchanged);
    expect(await markup()).toMatchObject({ ok: true });
    expect(await markup()).toMatchObject(unchanged);
    expect(await edit(id, { text: '<b>hello</b>', parse_mode: 'HTML' })).toMatchObject({ ok: true });
  });

  it('is refused for what is not there, not the bot’s, or asks for a reply', async () => {
    expect(await edit(99, { text: 'x' })).toMatchObject(refused('message to edit not found'));
    await ana.type('mine');
    const [mine] = ana.messages();
    expect(await edit(mine?.id ?? 0, { text: 'x' })).toMatchObject(refused("message can't be edited"));
    const prompt = messageId(await send({ reply_markup: { force_reply: true } }));
    expect(ana.messages().at(-1)).toMatchObject({ forceReply: true });
    expect(await edit(prompt, { text: 'x' })).toMatchObject(refused("message can't be edited"));
    const id = messageId(await send());
    expect(await edit(id, { text: 'x', reply_markup: { force_reply: true } })).toMatchObject(
      refused('inline keyboard expected'),
    );
  });
});

describe('deleting', () => {
  const remove = (chat_id: number, message_id: number) => call('deleteMessage', { chat_id, message_id });

  it('takes away both sides’ messages in a private chat, for 48 hours', async () => {
    await ana.type('a key');
    const [typed] = ana.messages();
    expect(await remove(ana.id, typed?.id ?? 0)).toMatchObject({ result: true });
    expect(ana.sees()).toBe('');
    expect(await remove(ana.id, typed?.id ?? 0)).toMatchObject(refused('message to delete not found'));
    const old = messageId(await send());
    clock.advance(48 * 60 * 60 * 1000);
    expect(await remove(ana.id, old)).toMatchObject(refused("message can't be deleted"));
  });

  it('needs the right in a group, except for its own', async () => {
    const outcome = async (bot: 'member' | 'admin' | 'admin-without-delete') => {
      const group = api.group('Team', [ana], { bot });
      await ana.type('a key', { chat: group });
      const [typed] = ana.messages(group);
      const own = messageId(await send({ chat_id: group.id }));
      return [(await remove(group.id, typed?.id ?? 0)).ok, (await remove(group.id, own)).ok];
    };
    expect(await outcome('member')).toEqual([false, true]);
    expect(await outcome('admin-without-delete')).toEqual([false, true]);
    expect(await outcome('admin')).toEqual([true, true]);
  });

  it('takes many at once and skips what is gone', async () => {
    const ids = [messageId(await send()), messageId(await send()), 99];
    expect(await call('deleteMessages', { chat_id: ana.id, message_ids: ids })).toMatchObject({ ok: true });
    expect(ana.sees()).toBe('');
    expect(await call('deleteMessages', { chat_id: ana.id, message_ids: [] })).toMatchObject({ status: 400 });
  });

  it('leaves nothing to react to', async () => {
    const id = messageId(await send());
    const react = (emoji: string) =>
      call('setMessageReaction', { chat_id: ana.id, message_id: id, reaction: [{ type: 'emoji', emoji }] });
    expect(await react('👍')).toMatchObject({ ok: true });
    expect(await react('x')).toMatchObject(refused('REACTION_INVALID'));
    await remove(ana.id, id);
    expect(await react('👍')).toMatchObject(refused('message to react not found'));
  });
});
