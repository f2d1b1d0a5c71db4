import { describe, expect, it } from 'vitest';
import { readLine, wordsBeingTyped } from '../../../src/adapters/terminal/read.js';

describe('a typed line', () => {
  it.each([
    ['/mcp', []],
    ['/mcp auth linear', ['auth', 'linear']],
    ['  /MCP   Auth\tlinear ', ['Auth', 'linear']],
    ['mcp auth', ['auth']],
    ['/mcp confirm 482 913', ['confirm', '482', '913']],
    ['help', ['help']],
    ['/help', ['help']],
  ])('%j is a command', (line, words) => {
    expect(readLine(line)).toEqual({ kind: 'command', words });
  });

  it.each([
    ['', 'nothing'],
    ['   ', 'nothing'],
    ['exit', 'leave'],
    ['/quit', 'leave'],
    ['hello', 'other'],
    ['auth linear', 'other'],
    ['/mcpx', 'other'],
    ['1 2', 'other'],
    ['-1', 'other'],
    ['12345678', 'other'],
    [`/mcp ${'x'.repeat(5000)}`, 'other'],
  ])('%j is %s', (line, kind) => {
    expect(readLine(line)).toEqual({ kind });
  });

  it('a number presses the button that has it', () => {
    expect(readLine(' 12 ')).toEqual({ kind: 'press', number: 12 });
  });
});

describe('the words being typed', () => {
  it('end with the one that is not finished', () => {
    expect(wordsBeingTyped('/mcp auth li')).toEqual(['auth', 'li']);
    expect(wordsBeingTyped('mcp auth ')).toEqual(['auth', '']);
  });

  it('are none before the command itself is there', () => {
    expect(wordsBeingTyped('/mc')).toBeUndefined();
    expect(wordsBeingTyped('/mcp')).toBeUndefined();
    expect(wordsBeingTyped('hello wor')).toBeUndefined();
  });
});
