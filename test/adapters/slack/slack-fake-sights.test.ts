import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callApi } from '../../helpers/slack/api-call.js';
import { type Slack, type SlackPerson, type SlackWorkspace, startSlack } from '../../helpers/slack/slack.js';

let slack: Slack;
let acme: SlackWorkspace;
let ana: SlackPerson;
beforeEach(async () => {
  slack = await startSlack();
  acme = slack.workspace('Acme');
  ana = acme.person('Ana');
});
afterEach(() => slack.close());

async function shown(args: object) {
  await callApi(slack, acme.botToken, 'chat.postMessage', { channel: ana.id, ...args });
  const message = ana.messages().at(-1);
  if (message === undefined) throw new Error('nothing shown');
  return message;
}

const inSection = (text: string, more: object = {}) =>
  shown({ text: 'fallback', blocks: [{ type: 'section', text: { type: 'mrkdwn', text, ...more } }] });

describe('mrkdwn', () => {
  it('is interpreted: bold, italics, strike, code, quotes', async () => {
    const message = await inSection('*bold* _it_ ~no~ `code`\n> quoted\nsnake_case_name 2*3*4');
    expect(message.text).toBe('bold it no code\nquoted\nsnake_case_name 2*3*4');
    expect(message.styled).toEqual(expect.arrayContaining(['bold', 'it', 'no', 'code', 'quoted']));
    expect(message.styled).toHaveLength(5);
  });

  it('makes mentions, of people, of channels and of everybody', async () => {
    const channel = acme.channel('general', [ana]);
    const message = await inSection(`<@${ana.id}> <#${channel.id}> <!channel> <!subteam^S1|@ops>`);
    expect(message.text).toBe('@ana #general @channel @ops');
    expect(message.mentions).toEqual([ana.id, '@channel', 'S1']);
  });

  it('makes links, of addresses that stand bare too', async () => {
    const message = await inSection(
      '<https://good.example|https://bank.example> http://bare.example, evil.example.',
    );
    expect(message.text).toBe('https://bank.example http://bare.example, evil.example.');
    expect(message.links).toEqual(['https://good.example', 'http://bare.example', 'http://evil.example']);
    expect(ana.sees()).toContain('(https://good.example)');
  });

  it('takes for a reference whatever stands in angle brackets', async () => {
    const message = await inSection('<b>x</b>');
    expect(message.text).toBe('bx/b');
  });

  it('leaves bare words alone where it is verbatim, and not where it is not', async () => {
    const text = '@everyone look at http://evil.example';
    expect(await inSection(text)).toMatchObject({ mentions: ['@everyone'], links: ['http://evil.example'] });
    expect(await inSection(text, { verbatim: true })).toMatchObject({ text, mentions: [], links: [] });
  });

  it('decodes its three entities, once', async () => {
    expect((await inSection('&lt;!channel&gt; &amp;lt;')).text).toBe('<!channel> &lt;');
    expect((await inSection('&lt;!channel&gt;', { verbatim: true })).mentions).toEqual([]);
  });

  it('turns emoji names that there are into emoji', async () => {
    expect((await inSection(':tada: :nosuchthing:')).text).toBe('🎉 :nosuchthing:');
  });
});

describe('texts without markup', () => {
  const hostile = '*a* <!channel> <https://evil.example|x> &lt; http://evil.example @everyone';

  it('plain text is shown as it is', async () => {
    const message = await shown({
      text: 'x',
      blocks: [{ type: 'section', text: { type: 'plain_text', text: hostile } }],
    });
    expect(message).toMatchObject({ text: hostile, mentions: [], links: [], styled: [] });
  });

  it('so are the texts of rich text and the cells of a table', async () => {
    const text = { type: 'text', text: hostile };
    const rich = { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [text] }] };
    const table = { type: 'table', rows: [[{ type: 'raw_text', text: hostile }, rich]] };
    expect(await shown({ text: 'x', blocks: [rich] })).toMatchObject({
      text: hostile,
      mentions: [],
      links: [],
    });
    const shownTable = await shown({ text: 'x', blocks: [table] });
    expect(shownTable).toMatchObject({ text: `${hostile} | ${hostile}`, mentions: [], links: [] });
  });

  it('rich text says by its structure what is a mention, a link, bold', async () => {
    const elements = [
      { type: 'user', user_id: ana.id },
      { type: 'broadcast', range: 'here' },
      { type: 'link', url: 'https://a.example', text: 'a' },
      { type: 'text', text: 'b', style: { bold: true } },
    ];
    const blocks = [{ type: 'rich_text', elements: [{ type: 'rich_text_section', elements }] }];
    expect(await shown({ text: 'x', blocks })).toMatchObject({
      text: '@ana@hereab',
      mentions: [ana.id, '@here'],
      links: ['https://a.example'],
      styled: ['b'],
    });
  });

  it('a markdown block is markup', async () => {
    const message = await shown({
      text: 'x',
      blocks: [{ type: 'markdown', text: '**b** [a](https://a.example)' }],
    });
    expect(message).toMatchObject({ text: 'b a', links: ['https://a.example'], styled: ['b'] });
  });
});

describe('a message', () => {
  it('notifies by its fallback text too, which nobody sees beside blocks', async () => {
    const message = await shown({
      text: '<!channel>',
      blocks: [{ type: 'section', text: { type: 'plain_text', text: 'x' } }],
    });
    expect(message).toMatchObject({ text: 'x', mentions: ['@channel'] });
  });

  it('has its links fetched unless it says no to both kinds', async () => {
    const text = 'see https://a.example/secret';
    expect((await shown({ text })).unfurled).toEqual(['https://a.example/secret']);
    expect((await shown({ text, unfurl_links: false })).unfurled).toEqual(['https://a.example/secret']);
    expect((await shown({ text, unfurl_links: false, unfurl_media: false })).unfurled).toEqual([]);
  });

  it('calls channels by name only where it asks for that', async () => {
    expect((await shown({ text: '@channel' })).mentions).toEqual([]);
    expect((await shown({ text: '@channel', link_names: true })).mentions).toEqual(['@channel']);
    expect((await shown({ text: '*x*', mrkdwn: false })).text).toBe('*x*');
  });
});
