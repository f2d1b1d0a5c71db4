import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Discord, startDiscord } from '../helpers/discord/discord.js';
import { type EverythingServer, startEverythingServer } from '../helpers/everything-server.js';
import { Program } from '../helpers/program.js';
import { freePort } from '../helpers/servers/free-port.js';
import { type Slack, startSlack } from '../helpers/slack/slack.js';
import { type BotApi, startBotApi } from '../helpers/telegram/bot-api.js';

let everything: EverythingServer;
let folder: string;
beforeAll(async () => {
  everything = await startEverythingServer();
});
afterAll(() => everything.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'check-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function check(config: string | undefined, env: Readonly<Record<string, string>> = {}) {
  if (config !== undefined) await writeFile(join(folder, 'config.yaml'), config);
  const program = new Program(['check', '--as', 'ana'], { cwd: folder, env });
  return { code: await program.ended, out: program.out, err: program.err };
}

const LISTEN = 'listen: 127.0.0.1:8787\nstorage: memory\n';

describe('check', () => {
  it('reports every mistake at once, with path and line: exit code 2', async () => {
    const { code, out, err } = await check(
      `${LISTEN}mcp_servers:\n  linear:\n    ulr: https://mcp.linear.app/mcp\n  files:\n    url: not a url\n`,
    );
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/config\.yaml:5/);
    expect(err).toMatch(/config\.yaml:7/);
    expect(err).toContain('mcp_servers.linear.ulr');
    expect(err).toContain('mcp_servers.files.url');
    expect(err).toContain('url');
  });

  it('says that there is no config, and where to get one: exit code 2', async () => {
    const { code, err } = await check(undefined);
    expect(code).toBe(2);
    expect(err).toContain('config.example.yaml');
  });

  it('reaches a server: exit code 0', async () => {
    const { code, out } = await check(`${LISTEN}mcp_servers:\n  everything:\n    url: ${everything.url}\n`);
    expect(out).toMatch(/config\.yaml is valid\. +1 server\n✓ everything {3}reached · 13 tools\n/);
    expect(code).toBe(0);
  });

  it('says which server is wrong, where it stands in the config and what to do: exit code 1', async () => {
    const port = await freePort();
    const { code, out } = await check(
      `${LISTEN}mcp_servers:
  everything:
    url: ${everything.url}
  gone:
    url: http://127.0.0.1:${port}/mcp
  keyed:
    url: ${everything.url}
    headers: { X-API-Key: "\${SOME_KEY}" }
  lost:
    url: http://127.0.0.1:${port}/mcp
    headers: { X-API-Key: "\${SOME_KEY}" }
  off:
    url: http://127.0.0.1:${port}/mcp
    enabled: false
`,
    );
    expect(code).toBe(1);
    expect(out).toMatch(/2 of 5 failed/);
    expect(out).toMatch(/✓ everything/);
    expect(out).toMatch(/✗ gone +127\.0\.0\.1 could not be reached/);
    expect(out).toMatch(/● keyed +key needed/);
    expect(out).toMatch(/✗ lost +127\.0\.0\.1 could not be reached/);
    expect(out).toMatch(/– off +disabled/);
    expect(out).toMatch(/config\.yaml:6 +gone: Check its `url`, and that it runs\./);
    expect(out).toMatch(/config\.yaml:8 +keyed: People give theirs with \/mcp auth keyed; set SOME_KEY/);
  });
});

describe('check of a Telegram bot', () => {
  let platform: BotApi;
  beforeEach(async () => {
    platform = await startBotApi();
  });
  afterEach(() => platform.close());

  const config = () =>
    `${LISTEN}mcp_servers:
  off: { url: "http://127.0.0.1:9/mcp", enabled: false }
access: { users: [telegram:123456789] }
platforms:
  telegram:
    token: "\${TELEGRAM_BOT_TOKEN}"
    api_root: ${platform.root}
`;
  const checkBot = () => check(config(), { TELEGRAM_BOT_TOKEN: platform.token });

  it('names the bot, and says below what a start will do and where it stands: exit code 0', async () => {
    const { code, out, err } = await checkBot();
    expect(out).toMatch(/\n\nTelegram\n✓ @acme_mcp_bot \(Acme MCP\) answers\n✓ can be added to groups\n/);
    expect(out).toContain('\n✓ long polling\n');
    expect(out).toMatch(/\n● \/mcp is not in the command list of groups\n/);
    expect(out.match(/config\.yaml:7 +telegram: `mcp-chat-gateway start` puts/g)).toHaveLength(1);
    expect(err).toContain('public_url');
    expect(out + err).not.toContain(platform.token.split(':')[1]);
    expect(code).toBe(0);
  });

  it('says that the token is refused and where the current one is: exit code 1', async () => {
    platform.revokeToken();
    const { code, out, err } = await checkBot();
    expect(out).toContain('✗ Telegram refuses the bot token (401)');
    expect(out).toMatch(/config\.yaml:7 +telegram: .*@BotFather/);
    expect(out + err).not.toContain(platform.token.split(':')[1]);
    expect(code).toBe(1);
  });

  it('asks nobody where the token is missing, and says where it is found: exit code 2', async () => {
    const { code, err } = await check(config());
    expect(err).toMatch(/config\.yaml:8:12 platforms\.telegram\.token\n/);
    expect(err).toContain('@BotFather');
    expect(platform.calls).toEqual([]);
    expect(code).toBe(2);
  });
});

describe('check of Slack and Discord', () => {
  let slack: Slack;
  let discord: Discord;
  beforeEach(async () => {
    slack = await startSlack();
    discord = await startDiscord();
  });
  afterEach(async () => {
    await slack.close();
    await discord.close();
  });

  const config = () =>
    `${LISTEN}public_url: https://mcp.example.com
mcp_servers:
  off: { url: "http://127.0.0.1:9/mcp", enabled: false }
access: { users: ["slack:T024BE7LD/*"] }
platforms:
  slack:
    bot_token: "\${SLACK_BOT_TOKEN}"
    app_token: "\${SLACK_APP_TOKEN}"
    api_root: ${slack.apiUrl}
  discord:
    token: "\${DISCORD_BOT_TOKEN}"
    api_root: ${discord.api}
`;

  it('asks both, each under its name, with what to do below and where it stands: exit code 0', async () => {
    const acme = slack.workspace('Acme');
    const secrets = {
      SLACK_BOT_TOKEN: acme.botToken,
      SLACK_APP_TOKEN: slack.appToken,
      DISCORD_BOT_TOKEN: discord.token,
    };
    const { code, out, err } = await check(config(), secrets);
    expect(out).toContain(
      `\n\nSlack\n✓ @acmemcp answers in Acme (${acme.id})\n✓ in Acme it has all 6 scopes\n`,
    );
    expect(out).toContain(
      '\n\nDiscord\n✓ Acme MCP (Acme MCP) answers\n✓ what people do comes over the Gateway\n',
    );
    expect(out).toContain('\n● is in no server yet\n');
    expect(out).toMatch(/config\.yaml:12 +discord: `mcp-chat-gateway discord-invite` prints/);
    for (const secret of Object.values(secrets)) expect(out + err).not.toContain(secret.slice(-10));
    expect(code).toBe(0);
  });

  it('says of each which token is refused and where the current one is: exit code 1', async () => {
    const acme = slack.workspace('Acme');
    const secrets = {
      SLACK_BOT_TOKEN: acme.botToken,
      SLACK_APP_TOKEN: slack.appToken,
      DISCORD_BOT_TOKEN: discord.token,
    };
    await acme.revokeToken();
    discord.revokeToken();
    const { code, out } = await check(config(), secrets);
    expect(out).toContain('✗ the bot token was revoked (token_revoked)');
    expect(out).toMatch(/config\.yaml:8 +slack: Install the app again/);
    expect(out).toContain('✗ Discord refuses the bot token (401)');
    expect(code).toBe(1);
  });

  it('asks nobody where tokens are missing, and says where each is found: exit code 2', async () => {
    const { code, err } = await check(config());
    expect(err).toMatch(/config\.yaml:9:16 platforms\.slack\.bot_token\n/);
    expect(err).toMatch(/config\.yaml:10:16 platforms\.slack\.app_token\n/);
    expect(err).toMatch(/config\.yaml:13:12 platforms\.discord\.token\n/);
    for (const place of ['Bot User OAuth Token', 'App-Level Tokens', 'Reset Token'])
      expect(err).toContain(place);
    expect([...slack.calls, ...discord.calls]).toEqual([]);
    expect(code).toBe(2);
  });
});
