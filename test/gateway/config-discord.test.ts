import { describe, expect, it } from 'vitest';
import { formatMistakes } from '../../src/gateway/config.js';
import { type Case, expectMistake, mistakesIn, server, settingsOf, warningsIn } from './config-cases.js';

const BOT_ID = '1081384788765712384';
const TOKEN = `${Buffer.from(BOT_ID).toString('base64url')}.GaBc12.${'AbCd_ef-GH'.repeat(4)}`;
const ENVIRONMENT = { DISCORD_BOT_TOKEN: TOKEN };
const LINEAR = server('url: https://mcp.linear.app/mcp');
const PUBLIC = 'public_url: https://mcp.example.com';
const USERS = 'access: { users: ["discord:81384788765712384"] }';

function bot(...lines: readonly string[]): string {
  const own = ['token: "${DISCORD_BOT_TOKEN}"', ...lines].map((line) => `    ${line}`);
  return ['platforms:', '  discord:', ...own, USERS, LINEAR].join('\n');
}

function discordOf(text: string) {
  return settingsOf(text, ENVIRONMENT).platforms.discord;
}

function warnings(...lines: readonly string[]) {
  return warningsIn(lines.join('\n'), ENVIRONMENT).map(({ path, found }) => [path, found]);
}

describe('a Discord bot', () => {
  it('needs nothing but its token', () => {
    expect(discordOf(bot())).toEqual({
      token: TOKEN,
      mode: 'gateway',
      apiRoot: 'https://discord.com/api',
      commands: true,
    });
  });

  it('takes every key', () => {
    const text = bot(
      'mode: http',
      'guilds: ["81384788765712384"]',
      `channels: ["81384788765712385", "${BOT_ID}"]`,
      'api_root: http://discord-proxy:8081/api/',
      'commands: false',
    );
    expect(discordOf(`${PUBLIC}\n${text}`)).toEqual({
      token: TOKEN,
      mode: 'http',
      guilds: ['81384788765712384'],
      channels: ['81384788765712385', BOT_ID],
      apiRoot: 'http://discord-proxy:8081/api',
      commands: false,
    });
  });

  it('is off where the config says so, and may then lack what it needs', () => {
    expect(discordOf(bot('enabled: false', 'mode: http'))).toBeUndefined();
    expect(settingsOf('platforms: { discord: { enabled: false } }').platforms).toEqual({});
  });
});

/** The token in line 3, and these lines below it. */
function discord(...lines: readonly string[]): string {
  return ['platforms:', '  discord:', `    token: ${TOKEN}`, ...lines.map((line) => `    ${line}`)].join(
    '\n',
  );
}

function withToken(token: string): string {
  return `platforms:\n  discord:\n    token: ${token}`;
}

const TOKEN_PLACE = 'your application → Bot → Reset Token';

const TOKEN_CASES: readonly Case[] = [
  ...['platforms:\n  discord: {}', 'platforms:\n  discord: { mode: gateway }'].map((text) => ({
    what: `a bot without a token (${text.slice(22)})`,
    text,
    path: 'platforms.discord.token',
    at: [2, 3] as const,
    found: 'a bot without a token',
    remedy: TOKEN_PLACE,
  })),
  ...(
    [
      [`Bot ${TOKEN}`, 'a token with `Bot ` before it', 'Take `Bot ` away'],
      ['0123456789abcdef'.repeat(4), 'the public key', 'by itself'],
      [`"${BOT_ID}"`, 'an id', 'two dots'],
      ['AbCdEf-h_JkLmNoPqRsTuVwXyZ012345', 'the client secret', TOKEN_PLACE],
      [`mfa.${'AbCd_ef-GH'.repeat(8)}`, 'a token of a person', "change that account's password"],
    ] as const
  ).map(([token, found, remedy]) => ({
    what: `${found} in place of the token`,
    text: withToken(token),
    path: 'platforms.discord.token',
    at: [3, 12] as const,
    found,
    remedy,
  })),
  ...[`" ${TOKEN}"`, `"'${TOKEN}'"`, `"<${TOKEN}>"`].map((token) => ({
    what: `a token with something around it (${token.replace(TOKEN, '')})`,
    text: withToken(token),
    path: 'platforms.discord.token',
    at: [3, 12] as const,
    found: 'text (not shown)',
    remedy: 'Take the quotes and spaces around it away.',
  })),
  ...['hunter2', TOKEN.slice(0, -30), `${'a'.repeat(24)}.GaBc12.${'a'.repeat(38)}`].map((token) => ({
    what: `the token ${token}, which is none`,
    text: withToken(token),
    path: 'platforms.discord.token',
    at: [3, 12] as const,
    found: 'text (not shown)',
    remedy: 'three parts with dots between them',
  })),
  {
    what: 'an application id as a number',
    text: withToken(BOT_ID),
    path: 'platforms.discord.token',
    at: [3, 12],
    found: 'a number (not shown)',
    remedy: "a bot's token",
  },
];

const OTHER_CASES: readonly Case[] = [
  {
    what: 'a way of receiving that there is not',
    text: discord('mode: websocket'),
    path: 'platforms.discord.mode',
    at: [4, 11],
    remedy: 'Write `gateway` or `http`',
  },
  {
    what: 'HTTP without an address',
    text: discord('mode: http'),
    path: 'platforms.discord.mode',
    at: [4, 11],
    found: '`http` without a `public_url`',
    remedy: 'Add `public_url: https://…`, or write `mode: gateway`',
  },
  ...['guilds', 'channels'].map((key) => ({
    what: `${key} without quotes, of which YAML loses digits`,
    text: discord(`${key}: [${BOT_ID}]`),
    path: `platforms.discord.${key}[0]`,
    at: [4, key.length + 8] as const,
    found: BOT_ID,
    remedy: 'an id in quotes, such as "81384788765712384" (without them YAML',
  })),
  {
    what: 'a server by its name',
    text: discord('guilds: [Acme]'),
    path: 'platforms.discord.guilds[0]',
    at: [4, 14],
    found: '"Acme"',
    remedy: 'discord.com/channels/SERVER/CHANNEL',
  },
  {
    what: 'a channel by its mention',
    text: discord('channels: ["<#81384788765712384>"]'),
    path: 'platforms.discord.channels[0]',
    at: [4, 16],
    remedy: 'discord.com/channels/SERVER/CHANNEL',
  },
  {
    what: 'a server twice',
    text: discord('guilds: ["81384788765712384", "81384788765712384"]'),
    path: 'platforms.discord.guilds[1]',
    at: [4, 35],
    remedy: 'Take one of the two out.',
  },
  {
    what: 'one server that is not in a list',
    text: discord('guilds: "81384788765712384"'),
    path: 'platforms.discord.guilds',
    at: [4, 13],
    remedy: 'a list of ids in quotes',
  },
  {
    what: 'an address with a version',
    text: discord('api_root: https://discord.com/api/v10'),
    path: 'platforms.discord.api_root',
    at: [4, 15],
    found: 'a version',
    remedy: 'the address before it, such as https://discord.com/api',
  },
  {
    what: 'the token in the open',
    text: discord('api_root: http://discord.com/api'),
    path: 'platforms.discord.api_root',
    at: [4, 15],
    remedy: "Write https://: the bot's token goes along",
  },
  {
    what: "another platform's word for the token",
    text: 'platforms:\n  discord: { enabled: false, bot_token: x }',
    path: 'platforms.discord.bot_token',
    at: [2, 30],
    nearest: 'token',
    remedy: 'Rename it to `token`',
  },
];

describe('mistakes in the Discord block', () => {
  it.each([...TOKEN_CASES, ...OTHER_CASES])(
    'reports $what with path, place and remedy, and nothing else',
    expectMistake,
  );

  it('says where the token is found when the variable is not set', () => {
    const [mistake, ...more] = mistakesIn(bot());
    expect(more).toEqual([]);
    expect(mistake?.remedy).toContain("Set DISCORD_BOT_TOKEN in the gateway's environment.");
    expect(mistake?.remedy).toContain(TOKEN_PLACE);
  });

  it('never shows a token, wherever it was pasted', () => {
    for (const text of [
      withToken(`Bot ${TOKEN}`),
      withToken(`"${TOKEN} "`),
      discord(`guilds: ["${TOKEN}"]`, `channels: [${TOKEN}]`, `mode: ${TOKEN}`),
      discord(`api_root: https://discord.com/api/v10/webhooks/${TOKEN}`),
      `access: { users: ["${TOKEN}"] }`,
      `${TOKEN}: x`,
    ]) {
      const shown = formatMistakes(mistakesIn(text));
      expect(shown).not.toBe('');
      expect(shown).not.toContain('AbCd');
      expect(shown).not.toContain(TOKEN.slice(0, 20));
    }
  });
});

describe('what is probably not meant with a Discord bot', () => {
  it('is nothing where the token comes from the environment and there is a public URL', () => {
    expect(warnings(PUBLIC, bot())).toEqual([]);
  });

  it('is a token that stands in the file, and the warning does not repeat it', () => {
    const written = warningsIn(`${PUBLIC}\n${bot().replace('"${DISCORD_BOT_TOKEN}"', TOKEN)}`);
    expect(written).toMatchObject([{ path: 'platforms.discord.token', line: 4 }]);
    expect(formatMistakes(written)).not.toContain('AbCd');
    expect(formatMistakes(written)).toContain('${DISCORD_BOT_TOKEN}');
  });

  it('is no public URL: links then lead to this machine', () => {
    expect(warnings(bot())).toEqual([['platforms.discord', 'a bot without a `public_url`']]);
  });

  it('is HTTP, over which there are neither private texts nor mentions', () => {
    expect(warnings(PUBLIC, bot('mode: http'))).toEqual([
      ['platforms.discord.mode', '`http`, over which Discord sends no messages'],
    ]);
  });

  it('is HTTP to this machine, unless a proxy of its own is to deliver it', () => {
    const url = 'public_url: http://127.0.0.1:8787';
    expect(warnings(url, bot('mode: http'))).toContainEqual([
      'public_url',
      'an address of this machine, where Discord cannot deliver what people type',
    ]);
    const proxied = warnings(url, bot('mode: http', 'api_root: http://127.0.0.1:8081/api'));
    expect(proxied.map(([path]) => path)).toEqual(['platforms.discord.mode']);
  });

  it('is an empty list of servers, which is not the same as none', () => {
    expect(warnings(PUBLIC, bot('guilds: []'))).toEqual([
      ['platforms.discord.guilds', 'an empty list: /mcp is registered in no server'],
    ]);
  });

  it('is nothing about a bot that is off', () => {
    expect(warnings(bot('enabled: false', 'mode: http', 'guilds: []'))).toEqual([]);
  });
});
