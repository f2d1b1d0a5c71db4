import { describe, expect, it } from 'vitest';
import { completeLine } from '../../../src/adapters/terminal/completion.js';

const suggest = async (words: readonly string[]): Promise<readonly string[]> =>
  words.length === 1 ? ['auth', 'audit', 'status', 'logout'] : ['linear', 'linear-dev', 'github'];

describe('Tab', () => {
  it.each([
    ['', '/mcp '],
    ['/m', '/mcp '],
    ['m', 'mcp '],
    ['/mcp s', 'status '],
    ['/mcp a', 'au'],
    ['/mcp auth g', 'github '],
    ['/mcp auth li', 'linear'],
    ['/mcp AUTH G', 'github '],
  ])('after %j inserts %j', async (line, insert) => {
    expect(await completeLine(line, suggest)).toMatchObject({ insert, candidates: [] });
  });

  it('shows what could follow where that is open', async () => {
    expect(await completeLine('/mcp auth linear', suggest)).toEqual({
      typed: 'linear',
      candidates: ['linear', 'linear-dev'],
    });
  });

  it('inserts nothing where nothing fits', async () => {
    expect(await completeLine('hello', suggest)).toEqual({ typed: 'hello', candidates: [] });
    expect(await completeLine('/mcp zzz', suggest)).toEqual({ typed: 'zzz', candidates: [] });
  });
});
