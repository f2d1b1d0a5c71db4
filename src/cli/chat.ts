import { firstSignal } from './signals.js';
import { say, type TerminalGateway, type TerminalOptions, waitForSignIns, withTerminal } from './terminal.js';

export interface ChatOptions extends TerminalOptions {
  readonly wait?: number;
}

/** A chat in this terminal, until the person leaves or the piped input and its sign-ins have ended. */
export function chat(options: ChatOptions): Promise<number> {
  const interrupted = new AbortController();
  void firstSignal().then(() => interrupted.abort());
  return withTerminal(options, process.stdin, async (gateway) => {
    const { terminal } = gateway;
    const leave = () => void terminal.stop();
    if (interrupted.signal.aborted) leave();
    else interrupted.signal.addEventListener('abort', leave);
    if (terminal.forms === true) return converse(gateway);
    await terminal.ended;
    await announceWait(gateway, options.wait);
    const open = await waitForSignIns(gateway, options.wait, interrupted.signal);
    if (open > 0) say(stillOpen(open));
    return open > 0 || interrupted.signal.aborted ? 1 : 0;
  });
}

/** Who typed only `/mcp` may have sign-ins open from before, and would else not know what this still runs for. */
async function announceWait(
  { app, terminal }: TerminalGateway,
  waitSeconds: number | undefined,
): Promise<void> {
  const open = waitSeconds === 0 ? 0 : await app.gateway.openSignIns(terminal.actor);
  if (open > 0) say(`${stillOpen(open)} Waiting for what comes of it; Ctrl-C does not wait.`);
}

async function converse({ app, terminal, started }: TerminalGateway): Promise<number> {
  await terminal.ended;
  const open = await app.gateway.openSignIns(terminal.actor);
  // What is kept in memory ends here, link and all.
  const outlive = app.settings().storage.kind !== 'memory';
  if (open > 0 && outlive && !started.sharedWithRunning) say(`${stillOpen(open)} ${linksWork(open)}`);
  return 0;
}

function linksWork(open: number): string {
  const links = open === 1 ? 'Its link works' : 'Their links work';
  return `${links} only while a gateway runs: mcp-chat-gateway start`;
}

function stillOpen(open: number): string {
  return open === 1 ? '1 sign-in is still open.' : `${open} sign-ins are still open.`;
}
