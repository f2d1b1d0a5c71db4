import { userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTerminalAdapter, type TerminalAdapter } from '../adapters/terminal/adapter.js';
import { createLinkOpener, isRemote } from '../adapters/terminal/browser.js';
import type { Ends } from '../adapters/terminal/place.js';
import { type App, createApp } from '../app/app.js';
import type { ListenersStarted } from '../app/started.js';
import { routeConsole } from '../observability/console.js';
import { createLog, type Log, silentLog } from '../observability/log.js';
import { type Configured, configuredOrDemo } from './configured.js';
import { asFolderOwner } from './folder-owner.js';

export interface TerminalOptions {
  readonly config?: string;
  readonly as?: string;
  readonly json?: boolean;
}

/** A gateway in this process, with this terminal as its only chat. */
export interface TerminalGateway {
  readonly app: App;
  readonly terminal: TerminalAdapter;
  readonly started: ListenersStarted;
}

/** Opens it, lets `work` use it, closes it. Where a gateway runs on the same store, that one finishes the sign-ins. */
export async function withTerminal(
  options: TerminalOptions,
  input: Ends['input'],
  work: (gateway: TerminalGateway) => Promise<number>,
): Promise<number> {
  const configured = await configuredOrDemo(options.config);
  let app: App | undefined;
  try {
    for (const note of configured.notes) say(note);
    const terminal = openTerminal(options, input);
    if (terminal.forms === true)
      say(
        `You are terminal:${terminal.actor.userId}. /mcp shows your servers, Tab completes, Ctrl-D leaves.`,
      );
    app = await createApp(inTerminalOnly(configured), {
      adapters: [terminal],
      log: quietLog(configured),
      ...configured.reload,
    });
    return await work({ app, terminal, started: await app.start({ listeners: 'if-free' }) });
  } finally {
    await app?.stop();
    await configured.stop();
  }
}

/** For the person, not for whatever reads the chat. */
export function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

/** https://no-color.org */
export function colours(): boolean {
  const { NO_COLOR, TERM } = process.env;
  return process.stdout.isTTY === true && !NO_COLOR && TERM !== 'dumb';
}

/** Who types, where nobody said. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? 'me';
  }
}

/** Other chats have a gateway of their own to run in: two of them would answer everything twice. */
function inTerminalOnly({ settings }: Configured): Configured['settings'] {
  return { ...asFolderOwner(settings), platforms: {} };
}

/** Log lines would run through the chat on the same screen; `2> file` brings them back. */
export function quietLog({ settings }: Pick<Configured, 'settings'>): Log {
  const log = process.stderr.isTTY === true ? silentLog : createLog(settings.log.level);
  routeConsole(log);
  return log;
}

function openTerminal({ as, json }: TerminalOptions, input: Ends['input']): TerminalAdapter {
  const openLink = createLinkOpener();
  return createTerminalAdapter({
    input,
    output: process.stdout,
    as: as ?? userName(),
    json: json === true,
    colour: colours(),
    dumb: process.env.TERM === 'dumb',
    remote: isRemote(process.env),
    ...(openLink === undefined ? {} : { openLink }),
  });
}

const LOOK_EVERY_MS = 200;

/**
 * Waits until what runs has said its last word and this person's sign-ins have ended, or the time is over, or
 * `enough`. Resolves to how many are still open.
 */
export async function waitForSignIns(
  { app, terminal }: TerminalGateway,
  waitSeconds: number | undefined,
  enough: AbortSignal,
): Promise<number> {
  const untilMs = waitSeconds === undefined ? Infinity : Date.now() + waitSeconds * 1000;
  for (;;) {
    const open = await app.gateway.openSignIns(terminal.actor);
    if (open === 0 || Date.now() >= untilMs || enough.aborted) {
      await app.gateway.settle();
      return open;
    }
    const pauseMs = Math.min(LOOK_EVERY_MS, untilMs - Date.now());
    await sleep(Math.max(0, pauseMs), undefined, { signal: enough }).catch(() => undefined);
  }
}
