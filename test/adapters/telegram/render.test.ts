import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readKept } from '../../../src/adapters/common/kept-actions.js';
import { decodeData } from '../../../src/adapters/telegram/outgoing/callback-data.js';
import { renderReply } from '../../../src/adapters/telegram/outgoing/render.js';
import type { Action, Line, Reply } from '../../../src/gateway/types.js';
import { parseHtml } from '../../helpers/telegram/html-text.js';
import { onPhone } from './phone.js';
import { linksIn } from './pressable.js';

function rendered(reply: Partial<Reply>) {
  return renderReply({ title: '', lines: [], actions: [], ...reply });
}

const picture = (reply: Partial<Reply>): string => onPhone(rendered(reply));
const command = (label: string, ...words: readonly string[]): Action => ({ kind: 'command', label, words });
const link = (url: string, label = 'Sign in'): Action => ({ kind: 'link', label, url });
const labels = (reply: Partial<Reply>) => rendered(reply).keyboard.map((row) => row.map(({ text }) => text));

const supabase: Line = {
  mark: 'attention',
  cells: ['supabase', '', 'sign-in needed'],
  action: command('Sign in', 'auth', 'supabase'),
};
const linear: Line = { mark: 'ok', cells: ['linear', '23 tools', 'connected'] };

describe('the text of a message', () => {
  it('has its title in bold, the aside beside it, and one line for each row', () => {
    expect(rendered({ title: 'MCP servers', aside: '1 of 2 ready', lines: [linear, supabase] }).text).toBe(
      '<b>MCP servers</b> · 1 of 2 ready\n\n✓ <b>linear</b> · 23 tools · connected\n● <b>supabase</b> · sign-in needed',
    );
  });

  it('gives a row without a mark a hollow one among rows that have theirs', () => {
    const files = { cells: ['files', 'checking…', 'no auth needed'] };
    expect(picture({ lines: [linear, files] })).toBe(
      '✓ *linear* · 23 tools · connected\n○ *files* · checking… · no auth needed',
    );
    expect(picture({ lines: [files] })).toBe('*files* · checking… · no auth needed');
  });

  it('sets facts, tools and usages apart from what is said of them', () => {
    const lines = [
      { mark: 'ok', cells: ['status', 'connected'] },
      { cells: ['transport', 'http'] },
      { cells: ['add_comment', ''] },
      { cells: ['/mcp logout <server>', 'Signs you out.'] },
    ] as const;
    expect(picture({ lines })).toBe(
      '*status*: ✓ connected\n*transport*: http\n*add_comment*\n`/mcp logout <server>` — Signs you out.',
    );
  });

  it('separates rows, marked sentences and explanations by an empty line', () => {
    const lines = [
      linear,
      { mark: 'failed', cells: ['figma: you declined.'], subject: 'figma' },
      { cells: ['One.'] },
      { cells: ['Two.'] },
    ] as const;
    expect(picture({ title: 'Sign in', lines })).toBe(
      '*Sign in*\n\n✓ *linear* · 23 tools · connected\n\n✗ *figma*: you declined.\n\nOne.\nTwo.',
    );
  });

  it.each([
    ['linear', 'linear: you declined the request.', '✗ *linear*: you declined the request.'],
    ['files', 'files needs no sign-in.', '✗ *files* needs no sign-in.'],
    ['linear', 'Sorry, linear said no.', '✗ Sorry, linear said no.'],
    ['', 'That looks like a key.', '✗ That looks like a key.'],
    [undefined, 'linear: you declined the request.', '✗ linear: you declined the request.'],
  ])('names in bold what a sentence is about and begins with: %s, %s', (subject, sentence, shown) => {
    const about = subject === undefined ? {} : { subject };
    expect(picture({ lines: [{ mark: 'failed', cells: [sentence], ...about }] })).toBe(shown);
  });

  it('is never empty', () => {
    for (const lines of [
      [],
      [{ cells: [] }],
      [{ cells: [''] }],
      [{ cells: ['', ''] }],
      [{ cells: ['\u200b\u200d '] }],
    ]) {
      expect(rendered({ lines }).text).toBe('–');
    }
  });
});

describe('text of others', () => {
  const hostile = [
    '@everyone',
    '@AcmeMcpBot',
    '/logout',
    '/mcp@WeatherPeekBot',
    '#tag',
    '$BTC',
    'evil.example',
    'https://evil.example/x?y=1#z',
    'tg://resolve?domain=evil',
    'mallory@evil.example',
    '127.0.0.1',
    '+49301234567',
    't.me/evil',
    'пример.рф',
  ];

  it.each(hostile)('becomes no link in any place: %s', (text) => {
    const cells = [[text, text], [text, text, text], [`${text}: ${text}`], [`x ${text}, (${text})`]];
    const lines = cells.flatMap((one): Line[] => [{ cells: one }, { mark: 'ok', cells: one }]);
    const { text: html } = rendered({ title: text, aside: text, lines });
    expect(linksIn(html)).toEqual([]);
    expect(parseHtml(html).text.replaceAll('\u2060', '')).toContain(text);
  });

  it('keeps whole addresses and ids to be copied by a tap', () => {
    expect(rendered({ lines: [{ cells: ['URL', 'at https://mcp.example/x.'] }] }).text).toBe(
      '<b>URL</b>: at <code>https://mcp.example/x</code>.',
    );
    expect(picture({ lines: [{ cells: ['Your id is telegram:123456789.'] }] })).toBe(
      'Your id is `telegram:123456789`.',
    );
  });

  it('leaves /mcp to be pressed in a sentence, and only there', () => {
    const text = 'Start one with /mcp auth.';
    expect(linksIn(rendered({ lines: [{ cells: [text] }] }).text)).toEqual(['/mcp']);
    expect(linksIn(rendered({ lines: [{ cells: ['tool', text] }], title: text }).text)).toEqual([]);
  });

  it('is shown as it is, and breaks no markup', () => {
    const text = '<b>bold</b> &lt; &amp; </code> <a href="https://x.example">x</a>';
    const parsed = parseHtml(
      rendered({ title: text, lines: [{ cells: [text, text] }, { cells: [text] }] }).text,
    );
    expect(parsed.text.replaceAll('\u2060', '').split('<b>bold</b> &lt; &amp; </code>')).toHaveLength(5);
  });

  it('has nothing that turns, hides or obeys', () => {
    expect(
      rendered({
        title: 'a\u001b[31mb\u0007',
        lines: [{ cells: ['abc\u202etxt\u2066\ufeff', 'one\r\n\ttwo\u{e0041}'] }],
      }).text,
    ).toBe('<b>a\ufffd[31mb\ufffd</b>\n\n<b>abctxt</b>: one two');
    expect(rendered({ title: 'half \ud83d, whole 👨‍👩‍👧 ❤️' }).text).toBe(
      '<b>half \ufffd, whole 👨‍👩‍👧 ❤️</b>',
    );
  });

  it('is cut where it is long, at no half of a character', () => {
    const [text] = [parseHtml(rendered({ title: '😀'.repeat(500) }).text).text];
    expect(text).toBe(`${'😀'.repeat(149)}…`);
  });
});

describe('a message that is too long', () => {
  const lines = Array.from({ length: 40 }, (_, at) => ({ cells: [`line ${at} ${'<&> '.repeat(70)}`] }));

  it('loses whole lines at its end and says how many', () => {
    const { text } = parseHtml(rendered({ title: 'Long', lines }).text);
    expect(text.length).toBeLessThanOrEqual(4096);
    const shown = text.split('\n').filter((line) => line.startsWith('line')).length;
    expect(text).toMatch(new RegExp(`\\n\\n… ${40 - shown} more lines$`));
    expect(shown).toBeGreaterThan(10);
  });

  it('has room for saying so, however its lines fall', () => {
    for (let length = 250; length < 300; length += 1) {
      const even = Array.from({ length: 20 }, () => ({ cells: ['x'.repeat(length)] }));
      const { text } = parseHtml(rendered({ lines: even }).text);
      expect(text.length).toBeLessThanOrEqual(4096);
      expect(text.length).toBeGreaterThan(4096 - 30 - 300);
    }
  });

  it('is measured as it is shown, not as it is written', () => {
    const short = Array.from({ length: 15 }, () => ({ cells: ['&'.repeat(270)] }));
    const { text } = rendered({ lines: short });
    expect(text.length).toBeGreaterThan(15_000);
    expect(parseHtml(text).text).not.toContain('more lines');
  });
});

describe('the buttons', () => {
  it('name their row where there are several, and stand before the reply’s own', () => {
    const github = {
      mark: 'attention',
      cells: ['github', '', 'key needed'],
      action: command('Add key', 'auth', 'github'),
    } as const;
    const actions = [command('Sign in to all (2)', 'auth'), command('Refresh', 'status')];
    expect(rendered({ lines: [linear, supabase, github], actions }).keyboard).toEqual([
      [
        { text: 'Sign in · supabase', callback_data: 'mcp:auth supabase' },
        { text: 'Add key · github', callback_data: 'mcp:auth github' },
      ],
      [
        { text: 'Sign in to all (2)', callback_data: 'mcp:auth' },
        { text: 'Refresh', callback_data: 'mcp:status' },
      ],
    ]);
  });

  it('need no name where only one row could be meant', () => {
    expect(labels({ lines: [supabase] })).toEqual([['Sign in']]);
    const alone: Line = {
      mark: 'attention',
      cells: ['linear — sign in at linear.app'],
      subject: 'linear',
      action: link('https://gateway.example/connect/x'),
    };
    expect(labels({ lines: [alone, { cells: ['The link works for 10 minutes.'] }] })).toEqual([['Sign in']]);
    expect(labels({ lines: [alone, { mark: 'ok', cells: ['files needs no sign-in.'] }] })).toEqual([
      ['Sign in · linear'],
    ]);
  });

  it('do not name a row that they are not about, and stand there once', () => {
    const full = (server: string): Line => ({
      mark: 'failed',
      cells: [`${server}: you have too many sign-ins open.`],
      subject: server,
      action: command('Cancel all', 'cancel'),
    });
    expect(labels({ lines: [full('linear'), full('jira')] })).toEqual([['Cancel all']]);
  });

  it.each([
    [['Previous', 'Next', 'Refresh'], [['Previous', 'Next', 'Refresh']]],
    [
      ['one', 'two', 'three', 'four'],
      [
        ['one', 'two'],
        ['three', 'four'],
      ],
    ],
    [
      ['Sign in to all (9)', 'Previous', 'Next', 'Refresh'],
      [['Sign in to all (9)'], ['Previous', 'Next', 'Refresh']],
    ],
    [['auth linear', 'Status'], [['auth linear', 'Status']]],
    [
      ['Try again · confluence', 'Help'],
      [['Try again · confluence'], ['Help']],
    ],
    [
      ['confluence-eu', 'confluence-us', 'confluence-asia'],
      [['confluence-eu', 'confluence-us'], ['confluence-asia']],
    ],
  ])('share rows as far as a phone has room: %j', (given, rows) => {
    expect(labels({ actions: given.map((label) => command(label, label)) })).toEqual(rows);
  });

  it('open links that Telegram opens, and the text does not repeat them', () => {
    for (const url of [
      'https://gateway.example/connect/x?y=1',
      'http://127.0.0.1:8787/x',
      'http://[::1]:8787/x',
      'tg://resolve?domain=x',
    ]) {
      const { text, keyboard } = rendered({ title: 'Sign in', actions: [link(url)] });
      expect(keyboard).toEqual([[{ text: 'Sign in', url }]]);
      expect(text).toBe('<b>Sign in</b>');
    }
  });

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'not a url',
    '//host/path',
    'ftp://x.example',
    'https://x.example/a b',
  ])('drop a link to %s', (url) => {
    expect(
      rendered({ title: 'Hi', lines: [{ cells: ['linear'], action: link(url) }], actions: [link(url)] }),
    ).toEqual({
      text: '<b>Hi</b>\n\nlinear',
      keyboard: [],
      kept: [],
    });
  });

  it('leave a link to a host without a dot, for which Telegram refuses the whole message, to be copied', () => {
    const url = 'http://localhost:8787/connect/x';
    const line: Line = {
      mark: 'attention',
      cells: ['linear — sign in'],
      subject: 'linear',
      action: link(url),
    };
    expect(picture({ lines: [line] })).toBe(`● *linear* — sign in\n\`${url}\``);
    expect(picture({ title: 'Done', actions: [link(url)] })).toBe(`*Done*\n\n\`${url}\``);
  });

  it('of forms and long commands stand for what is remembered', () => {
    const form: Action = {
      kind: 'form',
      label: 'Add key',
      title: 'Key',
      words: ['auth', 'github'],
      fields: [],
    };
    const long = command('Long', 'x'.repeat(100));
    const { keyboard, kept } = rendered({ actions: [form, long, command('Status', 'status')] });
    const data = keyboard
      .flat()
      .map((button) => ('callback_data' in button ? decodeData(button.callback_data) : undefined));
    expect(data).toEqual([
      { kind: 'kept', key: kept[0]?.key },
      { kind: 'kept', key: kept[1]?.key },
      { kind: 'words', words: ['status'] },
    ]);
    expect(kept.map(({ value }) => readKept(value)?.kind)).toEqual(['form', 'command']);
  });

  it('have labels of 64 characters at most, and there are 100 at most', () => {
    const actions = Array.from({ length: 150 }, (_, at) =>
      command(`${at} ${'x'.repeat(100)}\u202e`, `${at}`),
    );
    const all = labels({ actions }).flat();
    expect(all).toHaveLength(100);
    expect(all[0]).toBe(`0 ${'x'.repeat(61)}…`);
    expect(labels({ actions: [command('', 'status')] })).toEqual([['–']]);
  });
});

describe('any reply', () => {
  const pieces = [
    '@',
    '/',
    '#',
    '$',
    '.',
    ':',
    '//',
    '+1',
    'mcp',
    '/mcp',
    ' ',
    'evil',
    'com',
    'BTC',
    '<',
    '&',
    '>',
    '\u200d',
    '\ud800',
    '😀',
    '\n',
    'telegram:12',
    'https://x.y',
  ];
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 700 }),
    fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((some) => some.join('')),
  );
  const action: fc.Arbitrary<Action> = fc.oneof(
    fc.record({ kind: fc.constant('link' as const), label: text, url: fc.oneof(text, fc.webUrl()) }),
    fc.record({
      kind: fc.constant('command' as const),
      label: text,
      words: fc.array(text, { maxLength: 4 }),
    }),
  );
  const line = fc
    .tuple(
      fc.option(fc.constantFrom('ok', 'attention', 'failed', 'neutral'), { nil: undefined }),
      fc.array(text, { maxLength: 4 }),
      fc.option(action, { nil: undefined }),
    )
    .map(
      ([mark, cells, made]): Line => ({
        cells,
        ...(mark === undefined ? {} : { mark }),
        ...(made === undefined ? {} : { action: made }),
      }),
    );
  const reply = fc.record({
    title: text,
    aside: text,
    lines: fc.array(line, { maxLength: 30 }),
    actions: fc.array(action, { maxLength: 8 }),
  });

  it('is a message that Telegram takes, with nothing to press but buttons and /mcp', () => {
    fc.assert(
      fc.property(reply, (one) => {
        const { text: html, keyboard, kept } = renderReply(one);
        const parsed = parseHtml(html);
        expect(parsed.text.trim()).not.toBe('');
        expect(parsed.text.length).toBeLessThanOrEqual(4096);
        expect(parsed.text.isWellFormed()).toBe(true);
        expect(linksIn(html).filter((found) => found !== '/mcp')).toEqual([]);
        for (const button of keyboard.flat()) {
          expect(button.text).toMatch(/^.{1,64}$/u);
          if ('callback_data' in button)
            expectData(
              button.callback_data,
              kept.map(({ key }) => key),
            );
        }
      }),
      { numRuns: 400 },
    );
  });
});

function expectData(data: string, kept: readonly string[]): void {
  expect(Buffer.byteLength(data)).toBeLessThanOrEqual(64);
  const decoded = decodeData(data);
  expect(decoded).toBeDefined();
  if (decoded?.kind === 'kept') expect(kept).toContain(decoded.key);
}
