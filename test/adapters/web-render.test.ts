import { describe, expect, it } from 'vitest';
import { plainText, renderReply, renderTyped } from '../../src/adapters/web/render.js';
import type { Reply } from '../../src/gateway/types.js';

function rendered(reply: Partial<Reply>) {
  return renderReply({ title: '', lines: [], actions: [], ...reply });
}

describe('rendering a reply for the page', () => {
  it('puts consecutive lines with as many cells into one table, and sentences between tables', () => {
    const { blocks } = rendered({
      lines: [
        { mark: 'ok', cells: ['linear', '23 tools', 'connected'] },
        { mark: 'attention', cells: ['github', '', 'key needed'] },
        { cells: ['Two servers.'] },
        { cells: ['URL', 'https://mcp.example'] },
        { cells: ['Transport', 'http'] },
      ],
    });
    expect(blocks.map((block) => block.kind)).toEqual(['table', 'sentence', 'table']);
    expect(blocks[0]).toMatchObject({ facts: false, lines: [{ mark: 'ok' }, { mark: 'attention' }] });
    expect(blocks[2]).toMatchObject({ facts: true, lines: [{ cells: ['URL', 'https://mcp.example'] }, {}] });
  });

  it('keeps two sentences apart', () => {
    expect(rendered({ lines: [{ cells: ['One.'] }, { cells: ['Two.'] }] }).blocks).toHaveLength(2);
  });

  it('two columns with marks are rows, not facts', () => {
    const { blocks } = rendered({ lines: [{ mark: 'ok', cells: ['linear', 'connected'] }] });
    expect(blocks[0]).toMatchObject({ kind: 'table', facts: false });
  });

  it('facts stay facts where one of them is marked, such as the status of a server', () => {
    const lines = [{ mark: 'ok', cells: ['status', 'connected'] } as const, { cells: ['auth', 'OAuth'] }];
    expect(rendered({ lines }).blocks[0]).toMatchObject({ facts: true, lines: [{ mark: 'ok' }, {}] });
  });

  it('leaves out what was not said: no aside, no mark, no action', () => {
    expect(rendered({ title: 'Hello', lines: [{ cells: ['Hi.'] }] })).toEqual({
      title: 'Hello',
      blocks: [{ kind: 'sentence', line: { cells: ['Hi.'] } }],
      actions: [],
    });
  });

  it.each(['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'not a url', '//host/path'])(
    'drops a link to %s',
    (url) => {
      const link = { kind: 'link', label: 'Sign in', url } as const;
      const page = rendered({ actions: [link], lines: [{ cells: ['linear'], action: link }] });
      expect(page.actions).toEqual([]);
      expect(page.blocks[0]).toEqual({ kind: 'sentence', line: { cells: ['linear'] } });
    },
  );

  it('keeps http and https links, and the words of a button as they are', () => {
    const actions = [
      { kind: 'link', label: 'Sign in', url: 'https://gateway.example/connect/x?y=1' },
      { kind: 'command', label: 'Try again', words: ['auth', 'linear'] },
    ] as const;
    expect(rendered({ actions }).actions).toEqual(actions);
  });

  it('keeps a form with its fields, and leaves out a hint that was not given', () => {
    const form = {
      kind: 'form',
      label: 'Add key',
      title: 'Key for weather',
      words: ['auth', 'weather'],
      fields: [
        { name: 'KEY', label: 'Key', secret: true },
        { name: 'REGION', label: 'Region', secret: false, hint: 'Two letters' },
      ],
    } as const;
    expect(rendered({ actions: [form] }).actions).toEqual([form]);
  });
});

describe('plain text', () => {
  it('leaves markup and mentions as they stand', () => {
    const text = '<img src=x onerror=alert(1)> @everyone <!channel> *a* &amp;';
    expect(plainText(text)).toBe(text);
  });

  it('shows control characters, joins lines, and drops what turns or hides text', () => {
    expect(plainText('a\u001b[31mb\u0007\u009b2J')).toBe('a\ufffd[31mb\ufffd\ufffd2J');
    expect(plainText('first\r\n\tsecond')).toBe('first second');
    expect(plainText('abc\u202etxt\u2066\u200b\ufeff')).toBe('abctxt');
  });

  it('is cut where it is too long', () => {
    expect(plainText('x'.repeat(50_000))).toHaveLength(2001);
  });

  it('a typed line is text too', () => {
    expect(renderTyped('typed-1', 5, '/mcp \u001b[2J')).toEqual({
      from: 'person',
      id: 'typed-1',
      atMs: 5,
      text: '/mcp \ufffd[2J',
    });
  });
});
