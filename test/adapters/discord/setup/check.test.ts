import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../../../src/adapters/common/finding.js';
import { createDiscordAdapter } from '../../../../src/adapters/discord/adapter.js';
import { checkDiscord, type DiscordCheck } from '../../../../src/adapters/discord/setup/check.js';
import { applicationFindings } from '../../../../src/adapters/discord/setup/check-application.js';
import { guildFindings } from '../../../../src/adapters/discord/setup/check-guilds.js';
import { commandPlaces } from '../../../../src/adapters/discord/setup/command.js';
import { type Discord, type DiscordGuild, startDiscord } from '../../../helpers/discord/discord.js';

const PUBLIC = 'https://mcp.example.com';
/** As a start registers it: everywhere, or in a server. */
const MCP = { ...commandPlaces(undefined)[0]?.command };
const IN_DMS = { ...commandPlaces(['1'])[0]?.command };
const IN_GUILD = { ...commandPlaces(['1'])[1]?.command };
/** Another tool's. */
const OTHER = { name: 'mcp', description: 'x' };

let discord: Discord;
let acme: DiscordGuild;
let other: Server | undefined;
beforeEach(async () => {
  discord = await startDiscord();
  acme = discord.guild('Acme', [discord.person('Ana')]);
});
afterEach(async () => {
  await discord.close();
  other?.closeAllConnections();
  await new Promise((resolve) => (other === undefined ? resolve(undefined) : other.close(resolve)));
  other = undefined;
});

async function look(options: Partial<DiscordCheck> = {}): Promise<readonly Finding[]> {
  const { token, api: apiRoot } = discord;
  const findings = await checkDiscord({ token, apiRoot, mode: 'gateway', commands: true, ...options });
  for (const part of token.split('.')) expect(JSON.stringify(findings)).not.toContain(part);
  return findings;
}

/** Marks and texts as one list. */
async function seen(options?: Partial<DiscordCheck>): Promise<readonly string[]> {
  return (await look(options)).map(({ mark, text }) => `${mark}: ${text}`);
}

/** An address at which something else answers. */
async function elsewhere(answer: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(answer);
  other = server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a bot that works', () => {
  it('is named; each thing that counts is told, and nothing is left to do', async () => {
    discord.register([MCP]);
    expect(await look()).toEqual([
      { mark: 'ok', text: 'Acme MCP (Acme MCP) answers' },
      { mark: 'ok', text: 'what people do comes over the Gateway' },
      { mark: 'ok', text: 'no privileged intent is switched on, and none is needed' },
      {
        mark: 'neutral',
        text: 'whoever knows it can add it to servers of their own; who may use it is for `access` to say',
      },
      { mark: 'ok', text: 'is in 1 server: Acme' },
      { mark: 'ok', text: '/mcp is registered for all servers and private chats' },
    ]);
  });

  it('is asked four things; nothing is changed, and no connection is opened', async () => {
    await look();
    expect(discord.calls.map(({ route }) => route).sort()).toEqual([
      'GET /applications/:id/commands',
      'GET /applications/@me',
      'GET /users/@me',
      'GET /users/@me/guilds',
    ]);
    expect(discord.gateway.connections).toBe(0);
  });

  it('with privileged intents switched on is no worse', async () => {
    await discord.close();
    discord = await startDiscord({ privilegedIntents: (1 << 15) | (1 << 1) });
    expect(await seen()).toContain(
      'neutral: privileged intents are switched on (Server Members, Message Content): the gateway needs none, and uses none',
    );
  });
});

describe('the way of receiving', () => {
  const findings = (url: string | null, mode: 'gateway' | 'http') =>
    applicationFindings(
      { username: 'acme' },
      { name: 'Acme', interactions_endpoint_url: url },
      { mode, publicUrl: PUBLIC },
    )[1];

  it('over the Gateway allows no address: it is named by its origin, with the click that takes it away', () => {
    expect(findings(null, 'gateway')?.mark).toBe('ok');
    expect(findings('https://elsewhere.example/secret-path', 'gateway')).toEqual({
      mark: 'failed',
      text: 'what people do is sent to https://elsewhere.example, not over the Gateway',
      remedy: expect.stringContaining('General Information → Interactions Endpoint URL: take it out'),
    });
  });

  it('over HTTP needs the gateway’s own', () => {
    const own = `${PUBLIC}/webhooks/discord`;
    expect(findings(own, 'http')).toEqual({ mark: 'ok', text: `what people do is sent to ${own}` });
    expect(findings(null, 'http')).toEqual({
      mark: 'failed',
      text: 'what people do is sent nowhere: there is no Interactions Endpoint URL',
      remedy: expect.stringContaining(`Interactions Endpoint URL: ${own} (saving it fails until`),
    });
    expect(findings(`${PUBLIC}/other`, 'http')?.text).toBe(
      'what people do is sent to https://mcp.example.com, not to this gateway',
    );
  });

  it('is where the gateway answers', () => {
    const { http } = createDiscordAdapter({
      token: discord.token,
      mode: 'http',
      apiRoot: discord.api,
      commands: false,
    });
    expect(findings(`${PUBLIC}${http?.path}`, 'http')?.mark).toBe('ok');
  });

  it('is read from Discord', async () => {
    expect(await seen({ mode: 'http', publicUrl: PUBLIC })).toContain(
      'failed: what people do is sent nowhere: there is no Interactions Endpoint URL',
    );
  });
});

describe('adding the bot', () => {
  const findings = (application: object) =>
    applicationFindings({ username: 'acme' }, { name: 'Acme', ...application }, { mode: 'gateway' });

  it('does not work where a code grant is required', () => {
    expect(findings({ bot_require_code_grant: true })).toContainEqual({
      mark: 'failed',
      text: 'the bot cannot be added to a server: it requires a code grant',
      remedy: expect.stringContaining('Requires OAuth2 Code Grant: off'),
    });
  });

  it('may be for its owner alone', () => {
    expect(findings({ bot_public: false })).toContainEqual({
      mark: 'neutral',
      text: 'only its owner can add it to servers',
    });
  });
});

describe('the servers', () => {
  it('are none yet: the invitation is what comes next', async () => {
    acme.kickBot();
    expect(await look()).toContainEqual({
      mark: 'attention',
      text: 'is in no server yet',
      remedy: '`mcp-chat-gateway discord-invite` prints the address that adds it.',
    });
  });

  it('are held against `guilds`, both ways, and /mcp is looked for in each', async () => {
    const globex = discord.guild('Globex', []);
    discord.register([IN_GUILD], acme);
    discord.register([IN_DMS]);
    const findings = await seen({ guilds: [acme.id, '81384788765712384'] });
    expect(findings.slice(4)).toEqual([
      'ok: is in 1 server: Acme',
      'attention: is not in the server 81384788765712384, which is in `guilds`',
      'neutral: is also where it does not answer, because it is not in `guilds`: 1 server: Globex',
      'ok: /mcp is registered for private chats',
      `ok: /mcp is registered in the server ${acme.id}`,
    ]);
    expect(await seen({ guilds: [globex.id] })).toContain(
      `attention: /mcp is not registered in the server ${globex.id}`,
    );
  });

  it('are data: cut, on one line, and not all of them', () => {
    const many = Array.from({ length: 8 }, (_, at) => ({
      id: `${at}`,
      name: `a\u001b[31m\n${'b'.repeat(90)}`,
    }));
    const [finding] = guildFindings(many, undefined);
    expect(finding?.text).toContain('is in 8 servers: a�[31m bbb');
    expect(finding?.text).toMatch(/… and 3 more$/);
    expect(finding?.text.length).toBeLessThan(260);
  });
});

describe('/mcp', () => {
  it('is registered by a start', async () => {
    expect((await look()).at(-1)).toEqual({
      mark: 'attention',
      text: '/mcp is not registered for all servers and private chats',
      remedy: '`mcp-chat-gateway start` registers it.',
    });
  });

  it('that is another one is replaced by a start', async () => {
    discord.register([OTHER]);
    expect((await look()).at(-1)).toEqual({
      mark: 'attention',
      text: '/mcp is registered for all servers and private chats, but not as this version does it',
      remedy: '`mcp-chat-gateway start` registers it.',
    });
  });

  it('that the gateway must not register is for the owner to register, as they like', async () => {
    expect((await look({ commands: false })).at(-1)?.remedy).toContain('take `commands: false` out');
    discord.register([OTHER]);
    expect((await look({ commands: false })).at(-1)?.mark).toBe('ok');
  });
});

describe('a bot that does not work', () => {
  it('has a token that was reset: where the new one is', async () => {
    discord.revokeToken();
    expect(await look()).toEqual([
      {
        mark: 'failed',
        text: 'Discord refuses the bot token (401)',
        remedy: expect.stringContaining('your application → Bot → Reset Token'),
      },
    ]);
  });

  it('is asked too much, or has a platform with trouble of its own: to be looked at again', async () => {
    discord.fail('GET /users/@me', { retryAfter: 6.5 });
    expect(await seen()).toEqual(['failed: Discord wants no more requests for 7 s (429)']);
    discord.fail('GET /applications/@me', { status: 502 });
    expect(await seen()).toEqual(['failed: Discord answered /applications/@me with 502']);
    discord.fail('GET /applications/:id/commands', { status: 503 });
    expect((await seen()).at(-1)).toMatch(/^failed: Discord answered \/applications\/…\/commands with 503$/);
  });

  it('is out of reach: a closed port, a connection that breaks', async () => {
    const { host } = new URL(discord.api);
    discord.fail('GET /users/@me', 'drop-before');
    expect(await seen()).toEqual([`failed: ${host} cannot be reached`]);
    await discord.goDown();
    const [finding] = await look();
    expect(finding?.text).toBe(`${host} cannot be reached`);
    expect(finding?.remedy).toContain('a direct way to');
    await discord.comeBack();
  });

  it('is out of reach: a server that is silent, after the time limit', async () => {
    const root = await elsewhere(() => undefined);
    expect(await seen({ apiRoot: root, withinMs: 200 })).toEqual([
      `failed: ${new URL(root).host} did not answer within 0.2 s`,
    ]);
  });

  it.each(['<html>Sign in to this network</html>', '{"error":"unknown route"}', 'null', ''])(
    'is not there: what answers is no Discord API (%j)',
    async (answer) => {
      const root = await elsewhere((_, response) =>
        response.writeHead(answer === '' ? 401 : 404).end(answer),
      );
      expect(await seen({ apiRoot: root })).toEqual([
        `failed: what answers at ${new URL(root).host} is no Discord API`,
      ]);
    },
  );
});
