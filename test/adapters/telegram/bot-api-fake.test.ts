import { Bot } from 'grammy';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callApi } from '../../helpers/telegram/api-call.js';
import { type BotApi, startBotApi } from '../../helpers/telegram/bot-api.js';

let api: BotApi;
beforeEach(async () => {
  api = await startBotApi();
});
afterEach(() => api.close());

const call = (method: string, payload: object = {}) => callApi(api, method, payload);

interface Polled {
  readonly update_id: number;
  readonly message?: { readonly text?: string };
}

async function poll(payload: object = {}): Promise<readonly Polled[]> {
  const { result } = await call('getUpdates', payload);
  return result as readonly Polled[];
}

/** Comes back once the platform has the call and holds its answer. */
async function pollInBackground() {
  const answer = call('getUpdates', { timeout: 30, allowed_updates: ['message'] });
  await expect.poll(() => call('getWebhookInfo')).toMatchObject({ result: { allowed_updates: ['message'] } });
  return { answer };
}

describe('a grammY bot on the fake', () => {
  it('hears, answers, is pressed and edits', async () => {
    const ana = api.person('Ana');
    const bot = new Bot(api.token, { client: { apiRoot: api.root } });
    bot.command('mcp', (ctx) =>
      ctx.reply('<b>Hi</b> &lt;you&gt;', {
        parse_mode: 'HTML',
        reply_markup: { inline_keyboard: [[{ text: 'Go', callback_data: 'go' }]] },
      }),
    );
    bot.callbackQuery('go', async (ctx) => {
      await ctx.answerCallbackQuery({ text: 'ok' });
      await ctx.editMessageText('done');
    });
    const running = bot.start();
    await ana.type('/mcp');
    await expect.poll(() => ana.sees()).toBe('Ana: /mcp\n\nacme_mcp_bot: Hi <you>\n[Go]');
    expect(await ana.press('Go')).toEqual({ answered: true, text: 'ok' });
    await expect.poll(() => ana.sees()).toBe('Ana: /mcp\n\nacme_mcp_bot: done');
    await bot.stop();
    await running;
  });
});

describe('the door', () => {
  it('takes methods in any case, by GET and POST, from a query, a form and JSON', async () => {
    const ana = api.person('Ana');
    const base = `${api.root}/bot${api.token}`;
    await fetch(`${base}/SENDMESSAGE?chat_id=${ana.id}&text=by%20query`);
    const markup = JSON.stringify({ inline_keyboard: [[{ text: 'Go', callback_data: 'go' }]] });
    await fetch(`${base}/sendMessage`, {
      method: 'POST',
      body: new URLSearchParams({ chat_id: String(ana.id), text: 'by form', reply_markup: markup }),
    });
    await call('sendmessage', { chat_id: ana.id, text: 'by JSON', some_new_parameter: 1 });
    expect(ana.sees()).toBe('acme_mcp_bot: by query\n\nacme_mcp_bot: by form\n[Go]\n\nacme_mcp_bot: by JSON');
    expect(api.callsOf('sendMessage')).toMatchObject([
      { payload: { text: 'by query' }, status: 200 },
      { payload: { reply_markup: { inline_keyboard: [[{ text: 'Go' }]] } } },
      { payload: { some_new_parameter: 1 } },
    ]);
  });

  it('answers an unknown method with 404', async () => {
    expect(await call('sendTelepathy')).toMatchObject({ status: 404, ok: false, error_code: 404 });
  });

  it('answers a wrong token with 401 and a malformed one with 404', async () => {
    const other = { root: api.root, token: `7312640916:${'x'.repeat(35)}` };
    expect(await callApi(other, 'getMe')).toMatchObject({ status: 401, description: 'Unauthorized' });
    expect(await callApi({ root: api.root, token: 'nonsense' }, 'getMe')).toMatchObject({ status: 404 });
  });

  it('answers everything with 401 once the token is revoked, also who waits now', async () => {
    const waiting = await pollInBackground();
    api.revokeToken();
    expect(await waiting.answer).toMatchObject({ status: 401 });
    expect(await call('getMe')).toMatchObject({ status: 401, description: 'Unauthorized' });
  });

  it('refuses what is no JSON, and values of the wrong type', async () => {
    const { id } = api.person('Ana');
    const response = await fetch(`${api.root}/bot${api.token}/getMe`, { method: 'POST', body: '{' });
    expect(response.status).toBe(400);
    for (const payload of [
      { chat_id: true, text: 'x' },
      { chat_id: id, text: 5 },
      { chat_id: id, text: 'x', disable_notification: 'perhaps' },
      { chat_id: id, text: 'x', reply_markup: 'none' },
      { chat_id: id, text: 'x', message_thread_id: 'first' },
      { chat_id: id, text: 'x', entities: {} },
    ])
      expect(await call('sendMessage', payload), JSON.stringify(payload)).toMatchObject({ status: 400 });
  });

  it('never holds the token in what it recorded', async () => {
    await call('getMe');
    expect(JSON.stringify(api.calls)).not.toContain(api.token.split(':')[1]);
  });

  it('goes down and comes back on its port', async () => {
    await api.goDown();
    await expect(call('getMe')).rejects.toThrow('fetch failed');
    await api.comeBack();
    expect(await call('getMe')).toMatchObject({ ok: true, result: { username: 'acme_mcp_bot' } });
  });
});

describe('what is made to go wrong', () => {
  it('answers as told, as often as told, and only that method', async () => {
    const { id } = api.person('Ana');
    const error = { errorCode: 429, description: 'Too Many Requests: retry after 3' };
    api.fail('sendMessage', { ...error, parameters: { retry_after: 3 } }, 2);
    const send = () => call('sendMessage', { chat_id: id, text: 'x' });
    expect(await call('getMe')).toMatchObject({ ok: true });
    expect(await send()).toMatchObject({ status: 429, parameters: { retry_after: 3 } });
    expect(await send()).toMatchObject({ status: 429 });
    expect(await send()).toMatchObject({ status: 200 });
  });

  it('cuts the connection before or after it did it, or waits', async () => {
    const ana = api.person('Ana');
    const send = (text: string) => call('sendMessage', { chat_id: ana.id, text });
    api.fail('*', 'drop-before');
    await expect(send('never')).rejects.toThrow();
    api.fail('*', 'drop-after');
    await expect(send('unheard')).rejects.toThrow();
    expect(ana.sees()).toBe('acme_mcp_bot: unheard');
    api.fail('sendMessage', { delayMs: 60 });
    const before = performance.now();
    await send('late');
    expect(performance.now() - before).toBeGreaterThan(50);
    expect(api.callsOf('sendMessage').map(({ status }) => status)).toEqual([0, 0, 200]);
  });

  it('limits sends and edits per chat', async () => {
    const [ana, ben] = [api.person('Ana'), api.person('Ben')];
    api.floodAfter(2, 5000);
    const send = (chat_id: number) => call('sendMessage', { chat_id, text: 'x' });
    await send(ana.id);
    await send(ana.id);
    expect(await send(ana.id)).toMatchObject({ status: 429, parameters: { retry_after: 5 } });
    expect(await send(ben.id)).toMatchObject({ ok: true });
  });
});

describe('long polling', () => {
  it('gives updates until they are confirmed by a higher offset', async () => {
    const ana = api.person('Ana');
    await ana.type('one');
    await ana.type('two');
    const [first, second] = await poll();
    expect([first?.message?.text, second?.message?.text]).toEqual(['one', 'two']);
    expect(await poll()).toHaveLength(2);
    expect(await poll({ offset: second?.update_id })).toEqual([second]);
    expect(api.pendingUpdates).toBe(1);
  });

  it('gives no more than the limit, and with a negative offset only the last', async () => {
    const ana = api.person('Ana');
    for (const text of ['one', 'two', 'three']) await ana.type(text);
    expect(await poll({ limit: 1 })).toMatchObject([{ message: { text: 'one' } }]);
    expect(await poll({ offset: -1 })).toMatchObject([{ message: { text: 'three' } }]);
    expect(api.pendingUpdates).toBe(1);
  });

  it('waits for an update and answers at once when it comes, or empty when the time is over', async () => {
    const ana = api.person('Ana');
    expect(await poll({ timeout: 1 })).toEqual([]);
    const waiting = poll({ timeout: 30 });
    await ana.type('at last');
    expect(await waiting).toMatchObject([{ message: { text: 'at last' } }]);
  });

  it('ends the one who waits when another comes', async () => {
    const first = await pollInBackground();
    const second = call('getUpdates', { timeout: 1 });
    expect(await first.answer).toMatchObject({
      status: 409,
      description:
        'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
    });
    expect(await second).toMatchObject({ ok: true, result: [] });
  });

  it('makes only the updates that were asked for, until asked otherwise', async () => {
    const ana = api.person('Ana');
    await poll({ allowed_updates: ['callback_query'] });
    await ana.type('unwanted');
    await poll();
    await ana.type('still unwanted');
    expect(api.pendingUpdates).toBe(0);
    await poll({ allowed_updates: [] });
    await ana.type('wanted');
    expect(await poll()).toMatchObject([{ message: { text: 'wanted' } }]);
  });

  it('takes raw updates as they are, and delivers confirmed ones again when told', async () => {
    const id = api.push({ poll_of_the_future: {} });
    const [update] = await poll();
    expect(update).toEqual({ update_id: id, poll_of_the_future: {} });
    expect(await poll({ offset: id + 1 })).toEqual([]);
    api.redeliver(id);
    expect(await poll({ offset: id + 1 })).toEqual([update]);
    expect(await poll({ offset: id + 1 })).toEqual([]);
    expect(api.push({ update_id: 7 })).toBe(7);
  });
});
