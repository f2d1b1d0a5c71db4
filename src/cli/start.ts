import { type App, createApp } from '../app/app.js';
import type { ListenersStarted } from '../app/started.js';
import { ListenError } from '../http/listen-error.js';
import { routeConsole } from '../observability/console.js';
import { createLog } from '../observability/log.js';
import { shownPlace } from '../storage/places.js';
import { type Configured, configFile, readConfig, startDemoServers } from './configured.js';
import { VerbError } from './failure.js';
import { firstSignal } from './signals.js';

const DEMO_PORT = 8787;

/** Runs the gateway of the config; where there is none, the demo. Resolves with the exit code when told to stop. */
export async function start(options: { readonly config?: string }): Promise<number> {
  const file = configFile(options.config);
  if (file === undefined) {
    print(['No config.yaml in this folder, so this runs the demo.']);
    return demo({ port: DEMO_PORT });
  }
  const configured = await readConfig(file);
  return run(configured, createLog(configured.settings.log.level), (started) => [
    ...configured.notes,
    `The gateway of ${file} runs.`,
    '',
    ...whatIsOn(configured, started),
    '',
  ]);
}

export async function demo({ port }: { readonly port: number }): Promise<number> {
  const configured = await startDemoServers(port);
  try {
    return await run(configured, createLog('warn'), ({ localUrl }) => [
      'This is the demo. It needs no account and no network, and keeps nothing.',
      '',
      `  ${localUrl}/chat`,
      '',
      'Open it, type /mcp auth, press Sign in.',
      ...configured.notes,
    ]);
  } catch (error) {
    if (!(error instanceof ListenError && error.code === 'port_taken')) throw error;
    const remedy = 'Stop that one, or choose another port: mcp-chat-gateway demo --port 9000';
    throw new VerbError(`Port ${error.port} on ${error.host} is taken by another program. ${remedy}`, 1);
  }
}

async function run(
  configured: Configured,
  log: ReturnType<typeof createLog>,
  greeting: (started: ListenersStarted) => readonly string[],
): Promise<number> {
  routeConsole(log);
  const signal = firstSignal();
  let app: App | undefined;
  try {
    app = await createApp(configured.settings, { log, ...configured.reload });
    print([...greeting(await app.start({ listeners: 'both' })), 'Ctrl-C stops it.']);
    await signal;
    print(['Stopping; Ctrl-C again does not wait.']);
  } finally {
    await app?.stop();
    await configured.stop();
    leaveSoon();
  }
  return 0;
}

/** A request to a server that hangs would keep the process: what was to be finished has had its time. */
function leaveSoon(): void {
  setTimeout(() => process.exit(), 200).unref();
}

function whatIsOn({ settings }: Configured, { publicUrl, localUrl }: ListenersStarted): readonly string[] {
  const { listen, servers, storage, platforms } = settings;
  const off = servers.filter((server) => !server.enabled).length;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Sign-ins', `${publicUrl} (listening on ${listen.host}:${listen.port})`],
    ['Local', localUrl],
    ['Web chat', platforms.web === undefined ? undefined : `${localUrl}/chat`],
    ['Telegram', receivingWords(platforms.telegram?.mode, publicUrl)],
    ['Slack', receivingWords(platforms.slack?.mode, publicUrl)],
    ['Discord', receivingWords(platforms.discord?.mode, publicUrl)],
    ['Servers', `${servers.length}${off === 0 ? '' : `, ${off} of them disabled`}`],
    ['Storage', shownPlace(storage)],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [`  ${name.padEnd(10)}${value}`]));
}

type Mode = 'polling' | 'webhook' | 'socket' | 'gateway' | 'http';

/** How what people do comes in. */
function receivingWords(mode: Mode | undefined, publicUrl: string): string | undefined {
  switch (mode) {
    case undefined:
      return undefined;
    case 'polling':
      return 'long polling';
    case 'webhook':
      return `webhook at ${publicUrl}`;
    case 'socket':
      return 'Socket Mode';
    case 'gateway':
      return 'the Gateway';
    case 'http':
      return `HTTP at ${publicUrl}`;
  }
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
