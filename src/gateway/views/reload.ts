import { command } from '../actions.js';
import { PAGE_SIZE } from '../paging.js';
import type { ReloadOutcome } from '../services.js';
import type { Line, Reply } from '../types.js';
import { counted, listed, oneLine } from '../wording.js';
import { sentence } from './sentences.js';

/** `/mcp reload`: what is different now, or every mistake with its path and line. */
export function reloadView(outcome: ReloadOutcome): Reply {
  switch (outcome.kind) {
    case 'no-file':
      return sentence(
        'This gateway runs without a config file, so there is nothing to read again.',
        'neutral',
      );
    case 'broken':
      return broken(outcome.problems);
    case 'reloaded':
      return reloaded(outcome);
  }
}

function broken(problems: readonly string[]): Reply {
  const lines = problems.slice(0, PAGE_SIZE).map((problem): Line => ({ cells: [oneLine(problem, 300)] }));
  const rest = problems.length - lines.length;
  return {
    title: `The config has ${counted(problems.length, 'mistake')}; nothing was changed.`,
    lines: [...lines, ...(rest > 0 ? [{ cells: [`And ${rest} more: run mcp-chat-gateway check.`] }] : [])],
    actions: [command('Reload again', 'reload')],
  };
}

function reloaded(outcome: Extract<ReloadOutcome, { kind: 'reloaded' }>): Reply {
  const parts: readonly (readonly [string, readonly string[]])[] = [
    ['added', outcome.added],
    ['changed', outcome.changed],
    ['removed', outcome.removed],
    ['takes effect after a restart', outcome.needRestart ?? []],
  ];
  const lines = parts.flatMap(([what, names]): readonly Line[] =>
    names.length === 0 ? [] : [{ cells: [`${what}: ${oneLine(listed(names), 300)}`] }],
  );
  return {
    title: '',
    lines: [
      {
        mark: 'ok',
        cells: [`The config was read again${lines.length === 0 ? '; the servers are as before.' : '.'}`],
      },
      ...lines,
    ],
    actions: [command('Status', 'status')],
  };
}
