import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startDiscord } from '../helpers/discord/discord.js';
import { type GatewayFolder, gatewayFolder } from '../helpers/gateway-folder.js';
import { Program } from '../helpers/program.js';
import { freePort } from '../helpers/servers/free-port.js';
import { startSlack } from '../helpers/slack/slack.js';
import { startBotApi } from '../helpers/telegram/bot-api.js';

const programs: Program[] = [];
let empty: string;
let home: GatewayFolder;
beforeEach(async () => {
  empty = await mkdtemp(join(tmpdir(), 'start-'));
  home = await gatewayFolder({ mcp_servers: { linear: { url: 'http://127.0.0.1:9/mcp' } } });
});
afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.stop()));
  await rm(empty, { recursive: true, force: true });
  await home.remove();
});

function run(args: readonly string[], cwd = empty): Program {
  const program = new Program(args, { cwd });
  programs.push(program);
  return program;
}

/** Takes a port of this machine for as long as `work` runs. */
async function whileTaken(port: number, work: () => Promise<void>): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  try {
    await work();
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

describe('start', () => {
  it('runs the demo where there is no config, and says so', async () => {
    const program = run(['start']);
    expect(await program.untilSays('No config.yaml in this folder, so this runs the demo.')).toBe(true);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('runs the gateway of the config until %s', async (signal) => {
    const program = run(['start'], home.folder);
    await program.untilSays('Ctrl-C stops it.');
    expect(program.out).toContain('The gateway of config.yaml runs.');
    expect(program.out).toContain(home.publicUrl);
    expect(program.out).toContain(home.localUrl);
    expect(program.out).toMatch(/Servers +1\n/);
    expect((await fetch(`${home.publicUrl}/healthz`)).status).toBe(200);
    program.child.kill(signal);
    expect(await program.ended).toBe(0);
  });

  it('says how a Telegram bot receives its messages, and nothing of its token', async () => {
    const platform = await startBotApi();
    await home.rewrite({ platforms: { telegram: { token: platform.token, api_root: platform.root } } });
    const program = run(['start'], home.folder);
    await program.untilSays('Ctrl-C stops it.');
    expect(program.out).toMatch(/^ {2}Telegram +long polling$/m);
    expect(await program.stop()).toBe(0);
    expect(program.out + program.err).not.toContain(platform.token.split(':')[1]);
    await platform.close();
  });

  it('says the same of a Slack app and a Discord bot, which both come up', async () => {
    const [slack, discord] = await Promise.all([startSlack(), startDiscord()]);
    const { botToken } = slack.workspace('Acme');
    const tokens = { bot_token: botToken, app_token: slack.appToken };
    await home.rewrite({
      platforms: {
        slack: { ...tokens, api_root: slack.apiUrl },
        discord: { token: discord.token, api_root: discord.api },
      },
    });
    try {
      const program = run(['start'], home.folder);
      await program.untilSays('Ctrl-C stops it.');
      expect(program.out).toMatch(/^ {2}Slack +Socket Mode$/m);
      expect(program.out).toMatch(/^ {2}Discord +the Gateway$/m);
      await slack.sockets.untilOpen();
      await expect.poll(() => discord.gateway.ready).toBe(1);
      await expect.poll(() => discord.commands()).toMatchObject([{ name: 'mcp' }]);
      for (const token of [botToken, slack.appToken, discord.token])
        expect(program.out + program.err).not.toContain(token.slice(-10));
      await program.stop();
    } finally {
      await Promise.all([slack.close(), discord.close()]);
    }
  });

  it('says which port is taken and which setting to change: exit code 1', async () => {
    await whileTaken(Number(new URL(home.publicUrl).port), async () => {
      const program = run(['start'], home.folder);
      expect(await program.ended).toBe(1);
      expect(program.err).toMatch(/^Port \d+ on 127\.0\.0\.1 is taken by another program\. .*"listen"\.$/m);
      expect(program.err).not.toContain('    at ');
    });
  });

  it('starts nothing with a config that has mistakes: exit code 2', async () => {
    await home.rewrite({ mcp_servers: { linear: { ulr: 'x' } } });
    const program = run(['start', '--config', home.config]);
    expect(await program.ended).toBe(2);
    expect(program.out).toBe('');
    expect(program.err).toContain('mcp_servers.linear.ulr');
  });
});

/** A free port whose neighbour is free too. */
async function demoPort(): Promise<number> {
  const port = await freePort();
  return port < 65_535 ? port : demoPort();
}

describe('demo', () => {
  it('prints one link, which opens the web chat, and what the demo asks for', async () => {
    const port = await demoPort();
    const program = run(['demo', '--port', String(port)]);
    await program.untilSays('Ctrl-C stops it.');
    const links = program.out.match(/https?:\/\/\S+/g);
    expect(links).toEqual([`http://127.0.0.1:${port + 1}/chat`]);
    expect((await fetch(links?.[0] ?? '')).status).toBe(200);
    expect(program.out).toMatch(/key: demo-[0-9a-f]+/);
    expect(await program.stop()).toBe(0);
  });

  it('says how to choose another port when its port is taken: exit code 1', async () => {
    const port = await demoPort();
    await whileTaken(port, async () => {
      const program = run(['demo', '--port', String(port)]);
      expect(await program.ended).toBe(1);
      expect(program.err).toContain(`Port ${port} on 127.0.0.1 is taken by another program.`);
      expect(program.err).toContain('mcp-chat-gateway demo --port 9000');
    });
  });
});
