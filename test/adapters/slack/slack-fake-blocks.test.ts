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

const post = (...blocks: readonly object[]) =>
  callApi(slack, acme.botToken, 'chat.postMessage', { channel: ana.id, text: 'fallback', blocks });

const plain = (text: string) => ({ type: 'plain_text', text });
const section = (text: object) => ({ type: 'section', text });
const button = (more: object = {}) => ({ type: 'button', text: plain('Go'), action_id: 'go', ...more });
const actions = (...elements: readonly object[]) => ({ type: 'actions', elements });
const times = <T>(count: number, make: (at: number) => T) =>
  Array.from({ length: count }, (_, at) => make(at));
const row = (...cells: readonly object[]) => cells;
const raw = (text: string) => ({ type: 'raw_text', text });

/** Just within a limit, and one beyond it. */
const LIMITS: readonly (readonly [name: string, within: readonly object[], beyond: readonly object[]])[] = [
  ['50 blocks', times(50, () => ({ type: 'divider' })), times(51, () => ({ type: 'divider' }))],
  ['3000 characters a section', [section(plain('x'.repeat(3000)))], [section(plain('x'.repeat(3001)))]],
  ['no empty section', [section(plain('x'))], [section(plain(''))]],
  [
    '10 fields of 2000 characters',
    [{ type: 'section', fields: times(10, () => plain('x'.repeat(2000))) }],
    [{ type: 'section', fields: times(11, () => plain('x')) }],
  ],
  ['2000 characters a field', [], [{ type: 'section', fields: [plain('x'.repeat(2001))] }]],
  [
    '150 characters a header',
    [{ type: 'header', text: plain('x'.repeat(150)) }],
    [{ type: 'header', text: plain('x'.repeat(151)) }],
  ],
  [
    'plain headers',
    [{ type: 'header', text: plain('x') }],
    [{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }],
  ],
  [
    '25 elements in actions',
    [actions(...times(25, (at) => button({ action_id: `a${at}` })))],
    [actions(...times(26, (at) => button({ action_id: `a${at}` })))],
  ],
  ['something in actions', [actions(button())], [actions()]],
  ['action ids unique in a block', [actions(button()), actions(button())], [actions(button(), button())]],
  [
    '255 characters an action id',
    [actions(button({ action_id: 'x'.repeat(255) }))],
    [actions(button({ action_id: 'x'.repeat(256) }))],
  ],
  [
    '75 characters a label',
    [actions(button({ text: plain('x'.repeat(75)) }))],
    [actions(button({ text: plain('x'.repeat(76)) }))],
  ],
  ['plain labels', [actions(button())], [actions(button({ text: { type: 'mrkdwn', text: 'x' } }))]],
  [
    '2000 characters a value',
    [actions(button({ value: 'x'.repeat(2000) }))],
    [actions(button({ value: 'x'.repeat(2001) }))],
  ],
  [
    '3000 characters an address',
    [actions(button({ url: `https://a.example/${'x'.repeat(2982)}` }))],
    [actions(button({ url: `https://a.example/${'x'.repeat(2983)}` }))],
  ],
  [
    'addresses that are some',
    [actions(button({ url: 'http://127.0.0.1:1/' }))],
    [actions(button({ url: 'javascript:alert(1)' }))],
  ],
  ['two styles', [actions(button({ style: 'danger' }))], [actions(button({ style: 'loud' }))]],
  ['known properties', [actions(button({ value: 'x' }))], [actions(button({ colour: 'red' }))]],
  [
    '10 elements in a context',
    [{ type: 'context', elements: times(10, () => plain('x')) }],
    [{ type: 'context', elements: times(11, () => plain('x')) }],
  ],
  [
    'block ids unique',
    [
      { type: 'divider', block_id: 'a' },
      { type: 'divider', block_id: 'b' },
    ],
    [
      { type: 'divider', block_id: 'a' },
      { type: 'divider', block_id: 'a' },
    ],
  ],
  [
    '255 characters a block id',
    [{ type: 'divider', block_id: 'x'.repeat(255) }],
    [{ type: 'divider', block_id: 'x'.repeat(256) }],
  ],
  ['blocks that there are', [{ type: 'divider' }], [{ type: 'carpet' }]],
  [
    'no emoji property in mrkdwn',
    [section({ type: 'mrkdwn', text: 'x', verbatim: true })],
    [section({ type: 'mrkdwn', text: 'x', emoji: true })],
  ],
  [
    'no empty piece of rich text',
    [
      {
        type: 'rich_text',
        elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: 'x' }] }],
      },
    ],
    [
      {
        type: 'rich_text',
        elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: '' }] }],
      },
    ],
  ],
  [
    '100 rows a table',
    [{ type: 'table', rows: times(100, () => row(raw('x'))) }],
    [{ type: 'table', rows: times(101, () => row(raw('x'))) }],
  ],
  [
    '20 cells a row',
    [{ type: 'table', rows: [times(20, () => raw('x'))] }],
    [{ type: 'table', rows: [times(21, () => raw('x'))] }],
  ],
  [
    'no empty cell',
    [{ type: 'table', rows: [row(raw('x'), raw('y'))] }],
    [{ type: 'table', rows: [row(raw('x'), raw(''))] }],
  ],
  [
    'one table a message',
    [{ type: 'table', rows: [row(raw('x'))] }],
    times(2, () => ({ type: 'table', rows: [row(raw('x'))] })),
  ],
];

describe('blocks of a message', () => {
  it.each(LIMITS)('keep the limit: %s', async (_, within, beyond) => {
    expect(await post(...within)).toMatchObject({ ok: true });
    expect(await post(...beyond)).toMatchObject({ ok: false, error: 'invalid_blocks' });
  });

  it('are refused with the place, without the text', async () => {
    const secret = `secret${'x'.repeat(3000)}`;
    const { errors } = await post({ type: 'divider' }, section(plain(secret)));
    expect(errors).toEqual(['[ERROR] must be less than 3001 characters [json-pointer:/blocks/1/text/text]']);
  });

  it('get the ids that they lack', async () => {
    await post(actions({ type: 'button', text: plain('Go') }), section(plain('x')));
    const [message] = ana.messages();
    expect(message?.buttons[0]).toMatchObject({
      label: 'Go',
      actionId: expect.stringMatching(/./),
      blockId: expect.stringMatching(/./),
    });
  });
});
