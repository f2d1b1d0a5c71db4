import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readKept } from '../../../src/adapters/common/kept-actions.js';
import { decodeData, encodeAction } from '../../../src/adapters/telegram/outgoing/callback-data.js';

const press = (...words: readonly string[]) => encodeAction({ kind: 'command', label: 'Press', words });
const form = {
  kind: 'form',
  label: 'Add key',
  title: 'Key for github',
  words: ['auth', 'github'],
  fields: [
    { name: 'GITHUB_TOKEN', label: 'GITHUB_TOKEN', secret: true },
    { name: 'REGION', label: 'Region', secret: false, hint: 'two letters' },
  ],
} as const;

describe('the data of a button', () => {
  it.each([
    [[], 'mcp:'],
    [['status'], 'mcp:status'],
    [['tools', 'linear', '2'], 'mcp:tools linear 2'],
    [['logout', 'x'.repeat(32), 'yes'], `mcp:logout ${'x'.repeat(32)} yes`],
  ])('is the command itself where that fits: %j', (words, data) => {
    expect(press(...words)).toEqual({ data });
    expect(decodeData(data)).toEqual({ kind: 'words', words });
  });

  it('has room for 60 bytes of words, as UTF-8', () => {
    expect(press('x'.repeat(60))).toEqual({ data: `mcp:${'x'.repeat(60)}` });
    expect(press('x'.repeat(61)).kept).toBeDefined();
    expect(press('é'.repeat(30))).toEqual({ data: `mcp:${'é'.repeat(30)}` });
    expect(press('é'.repeat(31)).kept).toBeDefined();
  });

  it.each([['auth', 'two words'], ['auth', ''], ['au\u200bth'], ['auth\n']])(
    'is a key where the words would come back as others: %j',
    (...words) => {
      const { data, kept } = press(...words);
      expect(data).toMatch(/^mcp#/);
      expect(kept && readKept(kept.value)).toEqual({ kind: 'command', words });
    },
  );

  it('of a form is a key to what is remembered', () => {
    const { data, kept } = encodeAction(form);
    expect(data).toMatch(/^mcp#[\w-]{22}$/);
    expect(kept?.key).toBe(`button/${data.slice(4)}`);
    expect(decodeData(data)).toEqual({ kind: 'kept', key: kept?.key });
    const { label: _label, ...read } = form;
    expect(kept && readKept(kept.value)).toEqual(read);
  });

  it('is the same for the same action, whatever the label, and another for another', () => {
    expect(encodeAction({ ...form, label: 'Try again' })).toEqual(encodeAction(form));
    expect(encodeAction({ ...form, title: 'Another' }).data).not.toBe(encodeAction(form).data);
    expect(encodeAction({ ...form, fields: [] }).data).not.toBe(encodeAction(form).data);
  });

  it('brings any words back', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 12 }), (words) => {
        const { data, kept } = press(...words);
        expect(Buffer.byteLength(data)).toBeLessThanOrEqual(64);
        const decoded = decodeData(data);
        expect(decoded?.kind).toBe(kept === undefined ? 'words' : 'kept');
        const back = kept === undefined ? decoded : readKept(JSON.parse(JSON.stringify(kept.value)));
        expect(back).toMatchObject({ words });
      }),
    );
  });
});

describe('data that a client made up', () => {
  it.each([
    '',
    'mcp',
    'MCP:status',
    'settings',
    'mcp#',
    'mcp#../../etc/passwd------',
    `mcp#${'x'.repeat(23)}`,
    `mcp:${'x'.repeat(61)}`,
  ])('is not ours: %j', (data) => {
    expect(decodeData(data)).toBeUndefined();
  });

  it('is worth no more than typed words', () => {
    expect(decodeData('mcp:  auth\u200b\tlinear\n')).toEqual({ kind: 'words', words: ['auth', 'linear'] });
  });
});

describe('what comes back from storage', () => {
  const kept = { words: ['auth', 'github'], title: 'Key', fields: [{ name: 'K', label: 'K', secret: true }] };

  it.each([
    null,
    'auth',
    [],
    {},
    { words: 'auth' },
    { words: ['auth', 5] },
    { ...kept, title: 5 },
    { ...kept, fields: {} },
    { ...kept, fields: ['K'] },
    { ...kept, fields: [...kept.fields, { name: 'K', label: 'K' }] },
  ])('is nothing if it is no action: %j', (value) => {
    expect(readKept(value)).toBeUndefined();
  });

  it('is read or ignored, whatever it is', () => {
    fc.assert(fc.property(fc.json(), (json) => void readKept(JSON.parse(json))));
  });
});
