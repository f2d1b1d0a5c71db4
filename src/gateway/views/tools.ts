import { command } from '../actions.js';
import { pageOf } from '../paging.js';
import type { ServerFacts } from '../services.js';
import type { Action, Reply } from '../types.js';
import { counted, oneLine } from '../wording.js';
import { notReady } from './not-ready.js';
import { serverLine } from './outcome.js';
import type { Viewer } from './status.js';

/** `/mcp tools linear 2`. Names and descriptions are the server's own text. */
export function toolsView(one: ServerFacts, page: number, viewer: Viewer): Reply {
  const { server, probe } = one;
  if (probe?.result.kind !== 'ready') return notReady(one, viewer);
  const { tools } = probe.result;
  if (tools.length === 0) {
    const none = serverLine(server.name, 'neutral', `${server.name} has no tools.`);
    return { title: '', lines: [none], actions: [command('Status', 'status')] };
  }
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
