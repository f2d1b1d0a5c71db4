import type { Reply } from '../gateway/types.js';
import { route } from '../gateway/words/command-router.js';
import { firstSignal } from './signals.js';
import { say, type TerminalGateway, type TerminalOptions, waitForSignIns, withTerminal } from './terminal.js';

export interface McpOptions extends TerminalOptions {
  /** Seconds; false: not at all. */
  readonly wait?: number | boolean;
}

/** One command, its answer in its last state, and what came of the sign-ins that it started. */
export function mcp(words: readonly string[], options: McpOptions): Promise<number> {
  const interrupted = new AbortController();
  void firstSignal().then(() => interrupted.abort());
  return withTerminal(options, { words }, async (gateway) => {
    const { app, terminal } = gateway;
    await terminal.ended;
    await app.gateway.settle();
    const open = await outcomes(gateway, options.wait, interrupted.signal);
    terminal.flush();
    if (!isUnderstood(words, app.settings().servers)) return 2;
    const failed = terminal.said().length === 0 || terminal.said().some(isFailed);
    return failed || open || interrupted.signal.aborted ? 1 : 0;
  });
}

/** True: a sign-in that was waited for is still open. */
async function outcomes(
  gateway: TerminalGateway,
  wait: McpOptions['wait'],
  interrupted: AbortSignal,
): Promise<boolean> {
  if (!gateway.terminal.said().some(hasLink)) return false;
  if (wait !== false) {
    const open = await waitForSignIns(gateway, typeof wait === 'number' ? wait : undefined, interrupted);
    if (open > 0) say('The sign-in is still open.');
    return open > 0;
  }
  if (!gateway.started.sharedWithRunning)
    say('The link works only while a gateway runs: mcp-chat-gateway start');
  return false;
}

/** Whether these words are a command at all; whether this person may run it is another matter. */
function isUnderstood(words: readonly string[], servers: readonly { readonly name: string }[]): boolean {
  const names = servers.map((server) => server.name);
  return route(words, { role: 'admin', servers: names, keyed: new Set() }).kind === 'run';
}

function isFailed(reply: Reply): boolean {
  return reply.lines.some((line) => line.mark === 'failed');
}

/** A link is there to be opened: something comes of it. */
function hasLink(reply: Reply): boolean {
  return [...reply.lines.map((line) => line.action), ...reply.actions].some(
    (action) => action?.kind === 'link',
  );
}
