import { describe, expect, it } from 'vitest';
import type { Discord, DiscordChannel, DiscordPerson, Fields } from '../helpers/discord/face.js';
import { openPage, signIn } from '../helpers/sign-in-browser.js';
import {
  answerTo,
  askedFor,
  calm,
  configuredKey,
  customIds,
  discordWords,
  heard,
  idOf,
  linkIn,
  newest,
  onlyFor,
  plain,
  saidBy,
  untilSees,
  useDiscord,
} from './discord-scene.js';
import { shown } from './pages.js';

const threats = useDiscord();

/** What the bot said to this person, without what nobody sees. */
const said = (person: DiscordPerson, where?: DiscordChannel): readonly string[] =>
  heard(person, where).map(({ text, buttons }) => plain(`${text}${JSON.stringify(buttons)}`));

/** Calls that said something so far. */
const sent = ({ calls }: Discord): number =>
  calls.filter(({ route }) => /^POST \/(interactions|webhooks|channels)|^PATCH/.test(route)).length;

const envelope = (discord: Discord, where: DiscordChannel, more: Fields): Fields => ({
  id: String(1_190_350_394_018_530_000n + BigInt(Math.floor(Math.random() * 1e9))),
  application_id: discord.application.id,
  token: 'made-up',
  version: 1,
  type: 2,
  channel_id: where.id,
  guild_id: where.guild?.id,
  context: 0,
  data: { name: 'mcp', type: 1, options: [{ type: 3, name: 'command', value: 'auth files' }] },
  ...more,
});

describe('threat 12: an outsider', () => {
  it('hears at every door that they may not, and their own id: nothing about servers, people or keys', async () => {
    const notes = await threats.keyServer();
    const discord = await threats.platform();
    const [ana, eve] = [discord.person('Ana'), discord.person('Eve')];
    const general = discord.guild('Acme', [ana, eve]).channel('general');
    const gateway = await threats.gateway(discord, {
      ...onlyFor(ana),
      mcp_servers: { files: { url: threats.scene.files.url, auth: 'oauth' }, notes: configuredKey(notes) },
    });
    const form = customIds(await answerTo(ana, 'auth notes', general))[0] ?? '';
    expect(form).toMatch(/^mcp#/);
    for (const where of [undefined, general])
      for (const words of ['', 'auth', 'auth files', 'status notes', 'users', 'reload', 'help', 'nonsense'])
        await answerTo(eve, words, where);
    await answerTo(eve, 'auth notes sk-live-7f3a9c1e5b2d8f406a');
    await answerTo(eve, 'confirm 123456');
    for (const text of ['/mcp users', '@bot mcp auth files']) await eve.says(text);
    await eve.says('@bot mcp users', general);
    const own = newest(eve, general);
    for (const customId of [form, 'mcp:users', 'mcp:auth files', 'mcp:logout notes yes'])
      await eve.forges(own, customId);
    const value = { type: 4, custom_id: 'NOTES_KEY', value: notes.key };
    const data = { custom_id: form.replace('#', '?'), components: [{ type: 18, component: value }] };
    expect(saidBy(await eve.sends(5, data, general))).toContain('You may not use this gateway yet');
    expect(await eve.completes('command', '', general)).toEqual([]);
    expect(await eve.completes('server', '', general)).toEqual([]);
    await answerTo(ana, 'help');
    await expect.poll(() => heard(eve).length).toBeGreaterThanOrEqual(13);
    const all = [...said(eve), ...said(eve, general)];
    for (const text of all.filter((one) => !one.startsWith('The button that you pressed before'))) {
      expect(text).toContain('You may not use this gateway yet');
      expect(text).not.toMatch(/files|notes|NOTES_KEY|Ana|127\.0|sign in/i);
    }
    const { refused, passed } = threats.scene.files.counts;
    expect([refused, passed, notes.shown]).toEqual([0, 0, []]);
    expect(gateway.log.join('')).not.toContain('Eve');
  });

  it('who was let go keeps nothing: their old buttons and forms ask for nothing, and do nothing', async () => {
    const notes = await threats.keyServer();
    const discord = await threats.platform();
    const ana = discord.person('Ana');
    const general = discord.guild('Acme', [ana]).channel('general');
    const words = { mcp_servers: { notes: configuredKey(notes) } };
    const before = await threats.gateway(discord, { ...onlyFor(ana), ...words });
    await answerTo(ana, 'auth notes', general);
    const opened = await ana.presses('Add key', general);
    await before.stop();
    await expect.poll(() => discord.gateway.ready).toBe(0);
    const { stateFolder } = before;
    await threats.gateway(discord, { access: { users: ['discord:1'] }, ...words }, { stateFolder });
    expect((await ana.presses('Add key', general)).kind).not.toBe('modal');
    await untilSees(ana, 'You may not use this gateway yet', general);
    if (opened.kind !== 'modal') throw new Error(opened.kind);
    await ana.submits(opened.modal, { NOTES_KEY: notes.key });
    await answerTo(ana, 'help', general);
    expect(notes.shown).toEqual([]);
  });

  it('a member does not become an admin by a button, a mention or another spelling', async () => {
    const discord = await threats.platform();
    const [boss, ana] = [discord.person('Boss'), discord.person('Ana')];
    const general = discord.guild('Acme', [boss, ana]).channel('general');
    await threats.gateway(discord, { access: { users: [idOf(ana)], admins: [idOf(boss)] } });
    const own = await answerTo(ana, 'help', general);
    for (const data of ['mcp:users', 'mcp:USERS', 'mcp:reload', 'mcp:users files'])
      await ana.forges(own, data);
    for (const words of ['users', 'Users', 'us\u200bers', 'reload', 'ＵＳＥＲＳ'])
      await answerTo(ana, words, general);
    await answerTo(boss, 'users', general);
    expect(plain(newest(boss, general).text)).not.toContain('Only an admin');
    const refusals = () =>
      said(ana, general).filter((text) => text.includes('Only an admin of this gateway')).length;
    await expect.poll(refusals).toBeGreaterThan(2);
    for (const text of said(ana, general)) expect(text).not.toMatch(/boss|Boss|reloaded|config/i);
  });
});

describe('threat 13: who speaks is an id that Discord gave, and nothing else', () => {
  it('a name, a username that was an admin’s, or a name that looks like an id opens nothing', async () => {
    const discord = await threats.platform();
    const boss = discord.person('Boss');
    const liars = [
      discord.person(`discord:${boss.id}`),
      discord.person(boss.id),
      discord.person('@boss', { username: 'other' }),
      // Given up by its owner, and taken by somebody else.
      discord.person('Mallory', { username: 'boss' }),
      discord.person(`x","id":"${boss.id}","y":"`),
    ];
    const general = discord.guild('Acme', [boss, ...liars]).channel('general');
    await threats.gateway(discord, { access: { users: [], admins: [idOf(boss)] } });
    for (const liar of liars)
      expect(plain((await answerTo(liar, 'users', general)).text)).toContain(`your id is ${idOf(liar)}.`);
  });

  it('an id that is none that Discord gives is nobody: not answered, not written down, nothing breaks', async () => {
    const discord = await threats.platform();
    const ana = discord.person('Ana');
    const general = discord.guild('Acme', [ana]).channel('general');
    const gateway = await threats.gateway(discord, onlyFor(ana));
    await answerTo(ana, 'help', general);
    const before = sent(discord);
    const ids: readonly unknown[] = [
      Number(ana.id),
      `${ana.id} `,
      `0${ana.id}`,
      `${ana.id}\n`,
      '１１９０３５０３９４０１８５２９３１０',
      '-1',
      '1e3',
      '',
      null,
      true,
      [ana.id],
      { id: ana.id },
      undefined,
    ];
    const users = [
      ...ids.map((id) => ({ id, username: 'ana', discriminator: '0' })),
      undefined,
      null,
      'ana',
      { id: ana.id, bot: true, username: 'ana' },
      { id: ana.id, system: true, username: 'ana' },
    ];
    for (const user of users) {
      discord.gateway.dispatch('INTERACTION_CREATE', envelope(discord, general, { member: { user } }));
      discord.gateway.dispatch(
        'INTERACTION_CREATE',
        envelope(discord, general, { user, guild_id: undefined }),
      );
      const message = {
        id: '1190350394018530001',
        channel_id: general.id,
        guild_id: general.guild?.id,
        type: 0,
      };
      const content = `<@${discord.bot.id}> mcp auth files`;
      discord.gateway.dispatch('MESSAGE_CREATE', { ...message, author: user, content });
    }
    await calm(discord, ana);
    // What is no command of ours gets a word that it is none, at an address that there is not.
    const after = discord.calls.filter(({ path, status }) => !path.includes('made-up') && status < 300);
    expect(sent({ ...discord, calls: after })).toBe(before + 1);
    expect(await (await gateway.store()).records('pending').keys()).toEqual([]);
    expect(gateway.log.join('')).not.toMatch(/"level":(50|60)/);
  });

  it.each(['another bot', 'a webhook', 'a forwarded message', 'a system message'])(
    'what %s says is nobody’s command',
    async (who) => {
      const discord = await threats.platform();
      const [ana, ben] = [discord.person('Ana'), discord.person('Ben')];
      const general = discord.guild('Acme', [ana, ben]).channel('general');
      await threats.gateway(discord, onlyFor(ana, ben));
      const before = sent(discord);
      const author = { id: ana.id, username: 'ana', discriminator: '0' };
      const message = {
        id: '1190350394018530001',
        channel_id: general.id,
        guild_id: general.guild?.id,
        type: 0,
        author,
        content: `<@${discord.bot.id}> mcp auth files`,
      };
      const how: Fields = {
        'another bot': { author: { ...author, bot: true } },
        'a webhook': { webhook_id: '1190350394018530002' },
        'a forwarded message': { message_snapshots: [{ message: { content: message.content } }] },
        'a system message': { type: 7 },
      };
      discord.gateway.dispatch('MESSAGE_CREATE', { ...message, ...(how[who] as Fields) });
      await calm(discord, ben);
      expect(sent(discord)).toBe(before + 1);
      discord.gateway.dispatch('MESSAGE_CREATE', message);
      await untilSees(ana, 'sign in at');
    },
  );

  it('other spellings of a number in the config are mistakes', async () => {
    const discord = await threats.platform();
    const ids = ['discord:1e3', 'discord:-7', 'discord:7.0', 'discord: 7', 'discord:@boss', 'discord:７'];
    for (const id of [...ids, 'discord:T1/U2'])
      await expect(threats.gateway(discord, { access: { users: [id] } })).rejects.toThrow(/access\.users/);
  });

  it('the same number on another platform is another person', async () => {
    const discord = await threats.platform();
    const ana = discord.person('Ana');
    const general = discord.guild('Acme', [ana]).channel('general');
    const gateway = await threats.gateway(discord, {
      access: { users: [idOf(ana), `web:${ana.id}`] },
      platforms: { ...discordWords(discord), web: { people: [ana.id] } },
    });
    await signIn(linkIn(await askedFor(ana, 'auth files', general)));
    await untilSees(ana, 'files connected', general);
    const visitor = await gateway.visitor(ana.id);
    expect((await visitor.say('/mcp')).text).toContain('sign-in needed');
    expect((await visitor.say('/mcp logout files yes')).text).toContain('not signed in');
    await answerTo(ana, 'test files', general);
    await untilSees(ana, /files.*tool/, general);
    const keys = await (await gateway.store()).records('credentials').keys();
    expect(keys).toEqual([`discord%3A${ana.id}/files`]);
  });

  it('two people of one server have a credential each, and neither acts with the other’s', async () => {
    const discord = await threats.platform();
    const [ana, ben] = [discord.person('Ana'), discord.person('Ben')];
    const general = discord.guild('Acme', [ana, ben]).channel('general');
    const gateway = await threats.gateway(discord, onlyFor(ana, ben));
    for (const [person, login] of [
      [ana, 'ana'],
      [ben, 'ben'],
    ] as const) {
      await signIn(linkIn(await askedFor(person, 'auth files', general)), { login });
      await untilSees(person, 'files connected', general);
    }
    const before = threats.scene.files.callers.length;
    await answerTo(ben, 'test files', general);
    await untilSees(ben, /files.*1 tool/, general);
    await expect.poll(() => threats.scene.files.callers.length).toBeGreaterThan(before);
    expect(new Set(threats.scene.files.callers.slice(before))).toEqual(new Set(['ben']));
    expect(await (await gateway.store()).records('credentials').keys()).toHaveLength(2);
  });

  it('the connect page tells two people of one name apart: by the username, or by the id', async () => {
    const discord = await threats.platform();
    const named = discord.person('Vic Fischer', { username: 'vic' });
    const twin = discord.person('Vic Fischer', { username: 'vic.f' });
    const posing = ['@vic', '＠vic', '\u200b@vic', '𝗩𝗶𝗰', 'V'.repeat(32), 'Vic'];
    const liars = posing.map((name, at) => discord.person(name, { username: `other_${at}` }));
    discord.guild('Acme', [named, twin, ...liars]);
    const gateway = await threats.gateway(discord);
    const pageOf = async (person: DiscordPerson) =>
      shown((await openPage(linkIn(await askedFor(person, 'auth files')))).html);
    expect(await pageOf(named)).toContain('Discord · @vic asked for this.');
    expect(await pageOf(twin)).toContain('Discord · @vic.f asked for this.');
    for (const [at, liar] of liars.entries())
      expect(await pageOf(liar)).toContain(`Discord · @other_${at} asked for this.`);
    expect(gateway.log.join('')).not.toMatch(/"level":(50|60)/);
  });
});
