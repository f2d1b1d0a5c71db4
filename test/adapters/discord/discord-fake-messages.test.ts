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
