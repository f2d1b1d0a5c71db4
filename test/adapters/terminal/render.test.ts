import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Look, renderReply } from '../../../src/adapters/terminal/render.js';
import { displayWidth } from '../../../src/adapters/terminal/text.js';
import type { Action, Reply } from '../../../src/gateway/types.js';

const signIn: Action = { kind: 'command', label: 'Sign in', words: ['auth', 'supabase'] };
const connect: Action = { kind: 'link', label: 'Sign in', url: 'http://127.0.0.1:8787/connect/kx3v' };
const all: Action = { kind: 'command', label: 'Sign in to all (2)', words: ['auth'] };
const refresh: Action = { kind: 'command', label: 'Refresh', words: [] };

const servers: Reply = {
  title: 'MCP servers',
  aside: '2 of 4 ready',
  lines: [
    { mark: 'ok', cells: ['linear', '23 tools', 'connected'] },
    { cells: ['files', 'checking…', 'no auth needed'] },
    { mark: 'attention', cells: ['supabase', '', 'sign-in needed'], action: signIn },
    { mark: 'neutral', cells: ['old', '', 'disabled'] },
  ],
  actions: [all, refresh],
};

function rendered(reply: Partial<Reply>, look: Partial<Look> = {}): string {
  const numbers = new Map<string, number>();
  const button = (action: Action) => {
    const key = JSON.stringify(action);
    numbers.set(key, numbers.get(key) ?? numbers.size + 1);
    return `[${numbers.get(key)}]`;
  };
  const whole = { title: '', lines: [], actions: [], ...reply };
  return `\n${renderReply(whole, { colour: false, button, ...look }).join('\n')}\n`;
}

describe('a reply on a terminal', () => {
  it('is a table with marks, aligned columns and numbered buttons', () => {
    expect(rendered(servers)).toBe(`
MCP servers                              2 of 4 ready
✓ linear     23 tools    connected
  files      checking…   no auth needed
● supabase               sign-in needed   [1] Sign in
– old                    disabled
[2] Sign in to all (2)  [3] Refresh
`);
  });

  it('shows a link with its address, so that it can be copied', () => {
    const line = { mark: 'attention', cells: ['linear — sign in at linear.app'], action: connect } as const;
    expect(
      rendered({ lines: [line, { cells: ['The link works for 10 minutes.'] }], actions: [refresh] }),
    ).toBe(`
● linear — sign in at linear.app   [1] Sign in  http://127.0.0.1:8787/connect/kx3v
The link works for 10 minutes.
[2] Refresh
`);
  });

  it('puts a button below its line where the terminal is too narrow for both', () => {
    const line = { mark: 'attention', cells: ['linear — sign in at linear.app'], action: connect } as const;
    expect(rendered({ lines: [line] }, { width: 60 })).toBe(`
● linear — sign in at linear.app
  [1] Sign in  http://127.0.0.1:8787/connect/kx3v
`);
  });

  it('wraps a long sentence below itself, and only where there is a width', () => {
    const line = {
      mark: 'failed',
      cells: ['linear: mcp.linear.app did not answer in time. Try again later.'],
    } as const;
    expect(rendered({ lines: [line] }, { width: 40 })).toBe(`
✗ linear: mcp.linear.app did not answer
  in time. Try again later.
`);
    expect(rendered({ lines: [line] })).toBe(`
✗ linear: mcp.linear.app did not answer in time. Try again later.
`);
  });

  it('aligns names of wide characters, of emoji and of combining marks', () => {
    const cells = [
      ['日本語', 'a'],
      ['👩‍💻 dev', 'b'],
      ['cafe\u0301', 'c'],
      ['plain', 'd'],
    ];
    expect(rendered({ lines: cells.map((pair) => ({ cells: pair })) })).toBe(`
日本語   a
👩‍💻 dev   b
cafe\u0301     c
plain    d
`);
  });

  it('spells out commands where there is nothing to press', () => {
    const shell = { button: () => '→', spellsCommands: true };
    expect(rendered({ title: 'supabase: you declined', actions: [signIn] }, shell)).toBe(`
supabase: you declined
→ Sign in: mcp auth supabase
`);
  });

  it('colours only marks, titles and numbers, and the colours take no room', () => {
    const coloured = rendered(servers, { colour: true });
    expect(coloured).toContain('\u001b[32m✓\u001b[0m linear');
    expect(stripVTControlCharacters(coloured)).toBe(rendered(servers));
  });

  it('never passes on anything that a terminal obeys (threat 18)', () => {
    const data = 'a\u001b[2J\u001b]8;;http://evil.example\u0007b\u0007\r\n\u009b31mc\u202ed\u0000';
    const text = rendered({
      title: data,
      aside: data,
      lines: [{ cells: [data, data], action: { kind: 'link', label: data, url: data } }],
      actions: [{ kind: 'command', label: data, words: [data] }],
    });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(text.trim().split('\n')).toHaveLength(3);
  });

  it('keeps to its width as long as words fit, whatever the words', () => {
    const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
    const sentence = fc.array(word, { minLength: 1, maxLength: 40 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(sentence, fc.integer({ min: 30, max: 100 }), (cell, width) => {
        const lines = rendered({ title: cell, lines: [{ mark: 'ok', cells: [cell] }] }, { width }).split(
          '\n',
        );
        for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
      }),
    );
  });
});
