import type { ApiCallFn } from 'grammy';
import { describe, expect, it } from 'vitest';
import { createFloodWaits } from '../../../src/adapters/telegram/connection/flood-waits.js';

/** Telegram, as far as the waits see it: it answers 429 with so many seconds while there are any left to say. */
function platform(...seconds: number[]) {
  const asked: unknown[] = [];
  let nowMs = 0;
  const waits = createFloodWaits(() => nowMs);
  const answer: unknown = async (_method: string, payload: { readonly chat_id?: number }) => {
    asked.push(payload.chat_id);
    const wait = seconds.shift();
    if (wait === undefined) return { ok: true, result: true };
    return {
      ok: false,
      error_code: 429,
      description: 'Too Many Requests',
      parameters: { retry_after: wait },
    };
  };
  return {
    asked,
    passMs(ms: number): void {
      nowMs += ms;
    },
    send: (chat: number) =>
      waits(answer as ApiCallFn, 'sendMessage', { chat_id: chat, text: 'x' }, undefined),
    remove: (chat: number) =>
      waits(answer as ApiCallFn, 'deleteMessage', { chat_id: chat, message_id: 1 }, undefined),
    answerPress: () =>
      waits(answer as ApiCallFn, 'answerCallbackQuery', { callback_query_id: '1' }, undefined),
  };
}

describe('what a 429 asks for', () => {
  it('is kept for that chat until its time is over, without asking Telegram again', async () => {
    const { asked, passMs, send } = platform(30);
    expect(await send(1)).toMatchObject({ ok: false, parameters: { retry_after: 30 } });
    passMs(10_500);
    expect(await send(1)).toMatchObject({ ok: false, error_code: 429, parameters: { retry_after: 20 } });
    expect(asked).toEqual([1]);
    passMs(19_500);
    expect(await send(1)).toMatchObject({ ok: true });
    expect(asked).toEqual([1, 1]);
  });

  it('holds up no other chat, and nothing that is for none', async () => {
    const { asked, send, answerPress } = platform(30);
    await send(1);
    expect(await send(2)).toMatchObject({ ok: true });
    expect(await answerPress()).toMatchObject({ ok: true });
    expect(asked).toEqual([1, 2, undefined]);
  });

  it('does not keep a key in the chat that is to be deleted', async () => {
    const { send, remove } = platform(30);
    await send(1);
    expect(await remove(1)).toMatchObject({ ok: true });
    expect(await send(1)).toMatchObject({ ok: false });
  });

  it('of a call for no chat holds up nothing', async () => {
    const { answerPress } = platform(30);
    expect(await answerPress()).toMatchObject({ ok: false });
    expect(await answerPress()).toMatchObject({ ok: true });
  });

  it('is forgotten for the oldest of a thousand chats', async () => {
    const { asked, send } = platform(...Array.from({ length: 1001 }, () => 60));
    for (let chat = 1; chat <= 1001; chat += 1) await send(chat);
    expect(await send(2)).toMatchObject({ ok: false });
    expect(asked).toHaveLength(1001);
    expect(await send(1)).toMatchObject({ ok: true });
  });
});
