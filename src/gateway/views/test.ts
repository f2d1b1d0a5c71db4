import { command, rowAction } from '../actions.js';
import type { ServerFacts } from '../services.js';
import { authStatus, isWanting } from '../status.js';
import type { Reply } from '../types.js';
import { counted, oneLine, statusWords } from '../wording.js';
import { notReady } from './not-ready.js';
import { serverLine } from './outcome.js';
import { mayAct, type Viewer } from './status.js';

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
