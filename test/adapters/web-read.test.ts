import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMessageRef, readSubmission, toInvocation, wordsOf } from '../../src/adapters/web/read.js';

const ana = { platform: 'web', userId: 'ana', displayName: 'Ana' } as const;
const head = { as: 'ana', delivery: 'd3adb33f00' };

describe('reading what the page posts', () => {
  it('a typed line is an invocation without a message, with a ref of its own', () => {
    const submission = readSubmission({ ...head, text: ' /mcp  auth linear ' });
    expect(submission).toBeDefined();
    expect(submission && toInvocation(submission, ana)).toEqual({
      deliveryId: 'web:ana:d3adb33f00',
      actor: ana,
      words: ['auth', 'linear'],
      conversation: { person: 'ana' },
      typed: { person: 'ana', id: 'typed-d3adb33f00' },
    });
  });

  it('a pressed button is its words with the message that it stood in', () => {
    const submission = readSubmission({ ...head, words: ['auth', 'linear'], message: 'abcdef0123' });
    expect(submission && toInvocation(submission, ana)).toEqual({
      deliveryId: 'web:ana:d3adb33f00',
      actor: ana,
      words: ['auth', 'linear'],
      conversation: { person: 'ana' },
      message: { person: 'ana', id: 'abcdef0123' },
    });
  });

  it('a submitted form is the same with fields', () => {
    const form = { ...head, words: ['auth', 'weather'], message: 'abcdef0123', fields: { KEY: 'sk-1' } };
    const submission = readSubmission(form);
    expect(submission && toInvocation(submission, ana).fields).toEqual({ KEY: 'sk-1' });
  });

  it('a message of somebody else cannot be named: the ref is made with the person of the cookie', () => {
    const submission = readSubmission({ ...head, words: [], message: 'abcdef0123', person: 'ben' });
    expect(submission && toInvocation(submission, ana).message).toEqual({ person: 'ana', id: 'abcdef0123' });
  });

  it.each([
    ['no object', 'text'],
    ['no person', { delivery: 'd3adb33f00', text: '/mcp' }],
    ['no delivery', { as: 'ana', text: '/mcp' }],
    ['a delivery with other characters', { as: 'ana', delivery: '../../../etc', text: '/mcp' }],
    ['an empty line', { ...head, text: '  ' }],
    ['an endless line', { ...head, text: 'x'.repeat(5000) }],
    ['words that are no texts', { ...head, words: ['auth', 7], message: 'abcdef0123' }],
    ['too many words', { ...head, words: Array(101).fill('x'), message: 'abcdef0123' }],
    ['words without a message', { ...head, words: ['auth'] }],
    ['fields that are no texts', { ...head, words: [], message: 'abcdef0123', fields: { a: {} } }],
    ['fields as a list', { ...head, words: [], message: 'abcdef0123', fields: ['a'] }],
    ['nothing', null],
  ])('refuses %s', (_, body) => {
    expect(readSubmission(body)).toBeUndefined();
  });

  it('never throws, whatever is posted', () => {
    const body = fc.oneof(fc.jsonValue(), fc.record({ as: fc.string(), delivery: fc.string() }));
    fc.assert(fc.property(body, (value) => void readSubmission(value)));
  });

  it('a field named __proto__ is a field like any other', () => {
    const fields: unknown = JSON.parse('{"__proto__":"x"}');
    const submission = readSubmission({ ...head, words: [], message: 'abcdef0123', fields });
    expect(submission && Object.keys(toInvocation(submission, ana).fields ?? {})).toEqual(['__proto__']);
  });
});

describe('the words of a typed line', () => {
  it.each([
    ['/mcp', []],
    ['/MCP  Auth linear', ['Auth', 'linear']],
    ['mcp status', ['status']],
    ['auth linear', ['auth', 'linear']],
    ['/mcpx', ['/mcpx']],
    ['http://127.0.0.1/cb?code=1', ['http://127.0.0.1/cb?code=1']],
  ])('%s', (line, words) => {
    expect(wordsOf(line)).toEqual(words);
  });
});

it('a ref of another adapter is none of ours', () => {
  for (const ref of [{}, { person: 'ana' }, { person: 7, id: 'abcdef0123' }, { person: 'ana', id: '../x' }])
    expect(readMessageRef(ref)).toBeUndefined();
  expect(readMessageRef({ person: 'ana', id: 'abcdef0123' })).toEqual({ person: 'ana', id: 'abcdef0123' });
});
