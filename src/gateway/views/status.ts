import { command, rowAction } from '../actions.js';
import { pageOf } from '../paging.js';
import type { ServerFacts } from '../services.js';
import { SHARED } from '../services.js';
import { authStatus, isWanting } from '../status.js';
import type { Action, Line, Mark, Reply } from '../types.js';
import { ASK_OPERATOR, counted, statusMark, statusWords } from '../wording.js';

/** How the person who looks may act: what buttons they get. */
export interface Viewer {
  readonly admin: boolean;
  /** Their platform shows forms privately. */
  readonly forms: boolean;
  readonly nowMs: number;
}

/** Whether this person may sign in to it: a shared server is the admins'. */
export function mayAct({ subject }: ServerFacts, viewer: Viewer): boolean {
  return subject !== SHARED || viewer.admin;
}

/** `/mcp`: every server for this person, as far as it is known now. */
export function statusList(facts: readonly ServerFacts[], page: number, viewer: Viewer): Reply {
  if (facts.length === 0) return noServers(viewer);
  const shown = pageOf(facts, page);
  const enabled = facts.filter(({ server }) => server.enabled);
  const ready = enabled.filter((one) => markOf(one, viewer) === 'ok').length;
  return {
    title: shown.pages === 1 ? 'MCP servers' : `MCP servers, page ${shown.page} of ${shown.pages}`,
    aside: `${ready} of ${enabled.length} ready`,
    lines: shown.items.map((one) => statusLine(one, viewer)),
    actions: listActions(facts, shown, viewer),
  };
}

function noServers(viewer: Viewer): Reply {
  const next = viewer.admin
    ? 'Add one under mcp_servers and run /mcp reload.'
    : `${ASK_OPERATOR} to add one.`;
  return { title: 'MCP servers', lines: [{ cells: [`There are none yet. ${next}`] }], actions: [] };
}

export function markOf(one: ServerFacts, { nowMs }: Viewer): Mark | undefined {
  return statusMark(authStatus(one, nowMs), one.probe !== undefined);
}

function statusLine(one: ServerFacts, viewer: Viewer): Line {
  const status = authStatus(one, viewer.nowMs);
  const mark = markOf(one, viewer);
  const action = mayAct(one, viewer) ? rowAction(one.server, status, viewer.forms) : undefined;
  return {
    ...(mark === undefined ? {} : { mark }),
    cells: [one.server.name, toolsCell(one), statusWords(status, viewer.nowMs)],
    ...(action === undefined ? {} : { action }),
  };
}

function toolsCell({ server, probe }: ServerFacts): string {
  if (!server.enabled) return '';
  if (probe === undefined) return 'checking…';
  return probe.result.kind === 'ready' ? counted(probe.result.tools.length, 'tool') : '';
}

function listActions(
  facts: readonly ServerFacts[],
  { page, pages }: { readonly page: number; readonly pages: number },
  viewer: Viewer,
): readonly Action[] {
  const wanting = facts.filter(
    (one) => mayAct(one, viewer) && isWanting(authStatus(one, viewer.nowMs)),
  ).length;
  const go = (label: string, to: number): Action =>
    command(label, 'status', ...(to === 1 ? [] : ['page', `${to}`]));
  return [
    ...(wanting > 1 ? [command(`Sign in to all (${wanting})`, 'auth')] : []),
    ...(page > 1 ? [go('Previous', page - 1)] : []),
    ...(page < pages ? [go('Next', page + 1)] : []),
    go('Refresh', page),
  ];
}
