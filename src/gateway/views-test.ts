import { command, rowAction } from './actions.js';
import { pageOf } from './paging.js';
import type { ServerFacts } from './services.js';
import { authStatus, isWanting } from './status.js';
import type { Action, Line, Reply } from './types.js';
import { sentence, storageTrouble } from './views.js';
import { mayAct, type Viewer } from './views-status.js';
import { ASK_OPERATOR, counted, failureNext, failureSentence, oneLine, statusWords } from './wording.js';

/** `/mcp test linear`: protocol, latency and tools, or exactly what failed and the next step. */
export function testView(one: ServerFacts, viewer: Viewer): Reply {
  const { server, probe } = one;
  if (probe?.result.kind !== 'ready') return notReady(one, viewer);
  const { tools, protocolVersion, software } = probe.result;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['auth', statusWords(authStatus(one, viewer.nowMs), viewer.nowMs)],
    ['answered in', `${Math.max(0, Math.round(probe.latencyMs))} ms`],
    ['protocol', oneLine(protocolVersion, 40)],
    ['software', software === undefined ? undefined : oneLine(software, 80)],
  ];
  return {
    title: '',
    lines: [
      { mark: 'ok', cells: [`${server.name} works · ${counted(tools.length, 'tool')}`] },
      ...rows.flatMap(([name, value]) => (value === undefined ? [] : [{ cells: [name, value] }])),
    ],
    actions: [command('Tools', 'tools', server.name), command('Test again', 'test', server.name)],
  };
}

/** Why a server could not be used, and what this person can do about it. */
function notReady(one: ServerFacts, viewer: Viewer): Reply {
  const { server } = one;
  const status = authStatus(one, viewer.nowMs);
  const result = one.probe?.result;
  const again = command('Test again', 'test', server.name);
  // Storage that fails is no fault of the server's, and its paths are for the log. What cannot be read, a sign-in mends.
  const stored = result?.kind === 'unreachable' && result.failure.code === 'store-unavailable';
  if (stored && !isWanting(status)) return storageTrouble();
  if (result?.kind === 'unreachable' && !stored) {
    const operator = failureNext(result.failure) === 'operator' ? ` ${ASK_OPERATOR} to look at it.` : '';
    const detail: Line = {
      cells: ['detail', `${result.failure.code}: ${oneLine(result.failure.detail, 200)}`],
    };
    return {
      title: '',
      lines: [
        { mark: 'failed', cells: [`${server.name}: ${failureSentence(result.failure)}.${operator}`] },
        detail,
      ],
      actions: [again],
    };
  }
  const words = statusWords(status, viewer.nowMs);
  const mine = isWanting(status) && mayAct(one, viewer);
  const action: Action | undefined = mine ? rowAction(server, status, viewer.forms) : undefined;
  const who = mine || status.kind === 'waiting-for-code' ? '' : ` ${otherHelp(one, viewer)}`;
  return sentence(
    `${server.name}: ${words}.${who}`,
    'attention',
    ...(action === undefined ? [] : [action]),
    again,
  );
}

function otherHelp(one: ServerFacts, viewer: Viewer): string {
  return mayAct(one, viewer)
    ? `${ASK_OPERATOR} to look at it.`
    : 'It is shared by everyone: an admin has to sign in.';
}

/** `/mcp tools linear 2`. Names and descriptions are the server's own text. */
export function toolsView(one: ServerFacts, page: number, viewer: Viewer): Reply {
  const { server, probe } = one;
  if (probe?.result.kind !== 'ready') return notReady(one, viewer);
  const { tools } = probe.result;
  if (tools.length === 0)
    return sentence(`${server.name} has no tools.`, 'neutral', command('Status', 'status'));
  const shown = pageOf(tools, page);
  const go = (label: string, to: number): Action => command(label, 'tools', server.name, `${to}`);
  return {
    title: `Tools of ${server.name}`,
    aside: shown.pages === 1 ? counted(tools.length, 'tool') : `page ${shown.page} of ${shown.pages}`,
    lines: shown.items.map((tool) => ({ cells: [oneLine(tool.name, 64), oneLine(tool.description, 100)] })),
    actions: [
      ...(shown.page > 1 ? [go('Previous', shown.page - 1)] : []),
      ...(shown.page < shown.pages ? [go('Next', shown.page + 1)] : []),
    ],
  };
}
