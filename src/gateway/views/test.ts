import type { ToolTrial } from '../../mcp/types.js';
import { command, rowAction } from '../actions.js';
import type { ServerFacts } from '../services.js';
import { authStatus, isWanting } from '../status.js';
import type { Reply } from '../types.js';
import { counted, listed, oneLine, statusWords } from '../wording.js';
import { notReady } from './not-ready.js';
import { serverLine } from './outcome.js';
import { mayAct, type Viewer } from './status.js';

/** `/mcp test linear get_me`: what came of calling one tool. */
export function trialView(one: ServerFacts, tool: string, trial: ToolTrial, viewer: Viewer): Reply {
  const { server } = one;
  const name = oneLine(tool, 64);
  const works = testView(one, viewer);
  const lines = works.lines.slice(1);
  switch (trial.kind) {
    case 'answered': {
      const said = trial.text === '' ? [] : [{ cells: ['it said', oneLine(trial.text, 200)] }];
      const line = trial.failed
        ? serverLine(server.name, 'attention', `${server.name} works, and ${name} answered with an error.`)
        : serverLine(server.name, 'ok', `${server.name} works · ${name} answered`);
      return { ...works, lines: [line, ...lines, ...said] };
    }
    case 'refused': {
      const text = `${server.name} works, and refuses ${name} with this access.`;
      return { ...works, lines: [serverLine(server.name, 'attention', text), ...lines] };
    }
    case 'no-such-tool':
      return {
        ...works,
        lines: [serverLine(server.name, 'attention', `${server.name} has no tool ${name}.`)],
      };
    case 'needs-arguments': {
      const needs = listed(trial.names.map((each) => oneLine(each, 40)));
      const text = `${name} was not called: it needs ${needs}. ${server.name} itself works.`;
      return { ...works, lines: [serverLine(server.name, 'attention', text), ...lines] };
    }
    case 'destructive': {
      const text = `${name} was not called: it says that it destroys something. ${server.name} itself works.`;
      return { ...works, lines: [serverLine(server.name, 'attention', text), ...lines] };
    }
  }
}

/** `/mcp test linear`: protocol, latency and tools, or exactly what failed and the next step. */
export function testView(one: ServerFacts, viewer: Viewer): Reply {
  const { server, probe } = one;
  if (probe?.result.kind !== 'ready') return notReady(one, viewer);
  const { tools, protocolVersion, software } = probe.result;
  const status = authStatus(one, viewer.nowMs);
  const signIn =
    isWanting(status) && mayAct(one, viewer) ? rowAction(server, status, viewer.forms) : undefined;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['auth', statusWords(status, viewer.nowMs)],
    ['answered in', `${Math.max(0, Math.round(probe.latencyMs))} ms`],
    ['protocol', oneLine(protocolVersion, 40)],
    ['software', software === undefined ? undefined : oneLine(software, 80)],
  ];
  return {
    title: '',
    lines: [
      serverLine(server.name, 'ok', `${server.name} works · ${counted(tools.length, 'tool')}`),
      ...rows.flatMap(([name, value]) => (value === undefined ? [] : [{ cells: [name, value] }])),
    ],
    actions: [
      ...(signIn === undefined ? [] : [signIn]),
      command('Tools', 'tools', server.name),
      command('Test again', 'test', server.name),
    ],
  };
}
