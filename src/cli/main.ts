#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { VERSION } from '../version.js';
import { reportCrashes } from './crash.js';
import { addCredentialsVerbs } from './credentials-verbs.js';
import { paragraphs } from './help-paragraphs.js';

// Verbs are loaded when they are typed: `--help` and `chat` start without what `start` needs.

const EXIT_USAGE = 2;

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('Seconds, from 0 up.');
  return value;
}

function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) < 1 || Number(text) > 65_534)
    throw new InvalidArgumentError('A port from 1 to 65534; the local pages take the one after it.');
  return Number(text);
}

const SPAN_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** In ms since the epoch. */
function since(text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})(m|h|d)$/.exec(text) ?? [];
  const at = count === undefined ? Date.parse(text) : Date.now() - Number(count) * (SPAN_MS[unit] ?? 0);
  if (Number.isNaN(at)) throw new InvalidArgumentError('A time such as 30m, 12h, 7d, or a date.');
  return Math.max(0, at);
}

/** It becomes the actor `terminal:NAME`. */
function name(text: string): string {
  if (!/^[^\s/\p{C}]{1,64}$/u.test(text))
    throw new InvalidArgumentError('A name of up to 64 characters, without spaces and slashes.');
  return text;
}

/** Of a Slack app (docs.slack.dev, "App manifest reference"). */
function appName(text: string): string {
  if (!/^[^\p{C}]{1,35}$/u.test(text) || text.trim() === '')
    throw new InvalidArgumentError('A name of up to 35 characters.');
  return text.trim();
}

const CONFIG = ['-c, --config <file>', 'the config to use (default: config.yaml in this folder)'] as const;
const AS = ['--as <name>', 'who you are: the actor terminal:NAME (default: your user name)', name] as const;
const JSON_LINES = ['--json', 'print each reply or update as one JSON line'] as const;

const program = new Command('mcp-chat-gateway')
  .description('People see their MCP servers in a chat with /mcp, and sign in to them with /mcp auth.')
  .version(VERSION, '-v, --version')
  .showHelpAfterError('(--help shows what there is)')
  .exitOverride()
  .configureOutput({
    writeOut: (text) => process.stdout.write(paragraphs(text, process.stdout.columns)),
  })
  .addHelpText(
    'after',
    `
Exit codes: 0 fine, 1 failed, 2 bad usage or config.

Examples:
  $ mcp-chat-gateway demo                try all of it, with nothing to configure
  $ mcp-chat-gateway chat                talk to your gateway in this terminal
  $ mcp-chat-gateway mcp auth linear     one command from the shell`,
  );

program
  .command('start')
  .description('Run the gateway of config.yaml; where there is none, the demo.')
  .option(...CONFIG)
  .addHelpText(
    'after',
    `
Runs until Ctrl-C or SIGTERM; a second Ctrl-C does not wait for answers under way.

Examples:
  $ mcp-chat-gateway start
  $ mcp-chat-gateway start --config /etc/mcp-chat-gateway/config.yaml`,
  )
  .action(async (options) => {
    process.exitCode = await (await import('./start.js')).start(options);
  });

program
  .command('demo')
  .description('Run the demo: a gateway, an authorization server and four MCP servers, all on this machine.')
  .option('-p, --port <number>', 'the port for sign-ins; the web chat gets the one after it', port, 8787)
  .addHelpText(
    'after',
    `
Nothing is configured, nothing leaves this machine, nothing is kept after Ctrl-C.

Examples:
  $ mcp-chat-gateway demo
  $ mcp-chat-gateway demo --port 9000    the web chat is then at http://127.0.0.1:9001/chat`,
  )
  .action(async (options) => {
    process.exitCode = await (await import('./start.js')).demo(options);
  });

program
  .command('chat')
  .description('Chat with the gateway in this terminal, or through a pipe.')
  .option(...CONFIG)
  .option(...AS)
  .option(...JSON_LINES)
  .option(
    '--wait <seconds>',
    'piped: how long to wait for sign-ins after the input ended (default: until they end)',
    seconds,
  )
  .addHelpText(
    'after',
    `
Without a config.yaml it talks to a demo of its own. Tab completes, the arrow keys bring back what you typed, a
number presses the button that has it, Ctrl-D leaves. Exit code 1: sign-ins were still open when the wait was over.

Examples:
  $ mcp-chat-gateway chat --as ana
  $ echo '/mcp' | mcp-chat-gateway chat
  $ printf '/mcp auth linear\\n' | mcp-chat-gateway chat --json --wait 120`,
  )
  .action(async (options) => {
    process.exitCode = await (await import('./chat.js')).chat(options);
  });

program
  .command('mcp')
  .description('Run one command, as if typed in the chat: /mcp WORDS.')
  .argument('[words...]', 'what follows /mcp')
  .option(...CONFIG)
  .option(...AS)
  .option(...JSON_LINES)
  .option('--wait <seconds>', 'how long to wait for a sign-in (default: until it ends)', seconds)
  .option('--no-wait', 'print the link of a sign-in and do not wait for what comes of it')
  .addHelpText(
    'after',
    `
Prints the answer in its last state. Exit code 1: something in it is marked ✗, or a sign-in did not end in time;
2: no such command or server.

Examples:
  $ mcp-chat-gateway mcp
  $ mcp-chat-gateway mcp auth linear
  $ mcp-chat-gateway mcp test linear && echo "linear works"`,
  )
  .action(async (words, options) => {
    process.exitCode = await (await import('./mcp.js')).mcp(words, options);
  });

program
  .command('check')
  .description(
    'Validate the config, reach every server and the chat platforms, say what is wrong and what to do.',
  )
  .option(...CONFIG)
  .option(...AS)
  .addHelpText(
    'after',
    `
Exit codes: 0 all is well, 1 a server or a chat platform is not, 2 the config has mistakes (each with its path and line).

Examples:
  $ mcp-chat-gateway check
  $ mcp-chat-gateway check --config staging.yaml`,
  )
  .action(async (options) => {
    process.exitCode = await (await import('./check.js')).check(options);
  });

addCredentialsVerbs(program);

program
  .command('slack-manifest')
  .description('Print the manifest of a Slack app for this gateway, to be pasted at api.slack.com/apps.')
  .option(...CONFIG)
  .option('--name <name>', 'what the app is called in Slack', appName, 'MCP Gateway')
  .addHelpText(
    'after',
    `
In Socket Mode, unless the config says \`mode: http\`; then with the address below public_url. The config need not be
finished: tokens may be missing. The manifest goes to standard output, what it asks for and why to standard error.

Examples:
  $ mcp-chat-gateway slack-manifest
  $ mcp-chat-gateway slack-manifest --name "Acme MCP" > manifest.json`,
  )
  .action(async (options) => {
    process.exitCode = await (await import('./slack-manifest.js')).printSlackManifest(options);
  });

program
  .command('discord-invite')
  .description('Print the address that adds the Discord bot of the config to a server.')
  .option(...CONFIG)
  .addHelpText(
    'after',
    `
Reads the application's id out of the token and asks nobody. What it asks for and why goes to standard error.

Examples:
  $ mcp-chat-gateway discord-invite
  $ mcp-chat-gateway discord-invite --config staging.yaml`,
  )
  .action(async (options) => {
    process.exitCode = await (await import('./discord-invite.js')).printDiscordInvite(options);
  });

program
  .command('audit')
  .description('Print who did what: sign-ins, keys, refusals, what admins did.')
  .option(...CONFIG)
  .addOption(
    new Option('--since <time>', 'how far back: 30m, 12h, 7d, or a date such as 2026-11-01')
      .argParser(since)
      .default(since('7d'), '7d'),
  )
  .option('--server <name>', 'about this server alone')
  .option('--actor <id>', 'of this account or person alone: telegram:123456789, or a name of `people`')
  .option('--json', 'one JSON object a line')
  .addHelpText(
    'after',
    `
The oldest first, from the gateway's storage, whether it runs or not. audit.retention says how long it is kept.

Examples:
  $ mcp-chat-gateway audit --since 24h
  $ mcp-chat-gateway audit --since 7d --json | jq 'select(.what == "refused")'
  $ mcp-chat-gateway audit --server linear --actor ana --since 2026-11-01`,
  )
  .action(async (options) => {
    process.exitCode = await (await import('./audit.js')).audit(options);
  });

program
  .command('keys')
  .description('Sealing keys.')
  .command('rotate')
  .description('Seal every record with the new key, while gateways go on.')
  .option(...CONFIG)
  .addHelpText(
    'after',
    `
With keys in the config: put the new one behind the old one in security.encryption_key and restart every gateway, so that
all know it; put it in front and restart again; run this; when it is done, take the old one out (docs/scaling.md). With
one gateway, begin with it in front. Without keys in the config: the state folder gets a new one, and gateways notice.
It may be cut short with Ctrl-C, and run again. Exit code 1: something still needs an old key; it says what.

Examples:
  $ mcp-chat-gateway keys rotate
  $ mcp-chat-gateway keys rotate --config /etc/mcp-chat-gateway/config.yaml`,
  )
  .action(async (options) => {
    process.exitCode = await (await import('./keys-rotate.js')).rotate(options);
  });

program
  .command('storage')
  .description('Where sign-ins and keys are kept.')
  .command('copy')
  .description('Copy all records from one storage to another, to move a gateway.')
  .argument('<from>', 'as after `storage:` in a config')
  .argument('<to>', "the same; '${NAME}' is the environment variable NAME")
  .option('--exact', 'remove what is in TO alone; only before a gateway runs there')
  .option(
    '-c, --config <file>',
    'the config with the key of the records, for the audit (default: config.yaml)',
  )
  .addHelpText(
    'after',
    `
Stop the gateways first. Records stay sealed with the keys that they have. Nothing that was written later in TO is
overwritten. It may be cut short with Ctrl-C, and run again; then with --exact, so that what was signed out here meanwhile
does not come back there. Exit code 1: not all records are there.

Examples:
  $ mcp-chat-gateway storage copy file:./state 'redis://:\${REDIS_PASSWORD}@redis.internal:6379/0'
  $ mcp-chat-gateway storage copy redis://127.0.0.1:6379/0 '{ url: "postgres://127.0.0.1/gateway", prefix: a_ }'`,
  )
  .action(async (from, to, options) => {
    process.exitCode = await (await import('./storage-copy.js')).copyStorage(from, to, options);
  });

reportCrashes();

/** A reader that went away (`| head`) is no failure. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  else process.exitCode = (await import('./failure.js')).reportFailure(error);
}
