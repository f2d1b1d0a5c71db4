import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { formatMistakes } from '../../src/gateway/config.js';
import { mistakesIn, server, settingsOf, warningsIn } from './config-cases.js';

const TOKEN = `123456789:${'AbCd_ef-GH'.repeat(3)}12345`;
const ENVIRONMENT = { TELEGRAM_BOT_TOKEN: TOKEN };
const LINEAR = server('url: https://mcp.linear.app/mcp');
const PUBLIC = 'public_url: https://mcp.example.com';
const USERS = 'access: { users: [telegram:123456789] }';

function bot(...lines: readonly string[]): string {
  const own = ['token: "${TELEGRAM_BOT_TOKEN}"', ...lines].map((line) => `    ${line}`);
  return ['platforms:', '  telegram:', ...own, USERS, LINEAR].join('\n');
}

function telegramOf(text: string) {
  return settingsOf(text, ENVIRONMENT).platforms.telegram;
}

function warnings(...lines: readonly string[]) {
  return warningsIn(lines.join('\n'), ENVIRONMENT).map(({ path, found }) => [path, found]);
}

describe('a Telegram bot', () => {
  it('needs nothing but its token', () => {
    expect(telegramOf(bot())).toEqual({
      token: TOKEN,
      mode: 'polling',
      apiRoot: 'https://api.telegram.org',
      commands: true,
    });
  });

  it('takes every key', () => {
    const text = `${PUBLIC}\n${bot('mode: webhook', 'api_root: http://bot-api:8081/', 'commands: false')}`;
    expect(telegramOf(text)).toEqual({
      token: TOKEN,
      mode: 'webhook',
      apiRoot: 'http://bot-api:8081',
      commands: false,
    });
  });

  it.each([
    'http://127.0.0.1:8081',
    'http://localhost:8081',
    'http://[::1]:8081',
    'http://10.1.2.3:8081',
    'http://172.31.0.1',
    'http://192.168.1.5',
    'http://[fd12::1]:8081',
    'http://bot-api:8081',
    'http://bot-api.internal',
    'https://bot-api.example.com/telegram',
  ])('may use a Bot API server at %s', (url) => {
    expect(telegramOf(bot(`api_root: "${url}"`))?.apiRoot).toBe(url);
  });

  it('is off where the config says so, and may then lack what it needs', () => {
    expect(telegramOf(bot('enabled: false', 'mode: webhook'))).toBeUndefined();
    expect(telegramOf('platforms: { telegram: { enabled: false } }')).toBeUndefined();
    const example = 'platforms: { telegram: { enabled: false, token: "${TELEGRAM_BOT_TOKEN:-}" } }';
    expect(settingsOf(example).platforms).toEqual({});
  });

  it('that mounts the gateway needs no entry for its people to be listed', () => {
    const settings = settingsOf(USERS);
    expect(settings.access.users).toEqual(['telegram:123456789']);
    expect(settings.platforms).toEqual({});
  });
});

describe('docs/telegram.md', () => {
  it('shows only configs that work', async () => {
    const text = await readFile(new URL('../../docs/telegram.md', import.meta.url), 'utf8');
    const blocks = Array.from(text.matchAll(/^```yaml\n(.*?)^```$/gms), ([, yaml]) => yaml ?? '');
    expect(blocks.length).toBeGreaterThan(3);
    const inContext = (yaml: string) => (yaml.includes('public_url:') ? yaml : `${PUBLIC}\n${yaml}`);
    for (const yaml of blocks) expect(mistakesIn(inContext(yaml), ENVIRONMENT)).toEqual([]);
  });
});

describe('what is probably not meant with a Telegram bot', () => {
  it('is nothing where the token comes from the environment and there is a public URL', () => {
    expect(warnings(PUBLIC, bot())).toEqual([]);
    expect(warnings(PUBLIC, bot('mode: webhook'))).toEqual([]);
  });

  it('is a token that stands in the file, and the warning does not repeat it', () => {
    const written = warningsIn(`${PUBLIC}\n${bot().replace('"${TELEGRAM_BOT_TOKEN}"', TOKEN)}`);
    expect(written).toMatchObject([{ path: 'platforms.telegram.token', line: 4 }]);
    expect(formatMistakes(written)).not.toContain('AbCd');
    expect(formatMistakes(written)).toContain('${TELEGRAM_BOT_TOKEN}');
  });

  it('is no public URL: people then send addresses or type codes', () => {
    const [warning, ...more] = warningsIn(bot(), ENVIRONMENT);
    expect(more).toEqual([]);
    expect(warning).toMatchObject({
      path: 'platforms.telegram',
      line: 2,
      found: 'a bot without a `public_url`',
    });
    expect(warning?.remedy).toContain('send the address of a sign-in');
  });

  it.each(['443', '80', '88', '8443'])('is not a webhook on port %s', (port) => {
    expect(warnings(`public_url: https://mcp.example.com:${port}`, bot('mode: webhook'))).toEqual([]);
  });

  it('is a webhook on a port that Telegram does not deliver to', () => {
    const url = 'public_url: https://mcp.example.com:9443';
    expect(warnings(url, bot('mode: webhook'))).toEqual([
      ['public_url', 'the port 9443, to which Telegram delivers no webhook'],
    ]);
    expect(warnings(url, bot('mode: polling'))).toEqual([]);
    expect(warnings(url, bot('mode: webhook', 'api_root: https://bot-api.example.com'))).toEqual([]);
  });

  it('is a webhook to this machine, unless a Bot API server of its own is to deliver it', () => {
    const url = 'public_url: http://127.0.0.1:8787';
    expect(warnings(url, bot('mode: webhook'))).toEqual([
      ['public_url', 'an address of this machine, where Telegram cannot deliver a webhook'],
    ]);
    expect(warnings(url, bot('mode: webhook', 'api_root: http://127.0.0.1:8081'))).toEqual([]);
  });

  it('is a bot that nobody may use: the warning says how to learn an id', () => {
    const [warning] = warningsIn(`${PUBLIC}\n${bot().replace(USERS, '')}`, ENVIRONMENT);
    expect(warning).toMatchObject({
      path: 'platforms.telegram',
      found: expect.stringContaining('nobody may use'),
    });
    expect(warning?.remedy).toContain('Send /mcp there');
  });

  it('is nothing about a bot that is off', () => {
    expect(warnings(bot('enabled: false', 'mode: webhook'))).toEqual([]);
  });
});
