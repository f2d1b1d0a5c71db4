import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startDiscord } from '../helpers/discord/discord.js';
import { type GatewayFolder, gatewayFolder } from '../helpers/gateway-folder.js';
import { Program } from '../helpers/program.js';
import { startSlack } from '../helpers/slack/slack.js';
import { startBotApi } from '../helpers/telegram/bot-api.js';

const SERVERS = { gone: { url: 'http://127.0.0.1:9/mcp' } };
let home: GatewayFolder;
let program: Program | undefined;

beforeEach(async () => {
  home = await gatewayFolder({ mcp_servers: SERVERS });
});
afterEach(async () => {
  await program?.kill();
  await home.remove();
});

function run(args: readonly string[]): Program {
  const started = new Program(args, {
    cwd: home.folder,
    env: {
      NODE_OPTIONS: `--import=${new URL('../helpers/loaded-modules.mjs', import.meta.url).href}`,
      LOADED_MODULES: join(home.folder, 'loaded'),
    },
  });
  program = started;
  return started;
}

interface Loaded {
  readonly packages: ReadonlySet<string>;
  /** Modules of ours: `adapters/web/adapter`. */
  readonly modules: ReadonlySet<string>;
}

/** The bundler says of which module the code is that follows: `// node_modules/zod/v4/core/core.js`. */
async function insideOf(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8');
  return Array.from(text.matchAll(/^\s*\/\/ (\S+\.\w+)$/gm), ([, path]) => path ?? '');
}

/** What the program loaded something of, on its own or as a part of a bundle. */
async function loaded(): Promise<Loaded> {
  const files = (await readFile(join(home.folder, 'loaded'), 'utf8'))
    .split('\n')
    .filter((url) => url.startsWith('file:'))
    .map((url) => fileURLToPath(url));
  const paths = [...files, ...(await Promise.all(files.map(insideOf))).flat()];
  const named = (pattern: RegExp) => new Set(paths.flatMap((path) => pattern.exec(path)?.[1] ?? []));
  return {
    packages: named(/.*\bnode_modules\/((?:@[^/]+\/)?[^/]+)\//),
    modules: named(/^src\/(.+)\.ts$/),
  };
}

/** What costs more than it is worth before somebody signs in or a server is looked at. */
const LATER = [
  '@modelcontextprotocol/client',
  '@modelcontextprotocol/sdk',
  '@redis/client',
  'express',
  'ipaddr.js',
  'oauth4webapi',
  'pg',
  'prom-client',
  'undici',
];
const WEB = ['hono', '@hono/node-server'];
const PLATFORMS = { telegram: ['grammy'], discord: ['discord.js'], slack: ['@slack/bolt'] };

/** Those of `names` that were loaded. */
function among(packages: ReadonlySet<string>, ...names: readonly (readonly string[])[]): readonly string[] {
  return names.flat().filter((name) => packages.has(name));
}

/** The adapters that were loaded. */
function adapters({ modules }: Loaded): readonly string[] {
  return ['telegram', 'slack', 'discord', 'terminal', 'web'].filter((name) =>
    modules.has(`adapters/${name}/adapter`),
  );
}

describe('a start loads what it needs', () => {
  it('--help: the command line', async () => {
    expect(await run(['--help']).ended).toBe(0);
    const { packages, modules } = await loaded();
    expect([...packages]).toEqual(['commander']);
    const ours = [
      'cli/crash',
      'cli/credentials-verbs',
      'cli/help-paragraphs',
      'cli/main',
      'cli/option-values',
      'observability/quoted',
      'observability/scrub',
    ];
    expect([...modules].toSorted()).toEqual([...ours, 'version']);
  });

  it('chat: no client of a server or provider, no web pages, no platform', async () => {
    const chat = run(['chat', '--as', 'ana']);
    chat.endInput();
    expect(await chat.ended).toBe(0);
    const all = await loaded();
    expect(all.packages).toContain('zod');
    expect(among(all.packages, LATER, WEB, ...Object.values(PLATFORMS))).toEqual([]);
    expect(adapters(all)).toEqual(['terminal']);
  });

  it('start: the web pages, before it says that it runs; no client of a server or provider', async () => {
    const gateway = run(['start']);
    await gateway.untilSays('Ctrl-C stops it.');
    const all = await loaded();
    expect(among(all.packages, WEB)).toEqual(WEB);
    expect(among(all.packages, LATER, ...Object.values(PLATFORMS))).toEqual([]);
    expect(adapters(all)).toEqual([]);
    expect(await gateway.stop()).toBe(0);
  });

  it('start with the web chat: no other platform', async () => {
    await home.rewrite({ platforms: { web: {} }, mcp_servers: SERVERS });
    const gateway = run(['start']);
    await gateway.untilSays('Ctrl-C stops it.');
    const all = await loaded();
    expect(among(all.packages, LATER, ...Object.values(PLATFORMS))).toEqual([]);
    expect(adapters(all)).toEqual(['web']);
    expect(await gateway.stop()).toBe(0);
  });

  it('start with Telegram: no other platform, no demo', async () => {
    const telegram = await startBotApi();
    await home.rewrite({
      platforms: { telegram: { token: telegram.token, api_root: telegram.root } },
      mcp_servers: SERVERS,
    });
    const gateway = run(['start']);
    // It polls by then.
    await expect.poll(() => telegram.callsOf('getMyCommands').length).toBeGreaterThan(0);
    const all = await loaded();
    expect(among(all.packages, PLATFORMS.telegram)).toEqual(['grammy']);
    expect(among(all.packages, LATER, PLATFORMS.discord, PLATFORMS.slack)).toEqual([]);
    expect(adapters(all)).toEqual(['telegram']);
    expect(all.modules).not.toContain('demo/demo');
    expect(await gateway.stop()).toBe(0);
    await telegram.close();
  });

  it.each(['socket', 'http'] as const)(
    'start with Slack (%s): no other platform, nothing of Bolt, no demo, a WebSocket only where one is used',
    async (mode) => {
      const slack = await startSlack();
      const { botToken } = slack.workspace('Acme');
      await home.rewrite({
        platforms: {
          slack: {
            mode,
            bot_token: botToken,
            ...(mode === 'socket' ? { app_token: slack.appToken } : { signing_secret: slack.signingSecret }),
            api_root: slack.apiUrl.replace(/\/$/, ''),
          },
        },
        mcp_servers: SERVERS,
      });
      const gateway = run(['start']);
      await gateway.untilSays('Ctrl-C stops it.');
      if (mode === 'socket') await slack.sockets.untilOpen();
      await expect.poll(() => slack.callsOf('auth.test').length).toBe(1);
      const all = await loaded();
      expect(among(all.packages, LATER, ...Object.values(PLATFORMS))).toEqual([]);
      expect([...all.packages].filter((name) => name.startsWith('@slack/'))).toEqual([]);
      expect(all.packages.has('ws')).toBe(mode === 'socket');
      expect(adapters(all)).toEqual(['slack']);
      expect(all.modules).not.toContain('demo/demo');
      expect(await gateway.stop()).toBe(0);
      await slack.close();
    },
  );

  it('start with Discord: no other platform, no demo, and not discord.js either', async () => {
    const discord = await startDiscord();
    await home.rewrite({
      platforms: { discord: { token: discord.token, api_root: discord.api } },
      mcp_servers: SERVERS,
    });
    const gateway = run(['start']);
    await expect.poll(() => discord.gateway.ready).toBe(1);
    const all = await loaded();
    expect(among(all.packages, ['ws'])).toEqual(['ws']);
    expect(among(all.packages, LATER, ...Object.values(PLATFORMS))).toEqual([]);
    expect(adapters(all)).toEqual(['discord']);
    expect(all.modules).not.toContain('demo/demo');
    expect(await gateway.stop()).toBe(0);
    await discord.close();
  });
});
