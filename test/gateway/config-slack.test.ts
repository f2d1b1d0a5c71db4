import { describe, expect, it } from 'vitest';
import { formatMistakes } from '../../src/gateway/config.js';
import { type Case, expectMistake, mistakesIn, server, settingsOf, warningsIn } from './config-cases.js';

const BOT = `xoxb-1234567890-1234567890-${'AbCdEf'.repeat(4)}`;
const OTHER_BOT = `xoxb-9876543210-1234567890-${'GhIjKl'.repeat(4)}`;
const APP = `xapp-1-A0123456789-1234567890-${'0a1b'.repeat(16)}`;
const SECRET = '0123456789abcdef'.repeat(2);
const ENVIRONMENT = { SLACK_BOT_TOKEN: BOT, SLACK_APP_TOKEN: APP, SLACK_SIGNING_SECRET: SECRET };

const LINEAR = server('url: https://mcp.linear.app/mcp');
const PUBLIC = 'public_url: https://mcp.example.com';
const USERS = 'access: { users: ["slack:T024BE7LD/*"] }';

function block(...lines: readonly string[]): string {
  return ['platforms:', '  slack:', ...lines.map((line) => `    ${line}`), USERS, LINEAR].join('\n');
}

const SOCKET = ['bot_token: "${SLACK_BOT_TOKEN}"', 'app_token: "${SLACK_APP_TOKEN}"'];
const HTTP = ['bot_token: "${SLACK_BOT_TOKEN}"', 'mode: http', 'signing_secret: "${SLACK_SIGNING_SECRET}"'];

function slackOf(text: string) {
  return settingsOf(text, ENVIRONMENT).platforms.slack;
}

function warnings(...lines: readonly string[]) {
  return warningsIn(lines.join('\n'), ENVIRONMENT).map(({ path, found }) => [path, found]);
}

describe('a Slack app', () => {
  it('needs nothing but its two tokens', () => {
    expect(slackOf(block(...SOCKET))).toEqual({
      botTokens: [BOT],
      appToken: APP,
      mode: 'socket',
      apiRoot: 'https://slack.com/api',
    });
  });

  it('takes every key, and several workspaces', () => {
    const text = block(
      `bot_token: [${BOT}, ${OTHER_BOT}]`,
      ...HTTP.slice(1),
      'app_token: "${SLACK_APP_TOKEN}"',
      'workspaces: [T024BE7LD, E024BE7LD]',
      'channels: [C024BE91L, G024BE91L]',
      'api_root: http://slack-proxy:8081/api/',
    );
    expect(slackOf(`${PUBLIC}\n${text}`)).toEqual({
      botTokens: [BOT, OTHER_BOT],
      mode: 'http',
      appToken: APP,
      signingSecret: SECRET,
      workspaces: ['T024BE7LD', 'E024BE7LD'],
      channels: ['C024BE91L', 'G024BE91L'],
      apiRoot: 'http://slack-proxy:8081/api',
    });
  });

  it('is off where the config says so, and may then lack what it needs', () => {
    expect(slackOf(block('enabled: false', 'mode: http'))).toBeUndefined();
    const example = 'platforms: { slack: { enabled: false, bot_token: "${X:-}", app_token: "${X:-}" } }';
    expect(settingsOf(example).platforms).toEqual({});
  });

  it('that mounts the gateway needs no entry for its people to be listed', () => {
    const { access, platforms } = settingsOf('access: { users: [slack:T024BE7LD/U023BECGF] }');
    expect(access.users).toEqual(['slack:T024BE7LD/U023BECGF']);
    expect(platforms).toEqual({});
  });
});

describe('a whole workspace', () => {
  it('may be among the users, not among the admins, nor be joined to a person', () => {
    expect(settingsOf('access: { users: ["slack:T024BE7LD/*"] }').access.users).toEqual([
      'slack:T024BE7LD/*',
    ]);
    expect(mistakesIn('access: { admins: ["slack:T024BE7LD/*"] }')).toMatchObject([
      { path: 'access.admins[0]' },
    ]);
    expect(mistakesIn('people: { ana: ["slack:T024BE7LD/*"] }')).toMatchObject([{ path: 'people.ana[0]' }]);
  });

  it.each([
    'slack:*/*',
    'slack:T024BE7LD',
    'slack:T024BE7LD/U*',
    'slack:t024/*',
    'discord:1/*',
    'telegram:-5/*',
  ])('%s is no such thing', (entry) => {
    expect(mistakesIn(`access: { users: ["${entry}"] }`)).toMatchObject([{ path: 'access.users[0]' }]);
  });
});

/** A block with both tokens in lines 3 and 4, and these keys, or these instead. */
function slack(lines: Readonly<Record<string, string>>): string {
  const written = { bot_token: BOT, app_token: APP, ...lines };
  return [
    'platforms:',
    '  slack:',
    ...Object.entries(written).map(([key, value]) => `    ${key}: ${value}`),
  ].join('\n');
}

const BOT_PLACE = 'OAuth & Permissions → Bot User OAuth Token';
const APP_PLACE = 'App-Level Tokens → Generate Token and Scopes, with connections:write';
const SECRET_PLACE = 'App Credentials → Signing Secret';

const TOKEN_CASES: readonly Case[] = [
  {
    what: 'no bot token',
    text: `platforms:\n  slack: { app_token: ${APP} }`,
    path: 'platforms.slack.bot_token',
    at: [2, 3],
    found: 'an app without a bot token',
    remedy: BOT_PLACE,
  },
  {
    what: 'no bot token in a list',
    text: slack({ bot_token: '[]' }),
    path: 'platforms.slack.bot_token',
    at: [3, 16],
    found: 'an app without a bot token',
    remedy: BOT_PLACE,
  },
  {
    what: 'no app-level token for a socket',
    text: `platforms:\n  slack: { bot_token: ${BOT} }`,
    path: 'platforms.slack.app_token',
    at: [2, 3],
    found: '`mode: socket` without an app-level token',
    remedy: APP_PLACE,
  },
  {
    what: 'no signing secret for HTTP',
    text: `${PUBLIC}\nplatforms:\n  slack: { bot_token: ${BOT}, mode: http }`,
    path: 'platforms.slack.signing_secret',
    at: [3, 3],
    found: '`mode: http` without a signing secret',
    remedy: SECRET_PLACE,
  },
  {
    what: 'HTTP without an address',
    text: slack({ signing_secret: SECRET, mode: 'http' }),
    path: 'platforms.slack.mode',
    at: [6, 11],
    found: '`http` without a `public_url`',
    remedy: 'or write `mode: socket`',
  },
  {
    what: 'an app-level token in place of a bot token',
    text: slack({ bot_token: APP }),
    path: 'platforms.slack.bot_token',
    at: [3, 16],
    found: 'an app-level token (xapp-…)',
    remedy: `It belongs under \`app_token\`. api.slack.com/apps has it: your app → ${BOT_PLACE}`,
  },
  {
    what: 'a bot token in place of an app-level token',
    text: slack({ app_token: BOT }),
    path: 'platforms.slack.app_token',
    at: [4, 16],
    found: 'a bot token (xoxb-…)',
    remedy: 'It belongs under `bot_token`',
  },
  {
    what: 'a person in place of the bot',
    text: slack({ bot_token: BOT.replace('xoxb', 'xoxp') }),
    path: 'platforms.slack.bot_token',
    at: [3, 16],
    found: 'a token of a person (xoxp-…)',
    remedy: BOT_PLACE,
  },
  {
    what: 'a token that rotates',
    text: slack({ bot_token: `xoxe.xoxb-1-${'Mi0y'.repeat(20)}` }),
    path: 'platforms.slack.bot_token',
    at: [3, 16],
    found: 'expires after 12 hours',
    remedy: 'make one without it, as `slack-manifest` does',
  },
  {
    what: 'a secret in place of a token',
    text: slack({ bot_token: SECRET }),
    path: 'platforms.slack.bot_token',
    at: [3, 16],
    found: 'a signing or client secret',
    remedy: BOT_PLACE,
  },
  ...[
    ['123456789012.987654321098', 'a client id'],
    ['A0123456789', 'an app id'],
    ['AbCdEfGhIjKlMnOpQrStUvWx', 'verification token'],
    [BOT, 'a bot token'],
  ].map(([value = '', found = '']) => ({
    what: `${found} in place of the signing secret`,
    text: `${PUBLIC}\n${slack({ mode: 'http', signing_secret: `"${value}"` })}`,
    path: 'platforms.slack.signing_secret',
    at: [7, 21] as const,
    found,
    remedy: SECRET_PLACE,
  })),
  {
    what: 'half a token',
    text: slack({ bot_token: 'xoxb-1234' }),
    path: 'platforms.slack.bot_token',
    at: [3, 16],
    found: 'text (not shown)',
    remedy: 'Give the whole of it.',
  },
  ...[`" ${BOT}"`, `"'${BOT}'"`, `"<${BOT}>"`].map((value) => ({
    what: `a token with something around it (${value.replace(BOT, '')})`,
    text: slack({ bot_token: value }),
    path: 'platforms.slack.bot_token',
    at: [3, 16] as const,
    found: 'text (not shown)',
    remedy: 'Take the quotes and spaces around it away.',
  })),
  {
    what: 'one bad token among several',
    text: slack({ bot_token: `[${BOT}, ${APP}]` }),
    path: 'platforms.slack.bot_token[1]',
    at: [3, 19 + BOT.length],
    found: 'an app-level token',
    remedy: 'It belongs under `app_token`',
  },
  {
    what: 'a token twice',
    text: slack({ bot_token: `[${BOT}, ${BOT}]` }),
    path: 'platforms.slack.bot_token[1]',
    at: [3, 19 + BOT.length],
    found: 'the same token again',
    remedy: 'Take one',
  },
];

const OTHER_CASES: readonly Case[] = [
  {
    what: 'a way of receiving that there is not',
    text: slack({ mode: 'sockets' }),
    path: 'platforms.slack.mode',
    at: [5, 11],
    nearest: 'socket',
    remedy: 'Write `socket` or `http`',
  },
  {
    what: 'a workspace by its name',
    text: slack({ workspaces: '[acme]' }),
    path: 'platforms.slack.workspaces[0]',
    at: [5, 18],
    found: '"acme"',
    remedy: 'app.slack.com/client/T…/C…',
  },
  {
    what: 'a channel by its name',
    text: slack({ channels: '["#general"]' }),
    path: 'platforms.slack.channels[0]',
    at: [5, 16],
    found: 'the text',
    remedy: 'app.slack.com/client/T…/C…',
  },
  {
    what: 'a private chat among the channels',
    text: slack({ channels: '[D024BE91L]' }),
    path: 'platforms.slack.channels[0]',
    at: [5, 16],
    remedy: 'in which the bot always answers',
  },
  {
    what: 'a channel twice',
    text: slack({ channels: '[C024BE91L, C024BE91L]' }),
    path: 'platforms.slack.channels[1]',
    at: [5, 27],
    remedy: 'Take one',
  },
  {
    what: 'a channel that is not in a list',
    text: slack({ channels: 'C024BE91L' }),
    path: 'platforms.slack.channels',
    at: [5, 15],
    remedy: 'a list such as [C024BE91L]',
  },
  {
    what: 'the address of a method',
    text: slack({ api_root: 'https://slack.com/api/auth.test' }),
    path: 'platforms.slack.api_root',
    at: [5, 15],
    found: 'a method',
    remedy: 'the address before it, such as https://slack.com/api',
  },
  ...['http://slack.com/api', 'http://8.8.8.8/api'].map((url) => ({
    what: `tokens in the open, to ${url}`,
    text: slack({ api_root: url }),
    path: 'platforms.slack.api_root',
    at: [5, 15] as const,
    remedy: "Write https://: the app's tokens",
  })),
  {
    what: "another platform's word for the token",
    text: 'platforms:\n  slack: { enabled: false, token: x }',
    path: 'platforms.slack.token',
    at: [2, 28],
    nearest: 'bot_token',
    remedy: 'Rename it to `bot_token`',
  },
];

describe('mistakes in the Slack block', () => {
  it.each([...TOKEN_CASES, ...OTHER_CASES])(
    'reports $what with path, place and remedy, and nothing else',
    expectMistake,
  );

  it.each([
    ['SLACK_BOT_TOKEN', BOT_PLACE],
    ['SLACK_APP_TOKEN', APP_PLACE],
  ])('says where %s is found when the variable is not set', (name, place) => {
    const [mistake, ...more] = mistakesIn(block(...SOCKET), { ...ENVIRONMENT, [name]: '' });
    expect(more).toEqual([]);
    expect(mistake?.remedy).toContain(`Set ${name} in the gateway's environment.`);
    expect(mistake?.remedy).toContain(place);
  });

  it('never shows a token, wherever it was pasted', () => {
    for (const secret of [BOT, APP, BOT.replace('xoxb', 'xoxp')])
      for (const text of [
        slack({ signing_secret: secret, mode: 'http' }),
        slack({ bot_token: `[${BOT}, "${secret} "]` }),
        slack({ channels: `[${secret}]`, workspaces: `["${secret}"]`, mode: secret }),
        slack({ api_root: `https://slack.com/api/${secret}?token=${secret}` }),
        `access: { users: ["${secret}"] }`,
        `${secret}: x`,
      ]) {
        const shown = formatMistakes(mistakesIn(text));
        expect(shown).not.toBe('');
        expect(shown).not.toContain(secret.slice(-16));
        expect(shown).not.toContain('1234567890-');
      }
  });
});

describe('what is probably not meant with a Slack app', () => {
  it('is nothing where the secrets come from the environment and there is a public URL', () => {
    expect(warnings(PUBLIC, block(...SOCKET))).toEqual([]);
    expect(warnings(PUBLIC, block(...HTTP))).toEqual([]);
  });

  it('is each secret that stands in the file, and the warning does not repeat it', () => {
    const text = block(
      `bot_token: ["\${SLACK_BOT_TOKEN}", ${OTHER_BOT}]`,
      `app_token: ${APP}`,
      `signing_secret: ${SECRET}`,
    );
    const written = warningsIn(`${PUBLIC}\n${text}`, ENVIRONMENT);
    expect(written.map(({ path }) => path)).toEqual([
      'platforms.slack.bot_token[1]',
      'platforms.slack.app_token',
      'platforms.slack.signing_secret',
    ]);
    const shown = formatMistakes(written);
    expect(shown).toContain('"${SLACK_SIGNING_SECRET}"');
    for (const secret of [OTHER_BOT, APP, SECRET]) expect(shown).not.toContain(secret.slice(-8));
  });

  it('is no public URL: links then lead to this machine', () => {
    expect(warnings(block(...SOCKET))).toEqual([['platforms.slack', 'an app without a `public_url`']]);
  });

  it('is HTTP to this machine, unless a proxy of its own is to deliver it', () => {
    const url = 'public_url: http://127.0.0.1:8787';
    expect(warnings(url, block(...HTTP))).toEqual([
      ['public_url', 'an address of this machine, where Slack cannot deliver what people type'],
    ]);
    expect(warnings(url, block(...HTTP, 'api_root: http://127.0.0.1:8081/api'))).toEqual([]);
    expect(warnings(url, block(...SOCKET))).toEqual([]);
  });

  it('is an empty list of workspaces, which is not the same as none', () => {
    expect(warnings(PUBLIC, block(...SOCKET, 'workspaces: []'))).toEqual([
      ['platforms.slack.workspaces', 'an empty list: the bot answers in no workspace'],
    ]);
    expect(warnings(PUBLIC, block(...SOCKET, 'channels: []'))).toEqual([]);
  });

  it('is nothing about an app that is off', () => {
    expect(warnings(block('enabled: false', 'mode: http', 'workspaces: []'))).toEqual([]);
  });
});
