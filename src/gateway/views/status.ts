import { command, rowAction } from '../actions.js';
import { pageOf } from '../paging.js';
import type { ServerFacts } from '../services.js';
import { SHARED } from '../services.js';
import { type AuthStatus, authStatus, isWanting } from '../status.js';
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

/** What stands beside a server that was not looked at yet: whether this message will say more of it. */
export type Unseen = 'checking…' | 'no answer yet';

/** `/mcp`: every server for this person, as far as it is known now. */
export function statusList(
  facts: readonly ServerFacts[],
  page: number,
  viewer: Viewer,
  unseen: Unseen = 'checking…',
): Reply {
  if (facts.length === 0) return noServers(viewer);
  const all = facts.map((one): Standing => ({ one, status: authStatus(one, viewer.nowMs) }));
  const shown = pageOf(all, page);
  const enabled = all.filter(({ one }) => one.server.enabled);
  const ready = enabled.filter((standing) => markFor(standing) === 'ok').length;
  return {
    title: shown.pages === 1 ? 'MCP servers' : `MCP servers, page ${shown.page} of ${shown.pages}`,
    aside: `${ready} of ${enabled.length} ready`,
    lines: shown.items.map((standing) => statusLine(standing, viewer, unseen)),
    actions: listActions(all, shown, viewer),
  };
}

interface Standing {
  readonly one: ServerFacts;
  readonly status: AuthStatus;
}

function markFor({ one, status }: Standing): Mark | undefined {
  return statusMark(status, one.probe !== undefined);
}

function noServers(viewer: Viewer): Reply {
  const next = viewer.admin
    ? 'Add one under mcp_servers and run /mcp reload.'
    : `${ASK_OPERATOR} to add one.`;
  return { title: 'MCP servers', lines: [{ cells: [`There are none yet. ${next}`] }], actions: [] };
}

export function markOf(one: ServerFacts, { nowMs }: Viewer): Mark | undefined {
  return markFor({ one, status: authStatus(one, nowMs) });
}

function statusLine(standing: Standing, viewer: Viewer, unseen: Unseen): Line {
  const { one, status } = standing;
  const mark = markFor(standing);
  const action = mayAct(one, viewer) ? rowAction(one.server, status, viewer.forms) : undefined;
  return {
    ...(mark === undefined ? {} : { mark }),
    cells: [one.server.name, toolsCell(one, unseen), statusWords(status, viewer.nowMs)],
    ...(action === undefined ? {} : { action }),
  };
}

function toolsCell({ server, probe }: ServerFacts, unseen: Unseen): string {
  if (!server.enabled) return '';
  if (probe === undefined) return unseen;
  return probe.result.kind === 'ready' ? counted(probe.result.tools.length, 'tool') : '';
}

function listActions(
  all: readonly Standing[],
  { page, pages }: { readonly page: number; readonly pages: number },
  viewer: Viewer,
): readonly Action[] {
  const wanting = all.filter(({ one, status }) => mayAct(one, viewer) && isWanting(status)).length;
  const go = (label: string, to: number): Action =>
    command(label, 'status', ...(to === 1 ? [] : ['page', `${to}`]));
  return [
    ...(wanting > 1 ? [command(`Sign in to all (${wanting})`, 'auth')] : []),
    ...(page > 1 ? [go('Previous', page - 1)] : []),
    ...(page < pages ? [go('Next', page + 1)] : []),
    go('Refresh', page),
  ];
}
