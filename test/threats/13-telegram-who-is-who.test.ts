import { describe, expect, it } from 'vitest';
import { openPage, signIn } from '../helpers/sign-in-browser.js';
import type { BotApi } from '../helpers/telegram/bot-api.js';
import type { TelegramPerson } from '../helpers/telegram/face.js';
import { shown } from './pages.js';
import {
  answerTo,
  askedFor,
  configuredKey,
  idOf,
  linkIn,
  NO_PUBLIC_URL,
  newest,
  onlyFor,
  plain,
  telegramWords,
  untilSees,
  useTelegram,
} from './telegram-scene.js';

const telegram = useTelegram();

/** What the bot said to this person anywhere in private, without what nobody sees. */
const said = (person: TelegramPerson): readonly string[] =>
  person
    .messages()
    .filter(({ from }) => from === 'bot')
    .map(({ text, buttons }) => plain(`${text}${JSON.stringify(buttons)}`));

/** Texts of all messages that went out so far. */
const sent = (api: BotApi): readonly string[] =>
  api.calls.filter(({ method }) => /^(send|edit)/.test(method)).map(({ payload }) => JSON.stringify(payload));

describe('threat 12: an outsider', () => {
  it('hears at every door that they may not, and their own id: nothing about servers, people or keys', async () => {
    const notes = await telegram.keyServer();
    const api = await telegram.platform();
    const ana = api.person('Ana', { username: 'ana' });
    const eve = api.person('Eve', { username: 'eve' });
    const group = api.group('Team', [ana, eve], { kind: 'supergroup' });
    const gateway = await telegram.gateway(api, {
      ...onlyFor(ana),
      ...NO_PUBLIC_URL,
      mcp_servers: { files: { url: telegram.scene.files.url, auth: 'oauth' }, notes: configuredKey(notes) },
    });
    await expect.poll(() => api.callsOf('setMyCommands').length).toBeGreaterThan(1);
    const asked = await answerTo(ana, '/mcp auth notes');
    const form = asked.buttons.flat().find(({ label }) => label === 'Add key')?.data ?? '';
    expect(form).toMatch(/^mcp#/);
    const own = await answerTo(eve, '/mcp');
    const doors: (() => Promise<unknown>)[] = [
      ...[
        '',
        'auth',
        'auth files',
        'status notes',
        'users',
        'reload',
        'help',
        'logout files yes',
        'nonsense',
      ].map((words) => () => eve.type(`/mcp ${words}`)),
      () => eve.type('/mcp confirm 123456'),
      () => eve.type('/mcp auth notes sk-live-7f3a9c1e5b2d8f406a'),
      () => eve.type('/mcp', { chat: group }),
      () => eve.start(),
      () => eve.start('mcp_c_123456'),
      () => eve.start(`mcp_r_${'A'.repeat(22)}`),
      () => eve.start('mcp_servers'),
      ...[form, 'mcp:users', 'mcp:auth files', 'mcp:logout notes yes'].map(
        (data) => () => eve.forgePress(own, data),
      ),
    ];
    for (const door of doors) await door();
    await expect.poll(() => eve.sees(group)).toContain(`telegram:${eve.id}`);
    await eve.type('hello');
    await untilSees(eve, 'I understand /mcp');
    const heard = [...said(eve), plain(newest(eve, group).text)];
    for (const text of heard.filter((one) => !one.startsWith('I understand /mcp')))
      expect(text).toContain('You may not use this gateway yet');
    expect(heard.join()).not.toMatch(/files|notes|NOTES_KEY|Ana|127\.0|sign in/i);
    const { refused, passed } = telegram.scene.files.counts;
    expect([refused, passed]).toEqual([0, 0]);
    expect(gateway.log.join('')).not.toContain('Eve');
    await eve.type('key-0123456789abcdef');
    await answerTo(ana, '/mcp help');
    expect(notes.shown).toEqual([]);
  });

  it('who was let go keeps nothing: their old buttons and links ask for nothing, and do nothing', async () => {
    const notes = await telegram.keyServer();
    const api = await telegram.platform();
    const ana = api.person('Ana', { username: 'ana' });
    const words = { ...NO_PUBLIC_URL, mcp_servers: { notes: configuredKey(notes) } };
    const before = await telegram.gateway(api, { ...onlyFor(ana), ...words });
    await answerTo(ana, '/mcp auth notes');
    const { stateFolder, clock } = before;
    await before.stop();
    await telegram.gateway(api, { access: { users: ['telegram:1'] }, ...words }, { stateFolder, clock });
    await ana.press('Add key');
    await untilSees(ana, 'You may not use this gateway yet');
    expect(ana.sees()).not.toContain('Send me');
    await ana.type(notes.key);
    await untilSees(ana, 'I did not ask for one');
    expect(notes.shown).toEqual([]);
  });

  it('a member does not become an admin by a button, a link or another spelling', async () => {
    const api = await telegram.platform();
    const boss = api.person('Boss', { username: 'boss' });
    const ana = api.person('Ana', { username: 'ana' });
    await telegram.gateway(api, {
      access: { users: [idOf(ana)], admins: [idOf(boss)] },
    });
    const own = await answerTo(ana, '/mcp help');
    for (const data of ['mcp:users', 'mcp:USERS', 'mcp:reload', 'mcp:users files'])
      await ana.forgePress(own, data);
    for (const words of ['users', 'Users', 'us\u200bers', 'reload', 'ＵＳＥＲＳ'])
      await ana.type(`/mcp ${words}`);
    await answerTo(boss, '/mcp users');
    expect(plain(newest(boss).text)).not.toContain('Only an admin');
    const refusals = () => said(ana).filter((text) => text.includes('Only an admin of this gateway')).length;
    await expect.poll(refusals).toBeGreaterThan(3);
    for (const text of said(ana)) expect(text).not.toMatch(/boss|Boss|reloaded|config/i);
  });
});

describe('threat 13: who speaks is an id that Telegram gave, and nothing else', () => {
  it('a name, a username that was an admin’s, or a name that looks like an id opens nothing', async () => {
    const api = await telegram.platform();
    const boss = api.person('Boss', { username: 'boss' });
    await telegram.gateway(api, { access: { users: [], admins: [idOf(boss)] } });
    const liars = [
      api.person(`telegram:${boss.id}`),
      api.person(String(boss.id)),
      api.person('@boss'),
      api.person('Boss'),
      // Given up by its owner, and taken by somebody else.
      api.person('Mallory', { username: 'boss' }),
      api.person(`x","id":${boss.id},"y":"`),
    ];
    for (const liar of liars) {
      await answerTo(liar, '/mcp users');
      expect(plain(newest(liar).text)).toContain(`your id is telegram:${liar.id}.`);
    }
  });

  it('an id that is no number, or none that Telegram gives, is nobody: not answered, not written down', async () => {
    const api = await telegram.platform();
    const ana = api.person('Ana', { username: 'ana' });
    const gateway = await telegram.gateway(api, onlyFor(ana));
    await answerTo(ana, '/mcp help');
    const before = sent(api).length;
    const ids: readonly unknown[] = [
      String(ana.id),
      `${ana.id} `,
      '007',
      '1e3',
      `0x${ana.id.toString(16)}`,
      ana.id + 0.5,
      -ana.id,
      0,
      Number.MAX_SAFE_INTEGER + 1,
      null,
      true,
      [ana.id],
      { id: ana.id },
      undefined,
    ];
    for (const id of ids) {
      const chat = { id: ana.id, type: 'private', first_name: 'Ana' };
      const from = { id, is_bot: false, first_name: 'Ana', username: 'ana' };
      const message = { message_id: 77, from, chat, date: 1, text: '/mcp auth files' };
      api.push({ message });
      api.push({ message: { ...message, chat: { ...chat, id } } });
      api.push({ callback_query: { id: '5', from, chat_instance: '1', data: 'mcp:auth files', message } });
    }
    for (const from of [
      undefined,
      null,
      { id: ana.id, is_bot: true, first_name: 'Ana' },
      { id: ana.id, is_bot: 'false', first_name: 'Ana' },
    ])
      api.push({
        message: { message_id: 78, from, chat: { id: ana.id, type: 'private' }, date: 1, text: '/mcp' },
      });
    await answerTo(ana, '/mcp help');
    expect(sent(api).length).toBe(before + 1);
    expect(gateway.log.join('')).not.toMatch(/"level":(50|60)/);
  });

  it('somebody else’s private chat is not theirs to command: the answer would go there', async () => {
    const api = await telegram.platform();
    const ana = api.person('Ana', { username: 'ana' });
    const ben = api.person('Ben', { username: 'ben' });
    await telegram.gateway(api, onlyFor(ana, ben));
    const from = { id: ben.id, is_bot: false, first_name: 'Ben', username: 'ben' };
    const chat = { id: ana.id, type: 'private', first_name: 'Ana' };
    for (const text of ['/mcp auth files', '/start mcp_c_123456', 'key-0123456789abcdef'])
      api.push({ message: { message_id: 79, from, chat, date: 1, text } });
    await answerTo(ben, '/mcp help');
    expect(ana.sees()).toBe('');
  });

  it.each(['a channel, or an anonymous administrator', 'an inline bot', 'a forwarded message'])(
    'what %s says is nobody’s command',
    async (who) => {
      const api = await telegram.platform();
      const ana = api.person('Ana', { username: 'ana' });
      const ben = api.person('Ben', { username: 'ben' });
      const group = api.group('Team', [ana, ben]);
      await telegram.gateway(api, onlyFor(ana, ben));
      await answerTo(ben, '/mcp help');
      const before = sent(api).length;
      const how = who.startsWith('a channel')
        ? { asChannel: true }
        : who.startsWith('an inline')
          ? { viaBot: true }
          : { forwardedFrom: ben };
      await ana.type('/mcp auth files', { chat: group, ...how });
      if (!('asChannel' in how)) await ana.type('/mcp auth files', how);
      await answerTo(ben, '/mcp help');
      expect(sent(api).length).toBe(before + 1);
    },
  );

  it('the config’s `telegram:007` is not the person 7, and other spellings of a number are mistakes', async () => {
    const api = await telegram.platform();
    const seven = api.person('Seven', { id: 7 });
    await telegram.gateway(api, { access: { users: ['telegram:007'] } });
    await answerTo(seven, '/mcp');
    expect(plain(newest(seven).text)).toContain('your id is telegram:7.');
    for (const id of [
      'telegram:1e3',
      'telegram:-7',
      'telegram:7.0',
      'telegram: 7',
      'telegram:@boss',
      'telegram:７',
    ])
      await expect(telegram.gateway(api, { access: { users: [id] } })).rejects.toThrow(/access\.users/);
  });

  it('the same number on another platform is another person', async () => {
    const api = await telegram.platform();
    const ana = api.person('Ana', { username: 'ana' });
    const twin = String(ana.id);
    const gateway = await telegram.gateway(api, {
      access: { users: [idOf(ana), `web:${twin}`] },
      platforms: { ...telegramWords(api), web: { people: [twin] } },
    });
    await signIn(linkIn(await askedFor(ana, '/mcp auth files')));
    await untilSees(ana, 'files connected');
    const visitor = await gateway.visitor(twin);
    expect((await visitor.say('/mcp')).text).toContain('sign-in needed');
    expect((await visitor.say('/mcp logout files yes')).text).toContain('not signed in');
    await answerTo(ana, '/mcp test files');
    await untilSees(ana, /files.*tool/);
    const keys = await (await gateway.store()).records('credentials').keys();
    expect(keys).toEqual([`telegram%3A${ana.id}/files`]);
  });

  it('the connect page tells two people of one name apart: by the username, or by the id', async () => {
    const api = await telegram.platform();
    const mallory = api.person('Vic Fischer');
    const vic = api.person('Vic Fischer');
    const named = api.person('Vic Fischer', { username: 'vic' });
    const posing = ['@vic', '＠vic', '\u200b@vic', `Vic Fischer (id ${vic.id})`, '𝗩𝗶𝗰', 'V'.repeat(64)];
    const liars = posing.map((name) => api.person(name));
    await telegram.gateway(api);
    const pageOf = async (person: TelegramPerson) =>
      shown((await openPage(linkIn(await askedFor(person, '/mcp auth files')))).html);
    expect(await pageOf(vic)).toContain(`Telegram · Vic Fischer (id ${vic.id}) asked for this.`);
    expect(await pageOf(mallory)).toContain(`Telegram · Vic Fischer (id ${mallory.id}) asked for this.`);
    expect(await pageOf(named)).toContain('Telegram · @vic asked for this.');
    for (const liar of liars) {
      const page = await pageOf(liar);
      expect(page).not.toContain('· @vic asked');
      expect(page).toContain(`(id ${liar.id}) asked for this.`);
    }
  });
});
