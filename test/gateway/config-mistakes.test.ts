import { describe, expect, it } from 'vitest';
import { formatMistakes, mistakeSentence } from '../../src/gateway/config.js';
import { type Case, expectMistake, mistakesIn, server } from './config-cases.js';

const url = 'url: https://a.example/mcp';

const SERVER_CASES: readonly Case[] = [
  {
    what: 'a misspelt key of a server',
    text: server(url, 'tranport: sse'),
    path: 'mcp_servers.linear.tranport',
    at: [4, 5],
    nearest: 'transport',
    remedy: 'Rename it to `transport`',
  },
  {
    what: "another program's word for a key",
    text: server(url, 'type: http'),
    path: 'mcp_servers.linear.type',
    at: [4, 5],
    nearest: 'transport',
    remedy: 'Rename',
  },
  {
    what: 'a value outside a list of words',
    text: server(url, 'transport: htp'),
    path: 'mcp_servers.linear.transport',
    at: [4, 16],
    nearest: 'http',
    found: '"htp"',
    remedy: 'Write `http` or `sse`',
  },
  {
    what: 'text where a number is due',
    text: server(url, 'timeout: abc'),
    path: 'mcp_servers.linear.timeout',
    at: [4, 14],
    found: '"abc"',
    remedy: 'a number of seconds',
  },
  {
    what: 'a number out of range',
    text: server(url, 'connect_timeout: 0'),
    path: 'mcp_servers.linear.connect_timeout',
    at: [4, 22],
    found: '0',
    remedy: 'a number of seconds above 0',
  },
  {
    what: 'yes for true',
    text: server(url, 'enabled: yes'),
    path: 'mcp_servers.linear.enabled',
    at: [4, 14],
    nearest: 'true',
    remedy: '`true` or `false`',
  },
  {
    what: 'a list where a block is due',
    text: server(url, 'headers: [a]'),
    path: 'mcp_servers.linear.headers',
    at: [4, 14],
    found: 'a list',
    remedy: '`Name: value`',
  },
  {
    what: 'a key with no value',
    text: server(url, 'auth:'),
    path: 'mcp_servers.linear.auth',
    at: [4, 10],
    found: 'nothing',
    remedy: 'take the key out',
  },
  {
    what: 'a URL without a scheme',
    text: server('url: mcp.linear.app/mcp'),
    path: 'mcp_servers.linear.url',
    at: [3, 10],
    found: 'mcp.linear.app',
    remedy: 'the whole address',
  },
  {
    what: 'a URL with a scheme that is none of ours',
    text: server('url: ws://mcp.linear.app/mcp'),
    path: 'mcp_servers.linear.url',
    at: [3, 10],
    remedy: 'https://',
  },
  {
    what: 'a URL with a password',
    text: server('url: https://ana:hunter2@mcp.linear.app'),
    path: 'mcp_servers.linear.url',
    at: [3, 10],
    found: 'https://…@mcp.linear.app',
    remedy: 'headers',
  },
  {
    what: 'url and command',
    text: server(url, 'command: npx'),
    path: 'mcp_servers.linear.command',
    at: [4, 5],
    found: 'both',
    remedy: 'Take one out',
  },
  {
    what: 'neither url nor command',
    text: server('timeout: 5'),
    path: 'mcp_servers.linear',
    at: [2, 3],
    found: 'neither',
    remedy: 'Add the one',
  },
  {
    what: 'a server with nothing in it',
    text: 'mcp_servers:\n  linear:\n',
    path: 'mcp_servers.linear',
    at: [2, 3],
    found: 'neither',
    remedy: 'Add the one',
  },
  {
    what: 'a key of programs in a server with a URL',
    text: server(url, 'env: { A: b }'),
    path: 'mcp_servers.linear.env',
    at: [4, 5],
    remedy: 'Take `env` out',
  },
  {
    what: 'a key of URLs in a server with a command',
    text: server('command: npx', 'auth: oauth'),
    path: 'mcp_servers.linear.auth',
    at: [4, 5],
    remedy: 'Take `auth` out',
  },
  {
    what: 'a transport that fits no program',
    text: server('command: npx', 'transport: sse'),
    path: 'mcp_servers.linear.transport',
    at: [4, 16],
    remedy: 'Take `transport` out',
  },
  {
    what: 'a bad server name',
    text: 'mcp_servers:\n  my server: { url: https://a.example }',
    path: 'mcp_servers["my …"]',
    at: [2, 3],
    remedy: 'Choose such a name',
  },
  {
    what: 'a server name of 33 letters',
    text: `mcp_servers:\n  ${'a'.repeat(33)}: { url: https://a.example }`,
    path: `mcp_servers.${'a'.repeat(33)}`,
    at: [2, 3],
    remedy: 'Choose such a name',
  },
  {
    what: 'server names that differ only in case',
    text: 'mcp_servers:\n  linear: { url: https://a.example }\n  Linear: { url: https://b.example }',
    path: 'mcp_servers.Linear',
    at: [3, 3],
    found: '`linear`',
    remedy: 'Rename one',
  },
  {
    what: 'a server twice',
    text: 'mcp_servers:\n  linear: { url: https://a.example }\n  linear: { url: https://b.example }',
    path: 'mcp_servers.linear',
    at: [3, 3],
    found: 'first on line 2',
    remedy: 'Remove one',
  },
  {
    what: 'a header name that HTTP does not allow',
    text: server(url, 'headers: { "X Key": a }'),
    path: 'mcp_servers.linear.headers["X …"]',
    at: [4, 16],
    remedy: 'Check the name',
  },
  {
    what: 'a header value that HTTP does not allow',
    text: server(url, 'headers: { X-Key: "a\\nb" }'),
    path: 'mcp_servers.linear.headers.X-Key',
    at: [4, 23],
    remedy: 'line breaks',
  },
  {
    what: 'an Authorization header beside OAuth',
    text: server(url, 'auth: oauth', 'headers: { authorization: Bearer x }'),
    path: 'mcp_servers.linear.headers.authorization',
    at: [5, 16],
    remedy: 'Take the header out',
  },
  ...['oauth', 'client_credentials'].map((auth) => ({
    what: `a header whose variable is not set beside ${auth}: nobody would be asked for it`,
    text: server(
      url,
      `auth: ${auth}`,
      'oauth: { client_id: c }',
      'headers: { X-Org: "${ORG}/${ORG}-${TEAM:-x}", X-Ok: "${TEAM:-y}" }',
    ),
    path: 'mcp_servers.linear.headers.X-Org',
    at: [6, 23] as const,
    found: 'ORG',
    remedy: "Set ORG in the gateway's environment",
  })),
];

const OAUTH_CASES: readonly Case[] = [
  ...(
    [
      ['scop', 'scope'],
      ['scopes', 'scope'],
      ['clientid', 'client_id'],
      ['clientId', 'client_id'],
      ['client-secret', 'client_secret'],
      ['redirect_url', 'redirect_uri'],
      ['Issuer', 'issuer'],
    ] as const
  ).map(([key, nearest]) => ({
    what: `the probable typo ${key}`,
    text: server(url, 'oauth:', `  ${key}: x`),
    path: `mcp_servers.linear.oauth.${key}`,
    at: [5, 7] as const,
    nearest,
    remedy: `Rename it to \`${nearest}\``,
  })),
  ...['state', 'code_challenge', 'code_challenge_method', 'response_type', 'resource', 'request_uri'].map(
    (key) => ({
      what: `the reserved parameter ${key}`,
      text: server(url, 'oauth:', `  ${key}: x`),
      path: `mcp_servers.linear.oauth.${key}`,
      at: [5, 7] as const,
      found: 'reserved',
      remedy: 'Take it out',
    }),
  ),
  {
    what: 'a client secret without its id',
    text: server(url, 'oauth: { client_secret: hunter2 }'),
    path: 'mcp_servers.linear.oauth.client_secret',
    at: [4, 14],
    remedy: 'Add the `client_id`',
  },
  {
    what: 'a redirect URI that is not https',
    text: server(url, 'oauth: { redirect_uri: "http://mcp.example.com/cb" }'),
    path: 'mcp_servers.linear.oauth.redirect_uri',
    at: [4, 28],
    remedy: 'https://mcp.example.com/oauth/callback',
  },
  {
    what: 'a redirect URI with a fragment',
    text: server(url, 'oauth: { redirect_uri: "https://mcp.example.com/cb#x" }'),
    path: 'mcp_servers.linear.oauth.redirect_uri',
    at: [4, 28],
    remedy: 'exactly as the provider',
  },
  {
    what: 'an issuer with a query',
    text: server(url, 'oauth: { issuer: "https://login.example.com?x=1" }'),
    path: 'mcp_servers.linear.oauth.issuer',
    at: [4, 22],
    remedy: 'https://login.example.com',
  },
  {
    what: 'a port that there is not',
    text: server(url, 'oauth: { redirect_port: 70000 }'),
    path: 'mcp_servers.linear.oauth.redirect_port',
    at: [4, 29],
    found: '70000',
    remedy: 'a port number',
  },
  {
    what: 'a way back that there is not',
    text: server(url, 'oauth: { flow: implicit }'),
    path: 'mcp_servers.linear.oauth.flow',
    at: [4, 20],
    found: 'implicit',
    remedy: 'paste',
  },
  {
    what: 'sign-ins by code for anyone',
    text: `${server(url, 'oauth: { flow: device }')}access: { users: "*" }\n`,
    path: 'mcp_servers.linear.oauth.flow',
    at: [4, 20],
    found: '`device` beside `access.users: "*"`',
    remedy: 'List the people',
  },
];

const TOP_CASES: readonly Case[] = [
  {
    what: 'a misspelt top key',
    text: 'mcpServers: {}',
    path: 'mcpServers',
    at: [1, 1],
    nearest: 'mcp_servers',
    remedy: 'Rename',
  },
  {
    what: 'a public URL that is not https',
    text: 'public_url: http://mcp.example.com',
    path: 'public_url',
    at: [1, 13],
    remedy: 'Write https://',
  },
  {
    what: 'a public URL with a query',
    text: 'public_url: https://mcp.example.com/?a=b',
    path: 'public_url',
    at: [1, 13],
    remedy: 'Take `?`',
  },
  {
    what: 'a public URL with a fragment',
    text: 'public_url: "https://mcp.example.com/#"',
    path: 'public_url',
    at: [1, 13],
    remedy: 'Take `#`',
  },
  {
    what: 'a public URL with credentials',
    text: 'public_url: https://ana:pw@mcp.example.com',
    path: 'public_url',
    at: [1, 13],
    remedy: 'Take user and password',
  },
  {
    what: 'a host that only looks like this machine',
    text: 'public_url: http://localhost.example.com',
    path: 'public_url',
    at: [1, 13],
    remedy: 'Write https://',
  },
  {
    what: 'a bare port',
    text: 'listen: ":8787"',
    path: 'listen',
    at: [1, 9],
    remedy: 'a host, a colon and a port',
  },
  {
    what: 'a port above 65535',
    text: 'listen: 127.0.0.1:65536',
    path: 'listen',
    at: [1, 9],
    remedy: 'a port from 0 to 65535',
  },
  {
    what: 'the same port twice',
    text: 'listen: 127.0.0.1:9000\nlocal_listen: 127.0.0.1:9000',
    path: 'local_listen',
    at: [2, 15],
    found: '9000',
    remedy: 'another port',
  },
  {
    what: "the other listener's default port",
    text: 'listen: 127.0.0.1:8788',
    path: 'listen',
    at: [1, 9],
    found: '8788',
    remedy: 'another port',
  },
  {
    what: 'local pages beyond loopback without a token',
    text: 'local_listen: 0.0.0.0:8788',
    path: 'local_listen',
    at: [1, 15],
    remedy: 'token',
  },
  {
    what: 'the same in a block',
    text: 'local_listen:\n  address: 192.168.1.5:8788',
    path: 'local_listen.address',
    at: [2, 12],
    remedy: 'token',
  },
  {
    what: 'a short token',
    text: 'local_listen: { address: 127.0.0.1:1, token: hunter2 }',
    path: 'local_listen.token',
    at: [1, 46],
    found: 'not shown',
    remedy: '16 characters',
  },
  {
    what: 'a shared storage without a sealing key',
    text: 'storage: redis://localhost/0',
    path: 'security.encryption_key',
    at: [1, 1],
    found: 'no sealing key',
    remedy: 'openssl rand -base64 32',
  },
  {
    what: 'an address of Redis with a part too many',
    text: 'storage: redis://ana:hunter2@localhost/0/1',
    path: 'storage',
    at: [1, 10],
    found: 'an address that cannot be read (not shown)',
    remedy: 'redis://HOST:PORT/0',
  },
  {
    what: 'an address of PostgreSQL that is none',
    text: 'storage: { url: "postgres:ana:hunter2" }',
    path: 'storage.url',
    at: [1, 17],
    found: 'an address that cannot be read (not shown)',
    remedy: 'postgres://USER:PASSWORD@HOST:PORT/DATABASE',
  },
  {
    what: 'a prefix that PostgreSQL cannot have',
    text: `storage: { url: "postgres://h/d", prefix: "a-b" }\nsecurity: { encryption_key: ${'k'.repeat(32)} }`,
    path: 'storage.prefix',
    at: [1, 43],
    found: '"a-b"',
    remedy: 'another prefix',
  },
  {
    what: 'a prefix for a folder',
    text: 'storage: { url: "file:./state", prefix: "a:" }',
    path: 'storage.prefix',
    at: [1, 41],
    found: '"a:"',
    remedy: 'Take it out',
  },
  {
    what: 'a storage that there is not',
    text: 'storage: ./state',
    path: 'storage',
    at: [1, 10],
    remedy: 'file:./state',
  },
  {
    what: 'a platform that there is not',
    text: 'platforms:\n  slak: {}',
    path: 'platforms.slak',
    at: [2, 3],
    nearest: 'slack',
    remedy: 'Rename it to `slack`',
  },
  {
    what: 'a lifetime that is none',
    text: 'security: { sign_in_lifetime: soon }',
    path: 'security.sign_in_lifetime',
    at: [1, 31],
    found: '"soon"',
    remedy: 's, m or h',
  },
  {
    what: 'a lifetime above a day',
    text: 'security: { sign_in_lifetime: 25h }',
    path: 'security.sign_in_lifetime',
    at: [1, 31],
    remedy: 's, m or h',
  },
  {
    what: 'a short encryption key',
    text: 'security: { encryption_key: hunter2 }',
    path: 'security.encryption_key',
    at: [1, 29],
    found: 'not shown',
    remedy: '32 characters',
  },
  {
    what: 'a short encryption key in a list',
    text: 'security: { encryption_key: [0123456789abcdef0123456789abcdef, hunter2] }',
    path: 'security.encryption_key[1]',
    at: [1, 64],
    found: 'not shown',
    remedy: '32 characters',
  },
  {
    what: 'a private host with a scheme',
    text: 'security: { allow_private_hosts: ["http://login.lan"] }',
    path: 'security.allow_private_hosts[0]',
    at: [1, 35],
    remedy: 'the host alone',
  },
  {
    what: 'a log level that there is not',
    text: 'log: { level: inf }',
    path: 'log.level',
    at: [1, 15],
    nearest: 'info',
    remedy: 'Write',
  },
];

const PEOPLE_CASES: readonly Case[] = [
  {
    what: 'an unknown person in the list of a server',
    text: `people: { ana: [] }\n${server('url: https://x.example/mcp', 'allow: [anna]')}`,
    path: 'mcp_servers.linear.allow[0]',
    at: [5, 13],
    nearest: 'ana',
    remedy: 'or add the name to `people`',
  },
  {
    what: '"*" in the list of a server',
    text: server('url: https://x.example/mcp', 'allow: ["*"]'),
    path: 'mcp_servers.linear.allow[0]',
    at: [4, 13],
    remedy: 'Take `allow` out',
  },
  {
    what: 'a whole platform as admin',
    text: 'access: { admins: ["telegram:*"] }',
    path: 'access.admins[0]',
    at: [1, 20],
    remedy: 'Write it like telegram:123456789',
  },
  {
    what: 'everybody of the web chat as admin',
    text: 'access: { admins: ["web:*"] }',
    path: 'access.admins[0]',
    at: [1, 20],
    remedy: 'Write it like web:ana',
  },
  {
    what: 'a person in the list of groups',
    text: 'access: { groups: [telegram:5] }',
    path: 'access.groups[0]',
    at: [1, 20],
    remedy: 'names its id',
  },
  {
    what: 'sign-ins by code where a whole platform is let in',
    text: `${server('url: https://x.example/mcp', 'oauth: { flow: device }')}access: { users: ["telegram:*"] }\n`,
    path: 'mcp_servers.linear.oauth.flow',
    at: [4, 20],
    found: '`device` beside `access.users: "telegram:*"`',
    remedy: 'List the people',
  },
  {
    what: 'a limit that is no rate',
    text: 'limits: { commands: "60" }',
    path: 'limits.commands',
    at: [1, 21],
    remedy: '30/1m',
  },
  {
    what: 'a limit that lets nobody in',
    text: 'limits: { pages: 0/1m }',
    path: 'limits.pages',
    at: [1, 18],
    remedy: '30/1m',
  },
  {
    what: 'a proxy by name',
    text: 'trusted_proxies: [127.0.0.1, caddy]',
    path: 'trusted_proxies[1]',
    at: [1, 30],
    remedy: 'the range of its network',
  },
  {
    what: 'everybody as a proxy',
    text: 'trusted_proxies: [0.0.0.0/0]',
    path: 'trusted_proxies[0]',
    at: [1, 19],
    remedy: 'the range of its network',
  },
  ...[
    '128.0.0.0/1',
    '64.0.0.0/7',
    '8000::/1',
    '2000::/3',
    '::/16',
    '::ffff:0:0/96',
    '::ffff:128.0.0.0/97',
  ].map((range) => ({
    what: `a range so wide that few of them are everybody: ${range}`,
    text: `trusted_proxies: [127.0.0.1, "${range}"]`,
    path: 'trusted_proxies[1]',
    at: [1, 30] as const,
    remedy: 'the range of its network',
  })),
  {
    what: 'a range that is longer than an address',
    text: 'trusted_proxies: [10.0.0.0/33]',
    path: 'trusted_proxies[0]',
    at: [1, 19],
    remedy: 'the range of its network',
  },
  {
    what: 'an audit that is kept for minutes',
    text: 'audit: { retention: 30m }',
    path: 'audit.retention',
    at: [1, 21],
    remedy: 'a number and d or h',
  },
  {
    what: 'a name that nobody has',
    text: 'people: { ana: [] }\naccess: { users: [anna] }',
    path: 'access.users[0]',
    at: [2, 19],
    nearest: 'ana',
    remedy: 'add the name to `people`',
  },
  {
    what: 'a handle instead of an id',
    text: 'access: { admins: ["@ana"] }',
    path: 'access.admins[0]',
    at: [1, 20],
    remedy: 'with its platform',
  },
  {
    what: 'a bare number',
    text: 'access: { users: [123456789] }',
    path: 'access.users[0]',
    at: [1, 19],
    found: '123456789',
    remedy: 'telegram:123456789',
  },
  {
    what: 'an unknown platform',
    text: 'access: { users: [telegran:5] }',
    path: 'access.users[0]',
    at: [1, 19],
    nearest: 'telegram:…',
    remedy: 'telegram, discord, slack, terminal, web',
  },
  {
    what: 'a Slack account without its workspace',
    text: 'access: { users: [slack:U023BECGF] }',
    path: 'access.users[0]',
    at: [1, 19],
    remedy: 'slack:T024BE7LD/U023BECGF',
  },
  {
    what: 'a Telegram group',
    text: 'people: { ana: ["telegram:-100123"] }',
    path: 'people.ana[0]',
    at: [1, 17],
    remedy: 'telegram:123456789',
  },
  {
    what: 'everyone as an admin',
    text: 'access: { admins: ["*"] }',
    path: 'access.admins[0]',
    at: [1, 20],
    remedy: 'one by one',
  },
  {
    what: 'an account of two people',
    text: 'people:\n  ana: [telegram:1]\n  ben: [discord:2, telegram:1]',
    path: 'people.ben[1]',
    at: [3, 20],
    found: '"telegram:1"',
    remedy: 'It belongs to `ana` already',
  },
  {
    what: 'an account twice in a list',
    text: 'people:\n  ana: [telegram:1, telegram:1]',
    path: 'people.ana[1]',
    at: [2, 21],
    remedy: 'in this list already',
  },
  {
    what: 'a person called like what is shared',
    text: 'people: { Shared: [] }',
    path: 'people.Shared',
    at: [1, 11],
    remedy: 'Choose another name',
  },
  {
    what: 'a person called like an account',
    text: 'people: { "telegram:1": [] }',
    path: 'people["telegram:…"]',
    at: [1, 11],
    remedy: 'Choose another name',
  },
  {
    what: 'people whose names differ only in case',
    text: 'people:\n  ana: []\n  Ana: []',
    path: 'people.Ana',
    at: [3, 3],
    remedy: 'Rename one',
  },
  {
    what: 'a name twice on the web page',
    text: 'platforms: { web: { people: [ana, Ana] } }',
    path: 'platforms.web.people[1]',
    at: [1, 35],
    remedy: 'Take one',
  },
];

const BOT_TOKEN = `123456789:${'AbCd_ef-GH'.repeat(3)}12345`;

/** A config with a Telegram bot that has these lines beside its token. */
function telegram(...lines: readonly string[]): string {
  return [
    'platforms:',
    '  telegram:',
    `    token: ${BOT_TOKEN}`,
    ...lines.map((line) => `    ${line}`),
    '',
  ].join('\n');
}

const TELEGRAM_CASES: readonly Case[] = [
  ...[
    'platforms:\n  telegram:\n',
    'platforms:\n  telegram: {}',
    'platforms:\n  telegram: { mode: polling }',
  ].map((text) => ({
    what: `a bot without a token (${text.slice(22).trim()})`,
    text,
    path: 'platforms.telegram.token',
    at: [2, 3] as const,
    found: 'a bot without a token',
    remedy:
      '@BotFather in Telegram has it: /newbot for a new bot, /mybots → API Token for one that there is.',
  })),
  ...[
    'hunter2',
    '123456789',
    `:${'a'.repeat(40)}`,
    `123456789:${'a'.repeat(29)}`,
    `12a:${'a'.repeat(40)}`,
  ].map((token) => ({
    what: `the token ${token}, which is none`,
    text: `platforms:\n  telegram:\n    token: "${token}"`,
    path: 'platforms.telegram.token',
    at: [3, 12] as const,
    found: 'text (not shown)',
    remedy: '/mybots → API Token',
  })),
  {
    what: 'a token that is a number',
    text: 'platforms:\n  telegram:\n    token: 123456789',
    path: 'platforms.telegram.token',
    at: [3, 12],
    found: 'a number (not shown)',
    remedy: "a bot's token, such as 123456789:AA…",
  },
  ...[` ${BOT_TOKEN}`, `'${BOT_TOKEN}'`, `<${BOT_TOKEN}>`].map((token) => ({
    what: `a token with something around it (${token.replace(BOT_TOKEN, '')})`,
    text: `platforms:\n  telegram:\n    token: "${token}"`,
    path: 'platforms.telegram.token',
    at: [3, 12] as const,
    found: 'text (not shown)',
    remedy: 'Take the quotes and spaces around it away.',
  })),
  {
    what: 'a way of receiving that there is not',
    text: telegram('mode: webhooks'),
    path: 'platforms.telegram.mode',
    at: [4, 11],
    nearest: 'webhook',
    remedy: 'Write `polling` or `webhook`',
  },
  {
    what: 'a webhook without an address for it',
    text: telegram('mode: webhook'),
    path: 'platforms.telegram.mode',
    at: [4, 11],
    found: '`webhook` without a `public_url`',
    remedy: 'Add `public_url: https://…`, or write `mode: polling`',
  },
  {
    what: 'a Bot API address without a scheme',
    text: telegram('api_root: api.telegram.org'),
    path: 'platforms.telegram.api_root',
    at: [4, 15],
    remedy: 'the whole address',
  },
  ...['http://api.telegram.org', 'http://8.8.8.8:8081', 'http://[2001:db8::1]:8081'].map((url) => ({
    what: `the token in the open, to ${url}`,
    text: telegram(`api_root: "${url}"`),
    path: 'platforms.telegram.api_root',
    at: [4, 15] as const,
    remedy: "Write https://: the bot's token",
  })),
  ...[
    `https://api.telegram.org/bot${BOT_TOKEN}`,
    'https://api.telegram.org/bot',
    'https://a.example/bot/',
  ].map((url) => ({
    what: `a Bot API address that ends in the bot (${url.slice(0, 30)})`,
    text: telegram(`api_root: ${url}`),
    path: 'platforms.telegram.api_root',
    at: [4, 15] as const,
    found: 'not shown',
    remedy: 'the address before it',
  })),
  {
    what: 'a Bot API address with a query',
    text: telegram('api_root: https://a.example?x=1'),
    path: 'platforms.telegram.api_root',
    at: [4, 15],
    remedy: 'Take `?`',
  },
  {
    what: "another program's word for the token",
    text: 'platforms:\n  telegram: { enabled: false, bot_token: x }',
    path: 'platforms.telegram.bot_token',
    at: [2, 31],
    nearest: 'token',
    remedy: 'Rename it to `token`',
  },
];

const YAML_CASES: readonly Case[] = [
  { what: 'an empty file', text: '', path: '', at: [1, 1], remedy: 'config.example.yaml' },
  { what: 'nothing but comments', text: '# hello\n\n', path: '', at: [1, 1], remedy: 'config.example.yaml' },
  { what: 'a tab', text: 'access:\n\tusers: []', path: '', at: [2, 1], found: 'a tab', remedy: 'spaces' },
  { what: 'an open quote', text: 'listen: "127.0.0.1:1\n', path: '', at: [2, 1], remedy: 'quotes' },
  { what: 'a second colon', text: 'listen: a: b', path: '', at: [1, 9], remedy: 'quotes' },
  {
    what: 'a variable in brackets without quotes',
    text: 'people: { ana: [${ME}] }',
    path: '',
    at: [1, 18],
    remedy: 'quotes',
  },
  { what: 'a bare star', text: 'access:\n  users: *\n', path: '', at: [2, 10], remedy: 'quotes' },
  {
    what: 'an alias of nothing',
    text: 'access:\n  users: *all\n',
    path: 'access.users',
    at: [2, 10],
    remedy: 'quotes',
  },
  {
    what: 'two documents',
    text: 'listen: 127.0.0.1:1\n---\nlisten: 127.0.0.1:2\n',
    path: '',
    at: [2, 1],
    remedy: '---',
  },
  { what: 'a tag', text: 'listen: !secret x', path: 'listen', at: [1, 17], remedy: 'Take the tag away' },
  {
    what: 'a list at the top',
    text: '- a',
    path: '',
    at: [1, 1],
    found: 'a list',
    remedy: 'a block of keys',
  },
  { what: 'a key that is a list', text: '? [a]\n: b', path: '["?"]', at: [1, 3], remedy: 'Write a name' },
  {
    what: 'a merge key',
    text: 'log: { <<: { level: info } }',
    path: 'log["<<"]',
    at: [1, 8],
    remedy: 'Write the keys out',
  },
  {
    what: 'a glued colon',
    text: 'security: { encryption_key:x }',
    path: 'security["encryption_key:…"]',
    at: [1, 13],
    remedy: 'a space after the colon',
  },
  {
    what: 'a repeated key',
    text: 'log: {}\nlog: {}',
    path: 'log',
    at: [2, 1],
    found: 'second time',
    remedy: 'Remove one',
  },
];

describe.each([
  ['servers', SERVER_CASES],
  ['oauth', OAUTH_CASES],
  ['the top level', TOP_CASES],
  ['people and access', PEOPLE_CASES],
  ['Telegram', TELEGRAM_CASES],
  ['YAML itself', YAML_CASES],
])('mistakes in %s', (_, cases) => {
  it.each(cases)('reports $what with path, place and remedy, and nothing else', expectMistake);
});

it('a header beside OAuth may have a variable that is set', () => {
  const text = server(url, 'auth: oauth', 'headers: { X-Org: "${ORG}" }');
  expect(mistakesIn(text, { ORG: 'acme' })).toEqual([]);
});

describe('how mistakes are shown', () => {
  it('names the place, what was found, what is allowed, and the nearest key', () => {
    expect(formatMistakes(mistakesIn(server(url, 'oauth:', '  scop: read')))).toBe(
      [
        '/etc/gateway/config.yaml:5:7 mcp_servers.linear.oauth.scop',
        '  Found: the key `scop`, which would go to the authorization page as a parameter',
        '  Allowed: `client_id`, `client_secret`, `scope`, `redirect_port`, `flow`, `redirect_uri`, `client_name`, `timeout`, `client_metadata_url`, `cimd`, `token_endpoint_auth_method`, `private_key`, `signing_alg`, `issuer`, and parameters with other names',
        '  Did you mean `scope`? Rename it to `scope`.',
      ].join('\n'),
    );
  });

  it('says the same in one line for a chat, where what is allowed may be cut off', () => {
    const [scop] = mistakesIn(server(url, 'oauth:', '  scop: read')).map(mistakeSentence);
    expect(scop).toMatch(
      /^\/etc\/gateway\/config\.yaml:5:7 mcp_servers\.linear\.oauth\.scop: found the key `scop`, .*\. Did you mean `scope`\? Rename it to `scope`\. Allowed: `client_id`, .*\.$/,
    );
    const [level] = mistakesIn('log: { level: loud }').map(mistakeSentence);
    expect(level?.split('`silent`')).toHaveLength(2);
  });

  it('keeps control characters and line breaks of the file out of its sentences', () => {
    const text = 'log: { level: "\\e[31mred\\nline\\u202e" }\n"k\\e[2Jey\\nx": 1';
    const shown = formatMistakes(mistakesIn(text));
    expect(shown).toContain('\\u001b[31mred\\nline\\u202e');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    expect(shown.split('\n\n')).toHaveLength(2);
  });

  it('cuts long values', () => {
    expect(formatMistakes(mistakesIn(`log: { level: ${'very '.repeat(5000)} }`)).length).toBeLessThan(500);
  });
});
