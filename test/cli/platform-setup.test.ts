import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Program } from '../helpers/program.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'platform-setup-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(
  args: readonly string[],
  config?: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  if (config !== undefined) await writeFile(join(folder, 'config.yaml'), config);
  const program = new Program(args, { cwd: folder, env });
  return { code: await program.ended, out: program.out, err: program.err };
}

describe('slack-manifest', () => {
  it('prints JSON alone on standard output, and why and what next on standard error: exit code 0', async () => {
    const { code, out, err } = await run(['slack-manifest']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      display_information: { name: 'MCP Gateway' },
      settings: { socket_mode_enabled: true },
    });
    expect(err).toMatch(/^ {2}chat:write +the bot answers, for the person who asked alone/m);
    expect(err).toMatch(/^ {2}message\.im +text in the private chat/m);
    expect(err).toContain('Create New App → From a manifest');
    expect(err).toContain('connections:write: SLACK_APP_TOKEN (xapp-…)');
  });

  it('needs no token in the config, whose way of receiving and address it takes over', async () => {
    const config =
      'public_url: "https://mcp.example.com/"\nplatforms:\n  slack: { mode: http, bot_token: "${NOT_SET}" }\n';
    const { code, out, err } = await run(['slack-manifest', '--name', 'Acme MCP'], config);
    expect(code).toBe(0);
    const url = 'https://mcp.example.com/webhooks/slack';
    expect(JSON.parse(out)).toMatchObject({
      display_information: { name: 'Acme MCP' },
      features: { bot_user: { display_name: 'acme-mcp' }, slash_commands: [{ url }] },
      settings: { socket_mode_enabled: false, interactivity: { request_url: url } },
    });
    expect(err).toContain('SLACK_SIGNING_SECRET');
  });

  it.each([
    ['no public_url', ''],
    ['a public_url that is not https', 'public_url: http://127.0.0.1:8787\n'],
    ['a public_url that is none', 'public_url: mcp.example.com\n'],
  ])('says what `mode: http` lacks with %s: exit code 2', async (_, url) => {
    const { code, out, err } = await run(['slack-manifest'], `${url}platforms:\n  slack: { mode: http }\n`);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('`mode: http` needs a `public_url` with https');
  });

  it('reports a config that is no YAML, or not there: exit code 2', async () => {
    expect(await run(['slack-manifest'], 'platforms:\n\tslack: {}')).toMatchObject({ code: 2, out: '' });
    const { code, err } = await run(['slack-manifest', '--config', 'nowhere.yaml']);
    expect(code).toBe(2);
    expect(err).toContain('nowhere.yaml');
  });
});

describe('discord-invite', () => {
  const ID = '1081384788765712384';
  const TOKEN = `${Buffer.from(ID).toString('base64url')}.GaBc12.${'AbCd_ef-GH'.repeat(4)}`;
  const CONFIG =
    'platforms:\n  discord: { token: "${DISCORD_BOT_TOKEN}" }\n  slack: { bot_token: "${NOT_SET}" }\n';

  it('prints the address alone on standard output, and why on standard error: exit code 0', async () => {
    const { code, out, err } = await run(['discord-invite'], CONFIG, { DISCORD_BOT_TOKEN: TOKEN });
    expect(code).toBe(0);
    expect(out).toBe(
      `https://discord.com/oauth2/authorize?client_id=${ID}&scope=bot+applications.commands&permissions=274877975552\n`,
    );
    expect(err).toMatch(/^ {2}Send Messages +it says in one line/m);
    expect(out + err).not.toContain('AbCd');
  });

  it.each([
    ['no config', undefined, ''],
    ['no token', CONFIG, ''],
    ['a token that is none', CONFIG, `Bot ${TOKEN}`],
  ])('says where the token is found, with %s: exit code 2', async (_, config, token) => {
    const { code, out, err } = await run(['discord-invite'], config, { DISCORD_BOT_TOKEN: token });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('your application → Bot → Reset Token');
    expect(err).not.toContain('AbCd');
  });
});
