import { describe, expect, it } from 'vitest';
import { selected, withoutTool } from '../../src/mcp/tool-list.js';

const tools = ['issues_list', 'issues_create', 'issues_close_all', 'search', 'a.b'].map((name) => ({
  name,
  description: '',
}));
const names = (patterns: { include?: string[]; exclude?: string[] }) =>
  selected(tools, patterns).map(({ name }) => name);

describe('the tools that the config lets through', () => {
  it('are all where it says nothing', () => {
    expect(names({})).toHaveLength(tools.length);
  });

  it('are named by patterns in which * stands for any text, and nothing else for anything', () => {
    expect(names({ include: ['issues_*'] })).toEqual(['issues_list', 'issues_create', 'issues_close_all']);
    expect(names({ include: ['*_c*'] })).toEqual(['issues_create', 'issues_close_all']);
    expect(names({ include: ['a.b', 's.arch', 'issues_l[i]st'] })).toEqual(['a.b']);
    expect(names({ include: ['sear*arch'] })).toEqual([]);
  });

  it('are those of include where both are given', () => {
    expect(names({ include: ['search'], exclude: ['*'] })).toEqual(['search']);
    expect(names({ exclude: ['issues_*', 'a.b'] })).toEqual(['search']);
  });

  it('are told apart by capitals and small letters, and names that fit none are known', () => {
    expect(names({ exclude: ['Search'] })).toContain('search');
    expect(withoutTool(tools, { exclude: ['Search', 'issues_*', 'nothing_*', 'a.b'] })).toEqual([
      'Search',
      'nothing_*',
    ]);
    expect(withoutTool(tools, { include: ['search'], exclude: ['nothing'] })).toEqual([]);
    expect(withoutTool(tools, {})).toEqual([]);
  });
});
