import { describe, expect, it } from 'vitest';
import { consent } from '../helpers/consent.js';
import { comeBack, pressConnect, signIn } from '../helpers/sign-in-browser.js';
import type { BotApi } from '../helpers/telegram/bot-api.js';
import type { ShownMessage, TelegramGroup, TelegramPerson } from '../helpers/telegram/face.js';
import { digitsOn, shown } from './pages.js';
import {
  answerTo,
  askedFor,
  configuredKey,
  linkIn,
  NO_PUBLIC_URL,
  newest,
  onlyFor,
  plain,
  untilSees,
  useTelegram,
} from './telegram-scene.js';

const telegram = useTelegram();
const NOT_YOURS = 'This button is for somebody else. Type /mcp for your own.';
const NOTHING_WAITS = 'No sign-in of yours waits for a code';

interface Two {
  readonly api: BotApi;
  readonly ana: TelegramPerson;
  /** May use the gateway too, and wants what is Ana's. */
  readonly mallory: TelegramPerson;
  readonly group: TelegramGroup;
}

async function two(words: object = {}): Promise<Two> {
  const api = await telegram.platform();
  const ana = api.person('Ana', { username: 'ana' });
  const mallory = api.person('Mallory', { username: 'mallory' });
  const group = api.group('Team', [ana, mallory], { kind: 'supergroup' });
  await telegram.gateway(api, { ...onlyFor(ana, mallory), ...words });
  await expect.poll(() => api.callsOf('setMyCommands').length).toBeGreaterThan(1);
  return { api, ana, mallory, group };
}

/** All that a button of this gateway could say, and some that none does. */
const FORGED = [
  'mcp:cancel',
  'mcp:cancel files',
  'mcp:logout files yes',
  'mcp:confirm 000000',
  'mcp:auth files',
  'mcp:',
];

const held = (message: ShownMessage): readonly string[] =>
  message.buttons.flat().flatMap(({ data }) => (data === undefined ? [] : [data]));

describe('threat 11: Mallory presses a button of Ana’s, by a callback query that she made up', () => {
  it.each(['private', 'group'] as const)('on her %s message: refused, to Mallory alone', async (where) => {
    const { ana, mallory, group } = await two();
    const chat = where === 'group' ? group : undefined;
    const asked = await askedFor(ana, '/mcp auth files', chat);
    const before = ana.sees(chat);
    for (const data of [...held(asked), ...FORGED])
      expect(await mallory.forgePress(asked, data)).toEqual({ answered: true, alert: true, text: NOT_YOURS });
    expect(ana.sees(chat)).toBe(before);
    expect(mallory.sees(chat)).toBe('');
    expect(mallory.sees()).toBe('');
    await signIn(linkIn(asked));
    await untilSees(ana, 'files connected', chat);
  });

  it('as if through inline mode, without a message, or with one whose owner she is said to be', async () => {
    const { api, ana, mallory, group } = await two();
    const asked = await askedFor(ana, '/mcp auth files', group);
    const before = ana.sees(group);
    const from = { id: mallory.id, is_bot: false, first_name: 'Mallory', username: 'mallory' };
    const chat = { id: group.id, type: 'supergroup', title: 'Team' };
    const queries: readonly object[] = [
      { inline_message_id: 'AgAAAPpmBwCI' },
      {},
      { message: { chat, message_id: 0, date: 0 } },
      { message: { chat, message_id: asked.id, date: 0 } },
      { message: { chat, message_id: 0, date: 1, ephemeral_message_id: asked.ephemeralId } },
      { message: { chat, message_id: 5, date: 1, receiver_user: from } },
      { message: { chat: { id: ana.id, type: 'private' }, message_id: asked.id, date: 1 } },
      { message: { chat: { id: mallory.id, type: 'channel' }, message_id: 5, date: 1 } },
    ];
    for (const query of queries)
      api.push({ callback_query: { id: '31', from, chat_instance: '1', data: 'mcp:cancel', ...query } });
    await answerTo(mallory, '/mcp help');
    expect(ana.sees(group)).toBe(before);
    expect(mallory.messages().filter(({ from: by }) => by === 'bot')).toHaveLength(1);
    await signIn(linkIn(asked));
    await untilSees(ana, 'files connected', group);
  });

  it('on a message of her own, with data of Ana’s: it is what she could have typed, and hers alone', async () => {
    const { ana, mallory } = await two();
    const asked = await askedFor(ana, '/mcp auth files');
    const own = await answerTo(mallory, '/mcp');
    const taken = async (data: string) => (await mallory.forgePress(own, data)).alert !== true;
    for (const data of [...held(asked), 'mcp:cancel files', 'mcp:logout files yes'])
      await expect.poll(() => taken(data)).toBe(true);
    await untilSees(mallory, /not signed in to files/);
    await signIn(linkIn(asked));
    await untilSees(ana, 'files connected');
    expect(mallory.sees()).not.toContain('files connected');
  });

  it('on any message of her own chat, even one that is no message of the bot: nothing breaks, nothing of Ana’s changes', async () => {
    const { ana, mallory } = await two();
    await answerTo(mallory, '/mcp');
    const typed = mallory.messages().find(({ from }) => from === mallory.id);
    if (typed === undefined) throw new Error('she typed nothing');
    await mallory.forgePress(typed, 'mcp:status files');
    await untilSees(mallory, 'URL');
    expect(ana.sees()).toBe('');
  });
});

describe('threat 11: Mallory completes, confirms or cancels a sign-in of Ana’s', () => {
  it('her /mcp cancel and /mcp confirm, typed or tapped, are about her own', async () => {
    const { ana, mallory } = await two({ security: { confirm: 'always' } });
    const asked = await askedFor(ana, '/mcp auth files');
    const { location, cookies } = await pressConnect(linkIn(asked));
    const digits = digitsOn((await comeBack(await consent(location), cookies)).text);
    await untilSees(ana, 'one step left');
    await answerTo(mallory, '/mcp cancel files');
    for (const give of [
      () => mallory.type(`/mcp confirm ${digits}`),
      () => mallory.openLink(`https://t.me/acme_mcp_bot?start=mcp_c_${digits}`),
      () => mallory.openLink('https://t.me/acme_mcp_bot?start=mcp_c_000000'),
    ]) {
      const before = plain(mallory.sees()).split(NOTHING_WAITS).length;
      await give();
      await expect.poll(() => plain(mallory.sees()).split(NOTHING_WAITS).length).toBeGreaterThan(before);
    }
    expect(ana.sees()).toContain('one step left');
    await ana.openLink(`https://t.me/acme_mcp_bot?start=mcp_c_${digits}`);
    await untilSees(ana, 'files connected');
    expect(telegram.scene.files.callers.length).toBeGreaterThan(0);
  });

  it('a question for a key is answered by who was asked: what Mallory sends meanwhile is hers', async () => {
    const notes = await telegram.keyServer();
    const { ana, mallory, group } = await two({
      ...NO_PUBLIC_URL,
      mcp_servers: { notes: configuredKey(notes) },
    });
    await answerTo(ana, '/mcp auth notes');
    await ana.press('Add key');
    await untilSees(ana, 'Send me');
    const question = newest(ana);
    await mallory.type('key-of-mallory-0123456789');
    await mallory.type('key-of-mallory-0123456789', { chat: group });
    await mallory.forgePress(question, held(newest(ana))[0] ?? 'mcp:status');
    await untilSees(mallory, 'I did not ask for one');
    expect(notes.shown).toEqual([]);
    await ana.type(notes.key);
    await untilSees(ana, 'notes connected');
    await answerTo(mallory, '/mcp status notes');
    expect(plain(mallory.sees())).toContain('key needed');
    expect(new Set(notes.shown)).toEqual(new Set([`Bearer ${notes.key}`]));
  });

  it('a reply to the question for one server’s key, when another’s is asked for by then, goes to neither', async () => {
    const notes = await telegram.keyServer('key-of-notes-0123456789');
    const other = await telegram.keyServer('key-of-other-9876543210');
    const { api, ana } = await two({
      ...NO_PUBLIC_URL,
      mcp_servers: { notes: configuredKey(notes), other: configuredKey(other, 'OTHER_KEY') },
    });
    api.fail('deleteMessage', { errorCode: 400, description: "Bad Request: message can't be deleted" });
    await answerTo(ana, '/mcp auth notes');
    await ana.press('Add key');
    await untilSees(ana, 'Send me NOTES_KEY');
    const first = newest(ana);
    await answerTo(ana, '/mcp auth other');
    await ana.press('Add key');
    await untilSees(ana, 'Send me OTHER_KEY');
    await ana.type(notes.key, { replyTo: first });
    await untilSees(ana, 'That question is no longer open');
    expect([...notes.shown, ...other.shown]).toEqual([]);
    expect(ana.sees()).not.toContain(notes.key);
    await ana.type(other.key);
    await untilSees(ana, 'other connected');
    expect(notes.shown).toEqual([]);
  });
});

describe('threat 11: the link of a note in a group, of a page, or made up', () => {
  it('does for Mallory, when it was made for Ana, nothing; and is not spent by her tap', async () => {
    const api = await telegram.platform();
    const ana = api.person('Ana', { username: 'ana', started: false, client: 'old' });
    const mallory = api.person('Mallory', { username: 'mallory' });
    const group = api.group('Team', [ana, mallory]);
    await telegram.gateway(api, onlyFor(ana, mallory));
    await ana.type('/mcp auth files', { chat: group });
    await untilSees(mallory, 'I answer this only in private.', group);
    const link = linkIn(newest(mallory, group));
    for (let tap = 0; tap < 3; tap += 1) await mallory.openLink(link);
    await untilSees(mallory, 'This link was made for somebody else');
    await ana.openLink(link);
    await untilSees(ana, 'sign in at');
  });

  /** What a person's browser shows of the page that gives the code, as a phone opens it. */
  it('the page that gives a code leads to the private chat of whoever taps, and names whose it is', async () => {
    const { ana, mallory } = await two();
    const asked = await askedFor(mallory, '/mcp auth files');
    const { location } = await pressConnect(linkIn(asked));
    // Consent phishing: Ana gets the authorization URL, consents in her browser, and taps what her page offers.
    const page = (await comeBack(await consent(location, { login: 'ana' }))).text;
    expect(shown(page)).toContain('Telegram · @mallory');
    const tap = /href="(https:\/\/t\.me\/[^"]*start=mcp_c_\d{6})"/.exec(page)?.[1] ?? '';
    await ana.openLink(tap);
    await untilSees(ana, NOTHING_WAITS);
    expect(plain(mallory.sees())).not.toContain(digitsOn(page));
    expect(mallory.sees()).not.toContain('connected');
    expect(telegram.scene.files.counts.passed).toBe(0);
  });
});
