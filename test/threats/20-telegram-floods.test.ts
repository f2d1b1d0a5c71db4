import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunningGateway } from '../helpers/running-gateway.js';
import type { BotApi } from '../helpers/telegram/bot-api.js';
import type { TelegramGroup, TelegramPerson } from '../helpers/telegram/face.js';
import {
  answerTo,
  configuredKey,
  expectOnlyNotes,
  linkIn,
  NO_PUBLIC_URL,
  NOTE,
  newest,
  onlyFor,
  publicCalls,
  telegramWords,
  untilSees,
  useTelegram,
} from './telegram-scene.js';

const telegram = useTelegram();

/** All that the bot said to this person in their private chat. */
const toldTo = (api: BotApi, { id }: TelegramPerson): number =>
  api.callsOf('sendMessage').filter(({ payload }) => payload.chat_id === id).length;

const records = async ({ stateFolder }: RunningGateway): Promise<readonly string[]> =>
  await readdir(join(stateFolder, 'records', 'chat-telegram')).catch(() => []);

/** Waits until everything that came in was taken, and the gateway has answered what it answers. */
async function calm(api: BotApi, by: TelegramPerson): Promise<void> {
  await expect.poll(() => api.pendingUpdates).toBe(0);
  await answerTo(by, '/mcp help');
}

describe('threat 20: one person floods the bot', () => {
  it('with thousands of commands for a server that hangs, and links and talk: others are answered, and she is again when it is over', async () => {
    const hanging = createServer(() => undefined);
    await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}/mcp`;
    const api = await telegram.platform();
    const mallory = api.person('Mallory', { username: 'mallory' });
    const ben = api.person('Ben', { username: 'ben' });
    const gateway = await telegram.gateway(api, { ...onlyFor(mallory, ben), mcp_servers: { slow: { url } } });
    await answerTo(ben, '/mcp help');
    try {
      for (let each = 0; each < 1_000; each += 1) {
        await mallory.type('/mcp test slow');
        await mallory.start('mcp_c_000000');
        await mallory.type('what?');
      }
      await answerTo(ben, '/mcp help');
      await calm(api, ben);
      expect(toldTo(api, mallory)).toBeLessThan(1_000);
      expect((await records(gateway)).length).toBeLessThan(5);
    } finally {
      hanging.closeAllConnections();
      await new Promise<void>((resolve) => hanging.close(() => resolve()));
    }
    const help = () => mallory.messages().filter(({ text }) => text.includes('/mcp help')).length;
    await expect
      .poll(async () => {
        await mallory.type('/mcp help');
        return help();
      })
      .toBeGreaterThan(0);
  });

  it('with patient talk, one thing after the other: what tells nothing new is said ten times a minute', async () => {
    const api = await telegram.platform();
    const mallory = api.person('Mallory', { username: 'mallory' });
    const ben = api.person('Ben', { username: 'ben' });
    await telegram.gateway(api, onlyFor(ben));
    for (let at = 0; at < 30; at += 1) {
      await mallory.type('what?');
      await answerTo(ben, '/mcp help');
    }
    await calm(api, ben);
    expect(toldTo(api, mallory)).toBeGreaterThan(0);
    // Two minutes' worth at most, on however slow a machine.
    expect(toldTo(api, mallory)).toBeLessThanOrEqual(20);
  });

  it('with made-up presses: none leaves anything behind, and others are answered', async () => {
    const api = await telegram.platform({ pressPatienceMs: 1_000 });
    const mallory = api.person('Mallory', { username: 'mallory' });
    const ben = api.person('Ben', { username: 'ben' });
    const gateway = await telegram.gateway(api, onlyFor(ben));
    const own = await answerTo(mallory, '/mcp');
    const presses = Array.from({ length: 300 }, (_, at) =>
      mallory.forgePress(own, `mcp#${String(at).padStart(22, 'A')}`),
    );
    expect((await Promise.all(presses)).length).toBe(300);
    await calm(api, ben);
    expect((await records(gateway)).length).toBeLessThan(5);
  });

  it('with sign-ins: fifty may be open, and no more', async () => {
    const api = await telegram.platform();
    const mallory = api.person('Mallory', { username: 'mallory' });
    const gateway = await telegram.gateway(api, {
      ...onlyFor(mallory),
      mcp_servers: Object.fromEntries(
        Array.from({ length: 60 }, (_, at) => [
          `files-${at}`,
          { url: telegram.scene.files.url, auth: 'oauth' },
        ]),
      ),
    });
    for (let at = 0; at < 60; at += 6)
      await answerTo(
        mallory,
        `/mcp auth ${[0, 1, 2, 3, 4, 5].map((more) => `files-${at + more}`).join(' ')}`,
      );
    await untilSees(mallory, 'you have too many sign-ins open');
    const pending = await (await gateway.store()).records('pending').keys();
    expect(pending.length).toBeLessThanOrEqual(50);
  });

  it('with questions for keys: one is open, one is on show, one record remembers it', async () => {
    const notes = await telegram.keyServer();
    const api = await telegram.platform();
    const mallory = api.person('Mallory', { username: 'mallory' });
    const gateway = await telegram.gateway(api, {
      ...onlyFor(mallory),
      ...NO_PUBLIC_URL,
      mcp_servers: { notes: configuredKey(notes) },
    });
    await answerTo(mallory, '/mcp auth notes');
    for (let at = 0; at < 40; at += 1) {
      await mallory.press('Add key');
      await untilSees(mallory, 'Send me NOTES_KEY');
    }
    await calm(api, mallory);
    const questions = () => mallory.messages().filter(({ forceReply }) => forceReply === true).length;
    await expect.poll(questions).toBe(1);
    expect((await records(gateway)).length).toBeLessThan(8);
  });

  it('through the webhook, with updates that Telegram never sent: nothing is kept, and who is real is answered', async () => {
    const api = await telegram.platform();
    const ben = api.person('Ben', { username: 'ben' });
    const gateway = await telegram.gateway(api, {
      ...onlyFor(ben),
      platforms: telegramWords(api, { mode: 'webhook' }),
    });
    await expect.poll(() => api.callsOf('setWebhook').length).toBe(1);
    const hook = String(api.callsOf('setWebhook')[0]?.payload.url);
    const body = JSON.stringify({ update_id: 1, message: { text: 'x'.repeat(100_000) } });
    for (let round = 0; round < 20; round += 1) {
      const posts = Array.from({ length: 50 }, () =>
        fetch(hook, { method: 'POST', body, headers: { 'x-telegram-bot-api-secret-token': 'guess' } }),
      );
      const statuses = (await Promise.all(posts)).map(({ status }) => status);
      expect(new Set(statuses)).toEqual(new Set([401]));
    }
    await answerTo(ben, '/mcp help');
    expect((await records(gateway)).length).toBeLessThan(5);
  });
});

describe('threat 20: people who never started the bot have it fill a group', () => {
  interface Crowd {
    readonly api: BotApi;
    readonly people: readonly TelegramPerson[];
    readonly ben: TelegramPerson;
    readonly group: TelegramGroup;
    readonly gateway: RunningGateway;
  }

  async function crowd(words: object = {}): Promise<Crowd> {
    const api = await telegram.platform();
    const ben = api.person('Ben', { username: 'ben' });
    const people = Array.from({ length: 12 }, (_, at) =>
      api.person(`Person ${at}`, { started: false, client: 'old' }),
    );
    const group = api.group('Team', [ben, ...people], { kind: 'supergroup' });
    const gateway = await telegram.gateway(api, { ...onlyFor(ben, ...people), ...words });
    return { api, people, ben, group, gateway };
  }

  const notes = (ben: TelegramPerson, group: TelegramGroup): number =>
    ben.messages(group).filter(({ from }) => from === 'bot').length;

  /** So many there are, and no more come. */
  async function untilNotes(api: BotApi, ben: TelegramPerson, group: TelegramGroup, count: number) {
    await expect.poll(() => notes(ben, group)).toBe(count);
    await calm(api, ben);
    let before = -1;
    await expect
      .poll(
        () => {
          const still = api.calls.length === before;
          before = api.calls.length;
          return still;
        },
        { interval: 400 },
      )
      .toBe(true);
    expect(notes(ben, group)).toBe(count);
  }

  it.each([
    ['who may use it', {}],
    ['strangers', { access: { users: ['telegram:1'] } }],
  ])(
    '%s: five notes in ten minutes, one for each person, then silence; later there are some again',
    async (_who, words) => {
      const { api, people, ben, group, gateway } = await crowd(words);
      for (let round = 0; round < 5; round += 1)
        for (const person of people) await person.type('/mcp auth files', { chat: group });
      const refused = () => api.calls.filter(({ status }) => status === 403).length;
      await expect.poll(refused).toBeGreaterThanOrEqual(5 * people.length);
      // Whoever was refused only now still asks for a note, and must not get one by a clock that has gone on.
      await untilNotes(api, ben, group, 5);
      expect(publicCalls(api)).toHaveLength(5);
      expectOnlyNotes(api, group, ben);
      gateway.clock.advance(10 * 60_000 + 1);
      const [first] = people;
      await first?.type('/mcp', { chat: group });
      await expect.poll(() => notes(ben, group)).toBe(6);
    },
  );

  it('one person alone: one note, however often they ask; the note of one does for those who get none', async () => {
    const { api, people, ben, group } = await crowd();
    const [one, two] = people;
    if (one === undefined || two === undefined) throw new Error('a small crowd');
    for (let round = 0; round < 200; round += 1) await one.type('/mcp', { chat: group });
    await untilNotes(api, ben, group, 1);
    await two.openLink(linkIn(newest(ben, group)));
    await untilSees(two, 'This link was made for somebody else');
    await two.type('/mcp', { chat: group });
    await untilSees(two, 'MCP servers');
    expect(notes(ben, group)).toBe(1);
  });

  it('many groups: each has its own five', async () => {
    const { api, people, ben, group } = await crowd();
    const other = api.group('Other', [ben, ...people], { kind: 'supergroup' });
    for (const chat of [group, other]) for (const person of people) await person.type('/mcp', { chat });
    await untilNotes(api, ben, group, 5);
    await untilNotes(api, ben, other, 5);
    expect(newest(ben, other).text).toBe(NOTE);
  });
});
