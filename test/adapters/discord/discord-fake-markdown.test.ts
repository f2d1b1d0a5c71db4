import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Discord,
  type DiscordPerson,
  type Fields,
  startDiscord,
} from '../../helpers/discord/discord.js';
import { callRest } from '../../helpers/discord/rest-call.js';
import { link, press, row, text, V2 } from '../../helpers/discord/sample-components.js';

let discord: Discord;
let ana: DiscordPerson;
beforeEach(async () => {
  discord = await startDiscord();
  ana = discord.person('Ana');
});
afterEach(() => discord.close());

const call = (route: string, body?: unknown) => callRest(discord, route, body);

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
