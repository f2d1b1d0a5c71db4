import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainText } from '../../../src/adapters/common/text.js';
import type { Part } from '../../../src/adapters/discord/outgoing/components.js';
import { renderReply } from '../../../src/adapters/discord/outgoing/render.js';
import type { Action, Line, Reply } from '../../../src/gateway/types.js';
import { reply } from '../../contracts/chat-adapter.js';
import { checkV2Components } from '../../helpers/discord/checks/components.js';
import { Form } from '../../helpers/discord/form.js';
import { shownText } from '../../helpers/discord/markdown/shown.js';

const names = { user: () => 'somebody', channel: () => 'somewhere', role: () => 'some' };

function parts(said: Reply): readonly Part[] {
  return renderReply(said).components[0].components;
}

function texts(said: Reply): readonly string[] {
  return parts(said).flatMap((part) =>
    part.type === 10 ? [part.content] : part.type === 9 ? [part.components[0].content] : [],
  );
}

function shown(said: Reply) {
  return shownText(texts(said).join('\n'), names);
}

function check(said: Reply): void {
  const form = new Form({ components: renderReply(said).components });
  checkV2Components(form.at('components'));
  form.refuseIfWrong();
}

const row = (server: string, action?: Action): Line => ({
  mark: 'attention',
  cells: [server, '', 'sign-in needed'],
  ...(action === undefined ? {} : { action }),
});
const signIn = (server: string): Action => ({ kind: 'command', label: 'Sign in', words: ['auth', server] });
const link = (url: string): Action => ({ kind: 'link', label: 'Sign in', url });

describe('a reply', () => {
  it('has each row’s button beside it, and its own in rows of five below', () => {
    const actions = Array.from({ length: 7 }, (_, at) => signIn(`own-${at}`));
    const drawn = parts(
      reply('Servers', { lines: [row('linear', signIn('linear')), row('files')], actions }),
    );
    expect(drawn.map(({ type }) => type)).toEqual([10, 9, 10, 1, 1]);
    expect(drawn.flatMap((part) => (part.type === 1 ? [part.components.length] : []))).toEqual([5, 2]);
  });

  it('needs one button where two would do the same, because Discord refuses such a message', () => {
    const cancel: Action = { kind: 'command', label: 'Cancel', words: ['cancel'] };
    const said = reply('', { lines: [row('a', cancel), row('b', cancel)], actions: [cancel] });
    check(said);
    expect(parts(said).map(({ type }) => type)).toEqual([9, 10]);
  });

  it('shows a link as text that can be copied where Discord takes no button for it', () => {
    for (const url of ['http://localhost:8787/connect/kx3v', `https://gateway.example/${'x'.repeat(512)}`]) {
      const said = reply('', { lines: [row('linear', link(url))] });
      check(said);
      expect(parts(said).map(({ type }) => type)).toEqual([10]);
      expect(shown(said).markup).toContainEqual({ kind: 'code', text: url });
    }
  });

  it('shows nothing of a link that must not be opened', () => {
    for (const url of [
      'javascript:alert(1)',
      'data:text/html,x',
      'https://a.example/\u202e',
      'discord://x.y/z',
    ]) {
      const said = reply('', { lines: [row('linear', link(url))], actions: [link(url)] });
      expect(JSON.stringify(parts(said))).not.toContain(url);
      check(said);
    }
  });

  it('counts the rows that find no room, by length or by number of buttons', () => {
    const many = Array.from({ length: 40 }, (_, at) => row(`server-${at}`, signIn(`server-${at}`)));
    const long = Array.from({ length: 40 }, (_, at) => ({ cells: [`${at} ${'x'.repeat(290)}`] }));
    for (const lines of [many, long]) {
      const said = reply('Servers', { lines, actions: [signIn('all')] });
      check(said);
      expect(shown(said).text).toMatch(/… \d+ more lines$/);
    }
  });

  it('of eight rows with a button each finds room for all', () => {
    const lines = Array.from({ length: 8 }, (_, at) => row(`server-${at}`, signIn(`server-${at}`)));
    const actions = Array.from({ length: 5 }, (_, at) => signIn(`own-${at}`));
    const said = reply('Servers', { aside: '0 of 8 ready', lines, actions });
    check(said);
    expect(shown(said).text).not.toContain('more');
  });

  it('that is empty is something nevertheless', () => {
    check(reply(''));
    check(reply('', { lines: [{ cells: [''] }, { cells: ['', ''] }] }));
  });

  it('is taken by Discord, whatever it holds', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.string({ maxLength: 40 }));
    const words = fc.array(fc.string({ minLength: 1, maxLength: 40 }), { maxLength: 4 });
    const action: fc.Arbitrary<Action> = fc.oneof(
      fc.record({ kind: fc.constant('command' as const), label: text, words }),
      fc.record({ kind: fc.constant('link' as const), label: text, url: fc.oneof(fc.webUrl(), text) }),
    );
    const line: fc.Arbitrary<Line> = fc.oneof(
      fc.record({ cells: fc.array(text, { minLength: 1, maxLength: 4 }) }),
      fc.record({ cells: fc.array(text, { minLength: 1, maxLength: 4 }), action }),
    );
    const said = fc.record({
      title: text,
      aside: text,
      lines: fc.array(line, { maxLength: 30 }),
      actions: fc.array(action, { maxLength: 30 }),
    });
    fc.assert(fc.property(said, check), { numRuns: 200 });
  });
});

describe('text of others (threat 18)', () => {
  const HOSTILE = [
    '@everyone and @here',
    '<@123456789012345678> <@&1> <#2> <id:guide> </mcp:123>',
    '<t:1700000000:R> <:smile:1234> <a:wave:99>',
    '[click](https://evil.example) and <https://evil.example> or https://evil.example/x',
    '# heading',
    '-# small',
    '> quote',
    '>>> quote',
    '- item',
    '* item',
    '1. item',
    '**bold** __under__ *it* _it_ ~~gone~~ ||spoiler|| `code` ```js\nx```',
    '\\**not escaped\\**',
    'snake_case_name and __init__',
    'a_b*c*_d',
  ];

  it('is shown as it is, and nothing in it can be pressed, pings, or looks different', () => {
    for (const text of HOSTILE)
      for (const line of [
        { cells: [text] },
        { cells: ['x', text] },
        { mark: 'ok', cells: [text, ''] },
      ] as const) {
        const { text: seen, markup } = shown(reply('', { lines: [line] }));
        expect(seen.replaceAll('\u2060', ''), text).toContain(plainText(text, 300));
        expect(
          markup.filter(({ kind }) => kind !== 'code' && kind !== 'bold'),
          text,
        ).toEqual([]);
      }
  });

  it('in a title, and beside it, is shown as it is', () => {
    for (const text of HOSTILE) {
      const { text: seen, markup } = shown(reply(text, { aside: text }));
      expect(seen.replaceAll('\u2060', '').split(plainText(text, 256))).toHaveLength(3);
      const ours = ['heading', 'subtext', 'code'];
      expect(
        markup.filter(({ kind }) => !ours.includes(kind)),
        text,
      ).toEqual([]);
    }
  });

  it('is shown as it is, whatever it is', () => {
    const mean = fc.string({
      unit: fc.constantFrom(...'\\*_~`|<>[]()#@:+-./ 1a&!everyonehttps'),
      maxLength: 60,
    });
    fc.assert(
      fc.property(fc.oneof(mean, fc.string({ maxLength: 60 })), (text) => {
        const { text: seen, markup } = shown(reply('', { lines: [{ cells: [text] }] }));
        const wanted = plainText(text, 300).replaceAll('`', '\u02cb') || '–';
        expect(seen.replaceAll('\u2060', '').replaceAll('`', '\u02cb')).toBe(wanted);
        expect(markup.filter(({ kind }) => kind !== 'code')).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });
});
