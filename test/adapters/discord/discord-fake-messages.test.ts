import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Discord,
  type DiscordPerson,
  type Fields,
  startDiscord,
} from '../../helpers/discord/discord.js';
import { callRest } from '../../helpers/discord/rest-call.js';

let discord: Discord;
let ana: DiscordPerson;
beforeEach(async () => {
  discord = await startDiscord();
  ana = discord.person('Ana');
});
afterEach(() => discord.close());

const call = (route: string, body?: unknown) => callRest(discord, route, body);
const V2 = 32768;
const row = (...components: readonly Fields[]): Fields => ({ type: 1, components });
const press = (more: Fields = {}): Fields => ({ type: 2, style: 1, label: 'Go', custom_id: 'go', ...more });
const link = (more: Fields = {}): Fields => ({
  type: 2,
  style: 5,
  label: 'Open',
  url: 'https://acme.example',
  ...more,
});
const text = (content: string): Fields => ({ type: 10, content });
const long = (length: number): string => 'x'.repeat(length);

/** Says it in a channel of a guild in which Ana is. */
async function post(body: Fields) {
  const general = discord.guild('Acme', [ana]).channel('general');
  return { general, ...(await call(`POST /channels/${general.id}/messages`, body)) };
}

describe('a message', () => {
  it.each<[string, Fields]>([
    ['content of 2000', { content: long(2000) }],
    ['ten embeds', { embeds: Array.from({ length: 10 }, () => ({ title: 'a' })) }],
    [
      '25 fields at their limits',
      {
        embeds: [{ fields: Array.from({ length: 25 }, () => ({ name: 'n', value: 'v' })) }],
      },
    ],
    [
      '5 rows of 5 buttons',
      {
        components: Array.from({ length: 5 }, (_, y) =>
          row(...Array.from({ length: 5 }, (_, x) => press({ custom_id: `${x}/${y}` }))),
        ),
      },
    ],
    ['a link of 512', { components: [row(link({ url: `https://acme.example/${long(491)}` }))] }],
    ['a link to an address', { components: [row(link({ url: 'http://127.0.0.1:8787/connect/x' }))] }],
    ['a discord link', { components: [row(link({ url: 'discord://-/settings' }))] }],
    [
      'components v2',
      { flags: V2, components: [text('hi'), { type: 17, components: [text('in'), row(press())] }] },
    ],
    ['a section', { flags: V2, components: [{ type: 9, components: [text('linear')], accessory: link() }] }],
  ])('may have %s', async (_, body) => {
    expect(await post(body)).toMatchObject({ status: 200 });
  });

  it.each<[string, Fields, string]>([
    ['content of 2001', { content: long(2001) }, 'content'],
    ['content that is no text', { content: 7 }, 'content'],
    ['eleven embeds', { embeds: Array.from({ length: 11 }, () => ({ title: 'a' })) }, 'embeds'],
    ['a title of 257', { embeds: [{ title: long(257) }] }, 'embeds.0.title'],
    ['a description of 4097', { embeds: [{ description: long(4097) }] }, 'embeds.0.description'],
    [
      '26 fields',
      { embeds: [{ fields: Array.from({ length: 26 }, () => ({ name: 'n', value: 'v' })) }] },
      'embeds.0.fields',
    ],
    [
      'a field name of 257',
      { embeds: [{ fields: [{ name: long(257), value: 'v' }] }] },
      'embeds.0.fields.0.name',
    ],
    [
      'a field without a value',
      { embeds: [{ fields: [{ name: 'n', value: '' }] }] },
      'embeds.0.fields.0.value',
    ],
    [
      'a field value of 1025',
      { embeds: [{ fields: [{ name: 'n', value: long(1025) }] }] },
      'embeds.0.fields.0.value',
    ],
    ['a footer of 2049', { embeds: [{ footer: { text: long(2049) } }] }, 'embeds.0.footer.text'],
    [
      '6001 characters in embeds',
      { embeds: [{ description: long(4000) }, { description: long(2001) }] },
      'embeds',
    ],
    [
      'an embed with a javascript: url',
      { embeds: [{ title: 'a', url: 'javascript:alert(1)' }] },
      'embeds.0.url',
    ],
    [
      '6 rows',
      { components: Array.from({ length: 6 }, (_, at) => row(press({ custom_id: `${at}` }))) },
      'components',
    ],
    [
      '6 buttons in a row',
      {
        components: [row(...Array.from({ length: 6 }, (_, at) => press({ custom_id: `${at}` })))],
      },
      'components.0.components',
    ],
    ['an empty row', { content: 'a', components: [row()] }, 'components.0.components'],
    ['a button outside of rows', { content: 'a', components: [press()] }, 'components.0.type'],
    ['a label of 81', { components: [row(press({ label: long(81) }))] }, 'components.0.components.0.label'],
    ['a button without a label', { components: [row(press({ label: '' }))] }, 'components.0.components.0'],
    [
      'a custom id of 101',
      { components: [row(press({ custom_id: long(101) }))] },
      'components.0.components.0.custom_id',
    ],
    [
      'no custom id',
      { components: [row(press({ custom_id: undefined }))] },
      'components.0.components.0.custom_id',
    ],
    [
      'a custom id twice',
      { components: [row(press()), row(press())] },
      'components.1.components.0.custom_id',
    ],
    [
      'a link of 513',
      {
        components: [row(link({ url: `https://acme.example/${long(492)}` }))],
      },
      'components.0.components.0.url',
    ],
    [
      'a javascript: link',
      { components: [row(link({ url: 'javascript:alert(1)' }))] },
      'components.0.components.0.url',
    ],
    [
      'a link to localhost',
      { components: [row(link({ url: 'http://localhost:1/a' }))] },
      'components.0.components.0.url',
    ],
    ['a link with a custom id', { components: [row(link({ custom_id: 'x' }))] }, 'components.0.components.0'],
    [
      'a press with a url',
      { components: [row(press({ url: 'https://acme.example' }))] },
      'components.0.components.0',
    ],
    ['text displays without the flag', { components: [text('hi')] }, 'components.0.type'],
    ['content in components v2', { flags: V2, content: 'a', components: [text('hi')] }, 'content'],
    ['embeds in components v2', { flags: V2, embeds: [{ title: 'a' }], components: [text('hi')] }, 'embeds'],
    ['41 components', { flags: V2, components: Array.from({ length: 41 }, () => text('a')) }, 'components'],
    ['4001 characters of text', { flags: V2, components: [text(long(4000)), text('x')] }, 'components'],
    [
      'a section without accessory',
      { flags: V2, components: [{ type: 9, components: [text('a')] }] },
      'components.0.accessory',
    ],
    [
      'a container in a container',
      {
        flags: V2,
        components: [{ type: 17, components: [{ type: 17, components: [text('a')] }] }],
      },
      'components.0.components.0.type',
    ],
    [
      'users both parsed and named',
      {
        content: 'a',
        allowed_mentions: { parse: ['users'], users: ['1'] },
      },
      'allowed_mentions.parse',
    ],
  ])('may not have %s', async (_, body, path) => {
    const { status, json, general } = await post(body);
    expect({ status, json }).toMatchObject({
      status: 400,
      json: { code: 50035, message: 'Invalid Form Body' },
    });
    expect(Object.keys(complaints((json as Fields).errors))).toContain(path);
    expect(ana.messages(general)).toEqual([]);
  });

  it('is not empty', async () => {
    for (const body of [{}, { content: '  ' }, { content: null, embeds: [] }])
      expect(await post(body)).toMatchObject({ status: 400, code: 50006 });
  });
});

/** `{ 'embeds.0.title': [ … ] }` of the nested form. */
function complaints(errors: unknown, path = ''): Fields {
  if (typeof errors !== 'object' || errors === null) return {};
  return Object.assign(
    {},
    ...Object.entries(errors).map(([key, value]) =>
      key === '_errors' ? { [path]: value } : complaints(value, path === '' ? key : `${path}.${key}`),
    ),
  );
}

describe('where the bot may write', () => {
  it('says what is missing', async () => {
    const guild = discord.guild('Acme', [ana]);
    const general = guild.channel('general');
    const say = (body: Fields = { content: 'hi' }) => call(`POST /channels/${general.id}/messages`, body);
    general.deny('SendMessages');
    expect(await say()).toMatchObject({ status: 403, code: 50013 });
    general.deny('ViewChannel');
    expect(await say()).toMatchObject({ status: 403, code: 50001 });
    general.deny('EmbedLinks');
    expect(await say({ embeds: [{ title: 'a' }] })).toMatchObject({ status: 403, code: 50013 });
    expect(await say()).toMatchObject({ status: 200 });
    general.delete();
    expect(await say()).toMatchObject({ status: 404, code: 10003 });
  });

  it('opens a thread that was archived, but for a locked one', async () => {
    const thread = discord.guild('Acme', [ana]).channel('general').thread('help');
    const say = () => call(`POST /channels/${thread.id}/messages`, { content: 'hi' });
    thread.archive();
    expect(await say()).toMatchObject({ status: 200 });
    thread.archive({ locked: true });
    expect(await say()).toMatchObject({ status: 400, code: 50083 });
    expect(await call(`GET /channels/${thread.id}`)).toMatchObject({
      json: { thread_metadata: { archived: true, locked: true } },
    });
  });

  it('are DMs of people who let it, and share a guild with it', async () => {
    const dm = () => `/channels/${discord.dm(ana).id}/messages`;
    expect(await call(`POST ${dm()}`, { content: 'hi' })).toMatchObject({ status: 403, code: 50278 });
    discord.guild('Acme', [ana]);
    expect(await call('POST /users/@me/channels', { recipient_id: ana.id })).toMatchObject({
      json: { id: discord.dm(ana).id, type: 1, recipients: [{ id: ana.id }] },
    });
    expect(await call(`POST ${dm()}`, { content: 'hi' })).toMatchObject({ status: 200 });
    ana.closeDms();
    expect(await call(`POST ${dm()}`, { content: 'hi' })).toMatchObject({ status: 403, code: 50007 });
    ana.openDms();
    expect(await call(`POST ${dm()}`, { content: 'hi' })).toMatchObject({ status: 200 });
    ana.deleteAccount();
    expect(await call(`POST ${dm()}`, { content: 'hi' })).toMatchObject({ status: 403, code: 50007 });
    expect(await call('POST /users/@me/channels', { recipient_id: ana.id })).toMatchObject({ code: 50033 });
    const other = discord.person('OtherBot', { bot: true });
    expect(await call('POST /users/@me/channels', { recipient_id: other.id })).toMatchObject({ code: 50007 });
  });

  it('private channels are closed to it', async () => {
    const both = discord.privateChannel([ana, discord.person('Ben')]);
    expect(await call(`GET /channels/${both.id}`)).toMatchObject({ status: 403, code: 50001 });
  });
});

describe('messages that are there', () => {
  it('are edited and deleted by their author, and deleted with ManageMessages', async () => {
    const general = discord.guild('Acme', [ana]).channel('general');
    const messages = `/channels/${general.id}/messages`;
    const own = (await call(`POST ${messages}`, { content: 'one', embeds: [{ title: 't' }] })).json as Fields;
    expect(await call(`PATCH ${messages}/${own.id}`, { content: null })).toMatchObject({
      json: { content: '', embeds: [{ title: 't' }], edited_timestamp: expect.any(String) },
    });
    expect(await call(`PATCH ${messages}/${own.id}`, { embeds: [] })).toMatchObject({ code: 50006 });
    const hers = await ana.says('my key is k-1', general);
    expect(await call(`PATCH ${messages}/${hers.id}`, { content: 'x' })).toMatchObject({
      status: 403,
      code: 50005,
    });
    expect(await call(`DELETE ${messages}/${hers.id}`)).toMatchObject({ status: 403, code: 50013 });
    general.grant('ManageMessages');
    expect(await call(`DELETE ${messages}/${hers.id}`)).toMatchObject({ status: 204 });
    expect(await call(`DELETE ${messages}/${hers.id}`)).toMatchObject({ status: 404, code: 10008 });
    const inDm = await ana.says('my key is k-2');
    expect(await call(`DELETE /channels/${discord.dm(ana).id}/messages/${inDm.id}`)).toMatchObject({
      code: 50003,
    });
    expect(await call(`DELETE ${messages}/${own.id}`)).toMatchObject({ status: 204 });
    expect(ana.sees(general)).toBe('');
  });

  it('are read without what others wrote, unless the bot is meant', async () => {
    const general = discord.guild('Acme', [ana]).channel('general');
    await ana.says('secret', general);
    await ana.says('@bot hi', general);
    expect(await call(`GET /channels/${general.id}/messages?limit=2`)).toMatchObject({
      json: [{ content: `<@${discord.bot.id}> hi` }, { content: '' }],
    });
  });

  it('are replied to while they are there', async () => {
    const general = discord.guild('Acme', [ana]).channel('general');
    const hers = await ana.says('@bot hi', general);
    const reply = (more: Fields = {}) =>
      call(`POST /channels/${general.id}/messages`, {
        content: 'hello',
        message_reference: { message_id: hers.id, ...more },
      });
    expect(await reply()).toMatchObject({ json: { type: 19, referenced_message: { id: hers.id } } });
    expect(ana.pinged).toMatchObject([{ text: 'hello', replyTo: hers.id }]);
    await ana.deletes(hers);
    expect(await reply()).toMatchObject({ code: 50035 });
    expect(await reply({ fail_if_not_exists: false })).toMatchObject({ status: 200 });
  });
});

describe('pings and previews', () => {
  it('happen to whom a message names, unless allowed_mentions says otherwise', async () => {
    const ben = discord.person('Ben');
    const general = discord.guild('Acme', [ana, ben]).channel('general');
    const pingsOf = async (allowed?: Fields) => {
      const content = `@everyone <@${ana.id}> <@${ben.id}> \`<@1>\``;
      await call(`POST /channels/${general.id}/messages`, {
        content,
        ...(allowed && { allowed_mentions: allowed }),
      });
      return ana.messages(general).at(-1)?.pings;
    };
    expect(await pingsOf()).toEqual([ana.id, ben.id, 'everyone']);
    expect(await pingsOf({ parse: [] })).toEqual([]);
    expect(await pingsOf({ parse: [], users: [ben.id] })).toEqual([ben.id]);
    expect(await pingsOf({ parse: ['everyone'] })).toEqual(['everyone']);
    expect([ana.pinged.length, ben.pinged.length]).toEqual([2, 3]);
  });

  it('of an escaped @everyone happen all the same, in text displays too, never in embeds', async () => {
    const general = discord.guild('Acme', [ana]).channel('general');
    const said = async (body: Fields) => {
      await call(`POST /channels/${general.id}/messages`, body);
      return ana.messages(general).at(-1);
    };
    expect(await said({ content: '\\@everyone' })).toMatchObject({ pings: ['everyone'], text: '@everyone' });
    expect(await said({ flags: V2, components: [text('@here')] })).toMatchObject({ pings: ['here'] });
    expect(await said({ embeds: [{ description: `<@${ana.id}> @everyone` }] })).toMatchObject({ pings: [] });
  });

  it('fetch what the content links to, but for <…>, code and SUPPRESS_EMBEDS', async () => {
    const general = discord.guild('Acme', [ana]).channel('general');
    const content = 'https://a.example/1 <https://b.example> `https://c.example` [d](https://d.example/2)';
    await call(`POST /channels/${general.id}/messages`, { content });
    expect(discord.previews).toEqual(['https://a.example/1', 'https://d.example/2']);
    await call(`POST /channels/${general.id}/messages`, { content, flags: 4 });
    await call(`POST /channels/${general.id}/messages`, { components: [row(link())] });
    await call(`POST /channels/${general.id}/messages`, { embeds: [{ description: 'https://e.example' }] });
    expect(discord.previews).toHaveLength(2);
  });
});

describe('markdown', () => {
  const shown = async (content: string) => {
    const general = discord.guild('Acme', [ana]).channel('general');
    await call(`POST /channels/${general.id}/messages`, { content });
    const { text, markup } = ana.messages(general).at(-1) ?? { text: '', markup: [] };
    return { text, markup: markup.map(({ kind }) => kind) };
  };

  it.each<[string, string, readonly string[]]>([
    [
      '**b** *i* _i_ __u__ ~~s~~ ||x||',
      'b i i u s x',
      ['bold', 'italic', 'italic', 'underline', 'strike', 'spoiler'],
    ],
    ['snake_case_name 2*3*4', 'snake_case_name 234', ['italic']],
    ['\\*a\\* \\_b\\_ \\`c\\` \\[x](y) \\# d', '*a* _b_ `c` [x](y) # d', []],
    ['\\# no heading', '# no heading', []],
    ['# big\n-# small\n> said\n- one', 'big\nsmall\nsaid\none', ['heading', 'subtext', 'quote', 'list']],
    ['#no heading', '#no heading', []],
    ['[bank](https://evil.example)', 'bank (https://evil.example)', ['masked-link']],
    ['\\[bank](https://evil.example)', '[bank](https://evil.example)', ['link']],
    ['\\[bank\\](https\\://evil.example)', '[bank](https://evil.example)', []],
    ['see https://a.example/x, ok', 'see https://a.example/x, ok', ['link']],
    ['<https://a.example>', 'https://a.example', ['link']],
    ['`**a** <@1>`', '**a** <@1>', ['code']],
    ['```js\n# a\n```', '# a', ['code-block']],
    [
      '<@1> <#2> <@&3> <:x:4> </mcp:5>',
      '@unknown-user #unknown @unknown-role :x: /mcp',
      ['mention', 'mention', 'mention', 'emoji', 'mention'],
    ],
    ['\\<@1>', '<@1>', []],
    ['<t:0:R>', '1970-01-01T00:00:00.000Z', ['time']],
    ['@everyone', '@everyone', ['mention']],
    ['@\u200beveryone', '@\u200beveryone', []],
    ['**a\nb**', 'a\nb', ['bold']],
    ['> # quoted heading', 'quoted heading', ['quote', 'heading']],
    ['*a', '*a', []],
  ])('%j is shown as %j', async (content, text, markup) => {
    expect(await shown(content)).toEqual({ text, markup });
  });

  it('is read in descriptions and field values; in titles without links; not in footers and labels', async () => {
    const general = discord.guild('Acme', [ana]).channel('general');
    const link = '[a](https://a.example)';
    await call(`POST /channels/${general.id}/messages`, {
      embeds: [
        {
          title: `**t** ${link}`,
          description: link,
          fields: [{ name: `*n* ${link}`, value: link }],
          footer: { text: `**f** ${link}` },
        },
      ],
      components: [row(press({ label: '**Go**' }))],
    });
    expect(ana.sees(general)).toBe(
      [
        `Acme MCP: t ${link}`,
        'a (https://a.example)',
        `n ${link}`,
        'a (https://a.example)',
        `**f** ${link}`,
        '[**Go**]',
      ].join('\n'),
    );
  });
});
