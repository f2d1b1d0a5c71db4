import { command } from '../actions.js';
import { pageOf } from '../paging.js';
import { SHARED } from '../services.js';
import type { AuthStatus } from '../status.js';
import { relative } from '../times.js';
import type { Action, Line, Reply } from '../types.js';
import { counted, oneLine, statusMark, statusWords } from '../wording.js';
import { sentence } from './sentences.js';

/** One credential: whose, where, and how it stands. */
export interface UserRow {
  readonly subject: string;
  readonly server: string;
  readonly status: AuthStatus;
  readonly expiresAtMs?: number;
  readonly refreshes: boolean;
}

/** `/mcp users`: people by server, eight a page. */
export function usersView(rows: readonly UserRow[], page: number, nowMs: number, server?: string): Reply {
  const where = server === undefined ? '' : ` to ${server}`;
  if (rows.length === 0)
    return sentence(`Nobody is signed in${where} yet.`, 'neutral', command('Status', 'status'));
  const shown = pageOf(rows, page);
  const people = new Set(rows.map((row) => row.subject).filter((subject) => subject !== SHARED)).size;
  const base = ['users', ...(server === undefined ? [] : [server])];
  const go = (label: string, to: number): Action => command(label, ...base, 'page', `${to}`);
  return {
    title: `Signed in${where}${shown.pages === 1 ? '' : `, page ${shown.page} of ${shown.pages}`}`,
    ...(people === 0 ? {} : { aside: counted(people, 'person', 'people') }),
    lines: shown.items.map((row) => userLine(row, nowMs)),
    actions: [
      ...(shown.page > 1 ? [go('Previous', shown.page - 1)] : []),
      ...(shown.page < shown.pages ? [go('Next', shown.page + 1)] : []),
    ],
  };
}

export function userLine(row: UserRow, nowMs: number): Line {
  return {
    mark: statusMark(row.status, true) ?? 'ok',
    cells: [
      oneLine(row.subject, 60),
      oneLine(row.server, 40),
      statusWords(row.status, nowMs),
      expiryCell(row, nowMs),
    ],
  };
}

/** What the status does not say already. */
function expiryCell({ status, expiresAtMs, refreshes }: UserRow, nowMs: number): string {
  if (expiresAtMs === undefined || (status.kind === 'connected' && status.expiresAtMs !== undefined))
    return '';
  const live = expiresAtMs > nowMs;
  if (refreshes) return `refreshes by itself${live ? ` ${relative(expiresAtMs, nowMs)}` : ''}`;
  return `${live ? 'expires' : 'expired'} ${relative(expiresAtMs, nowMs)}`;
}
