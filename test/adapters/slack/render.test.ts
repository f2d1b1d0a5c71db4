import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RenderedMessage, renderReply } from '../../../src/adapters/slack/outgoing/render.js';
import type { Action, Line, Reply } from '../../../src/gateway/types.js';
import { reply } from '../../contracts/chat-adapter.js';
import { checkBlocks } from '../../helpers/slack/blocks.js';
import { Findings } from '../../helpers/slack/findings.js';
import { NOTHING, renderMrkdwn } from '../../helpers/slack/mrkdwn.js';
import { onDesktop } from './on-desktop.js';

const MARK = { id: 'abcdefghijklmnop', owner: 'T024BE7LD/U024BE7LH' };
const render = (said: Reply): RenderedMessage => renderReply(said, MARK);

function findings({ blocks, text }: RenderedMessage): readonly string[] {
  const found = new Findings();
  checkBlocks(blocks, 'message', found);
  return [...found.messages, ...(text === '' ? ['no text'] : [])];
}

/** All texts of a message as a client shows them, the careless way, each with what Slack saw in it. */
function shown({ blocks }: RenderedMessage) {
  const texts = blocks.flatMap((block) => {
    if (block.type === 'actions') return [];
    return block.type === 'context' ? [...block.elements] : [block.text];
  });
  return texts.map(({ type, text }) =>
    type === 'plain_text'
      ? { ...NOTHING, text }
      : renderMrkdwn(text, { nameOf: () => undefined, autoLinks: false, linkNames: false }),
  );
}

const row = (cells: readonly string[], more: Partial<Line> = {}): Line => ({ cells, ...more });
const press = (label: string): Action => ({ kind: 'command', label, words: ['status'] });

describe('a reply in Slack', () => {
  it('shows what does not fit as a number', () => {
    const lines = Array.from({ length: 60 }, (_, at) =>
      row([`server-${at}`, 'sign-in needed'], { mark: 'attention', action: press('Sign in') }),
    );
    const message = render(reply('Many', { lines, actions: [press('Refresh')] }));
    expect(message.blocks).toHaveLength(50);
    expect(onDesktop(message)).toContain('… 13 more');
    expect(findings(message)).toEqual([]);
  });

  it('shows long lists without buttons whole', () => {
    const lines = Array.from({ length: 400 }, (_, at) => row([`server-${at}`, 'x'.repeat(60)]));
    const message = render(reply('Many', { lines }));
    expect(onDesktop(message)).toContain('server-399');
    expect(findings(message)).toEqual([]);
  });

  it.each([
    '<!channel> <!here> <@U024BE7LH> <#C024BE91L>',
    '*bold* _italic_ ~gone~ `code` ```block```',
    '*all* of them',
    ':rotating_light: :x:',
    '> quoted',
    'https://evil.example/?a=b <https://evil.example|linear>',
    '@channel @everyone',
    '&lt;b&gt; &amp;',
    '`*bold*` ` *x* `',
    '* not a list *',
    '_a_b_',
  ])('shows text of others as text: %s', (hostile) => {
    const lines = [
      row([hostile, hostile, hostile], { mark: 'ok' }),
      row([hostile, hostile]),
      row([hostile]),
      row([`${hostile}: more`], { mark: 'failed', subject: hostile }),
    ];
    const message = render(reply(hostile, { aside: hostile, lines, actions: [press(hostile)] }));
    const all = shown(message);
    for (const text of all.flatMap(({ text }) => text.split('\n'))) expect(text).toContain(hostile);
    expect(all.flatMap(({ links }) => links)).toEqual([]);
    expect(all.flatMap(({ mentions }) => mentions)).toEqual([]);
    expect(
      renderMrkdwn(message.text, { nameOf: () => undefined, autoLinks: false, linkNames: false }).mentions,
    ).toEqual([]);
    expect(findings(message)).toEqual([]);
  });

  it('has no button for what must not be opened, nor one that Slack would refuse the message for', () => {
    const link = (url: string): Action => ({ kind: 'link', label: 'Open', url });
    const actions = [
      'javascript:alert(1)',
      'data:text/html,x',
      'file:///etc/passwd',
      'slack://open',
      `https://a.example/${'x'.repeat(3000)}`,
      'no url',
      '',
    ].map(link);
    expect(render(reply('Links', { actions })).blocks).toHaveLength(1);
    expect(render(reply('', { lines: [row(['x'], { action: link('javascript:1') })] })).blocks).toEqual([
      { type: 'section', text: { type: 'plain_text', text: 'x', emoji: false } },
    ]);
  });

  it('whatever it holds, is such as Slack takes, and shows the first of its data', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 400 }),
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom('<!channel>', '*a*', '_b_', '`', '&', '\n', '\u202e', '\ud800', ':x:', 'linear'),
    );
    const action: fc.Arbitrary<Action> = fc.oneof(
      fc.record({ kind: fc.constant('link' as const), label: text, url: fc.oneof(fc.webUrl(), text) }),
      fc.record({
        kind: fc.constant('command' as const),
        label: text,
        words: fc.array(text, { maxLength: 30 }),
      }),
    );
    const line: fc.Arbitrary<Line> = fc.record(
      {
        mark: fc.constantFrom('ok', 'attention', 'failed', 'neutral'),
        cells: fc.array(text, { maxLength: 5 }),
        subject: text,
        action,
      },
      { requiredKeys: ['cells'] },
    );
    const any = fc.record({
      title: text,
      aside: text,
      lines: fc.array(line, { maxLength: 70 }),
      actions: fc.array(action, { maxLength: 40 }),
    });
    fc.assert(
      fc.property(any, (said) => {
        const message = render(said);
        expect(findings(message)).toEqual([]);
        for (const { links, mentions } of shown(message)) expect([...links, ...mentions]).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
