import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { BOT_PERMISSIONS, INVITE_SCOPES } from '../../src/adapters/discord/setup/permissions.js';
import { BOT_SCOPES } from '../../src/adapters/slack/setup/scopes.js';
import { mistakesIn } from './config-cases.js';

const doc = (name: string) => readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

const ENVIRONMENT = {
  SLACK_BOT_TOKEN: `xoxb-1234567890-1234567890-${'AbCdEf'.repeat(4)}`,
  SLACK_BOT_TOKEN_EUROPE: `xoxb-9876543210-1234567890-${'GhIjKl'.repeat(4)}`,
  SLACK_APP_TOKEN: `xapp-1-A0123456789-1234567890-${'0a1b'.repeat(16)}`,
  SLACK_SIGNING_SECRET: '0123456789abcdef'.repeat(2),
  DISCORD_BOT_TOKEN: `${Buffer.from('1081384788765712384').toString('base64url')}.GaBc12.${'AbCd_ef-GH'.repeat(4)}`,
};

/** Rows of a table: the cells between its bars. */
function rows(text: string): readonly (readonly string[])[] {
  return Array.from(text.matchAll(/^\|(.*)\|$/gm), ([, row = '']) =>
    row.split('|').map((cell) => cell.trim()),
  );
}

describe.each(['slack.md', 'discord.md'])('docs/%s', (name) => {
  it('shows only configs that work', async () => {
    const blocks = Array.from(
      (await doc(name)).matchAll(/^```yaml\n(.*?)^```$/gms),
      ([, yaml]) => yaml ?? '',
    );
    expect(blocks.length).toBeGreaterThan(3);
    const inContext = (yaml: string) =>
      yaml.includes('public_url:') ? yaml : `public_url: https://mcp.example.com\n${yaml}`;
    for (const yaml of blocks) expect(mistakesIn(inContext(yaml), ENVIRONMENT)).toEqual([]);
  });

  it('leads only to files that there are', async () => {
    const links = Array.from((await doc(name)).matchAll(/\]\((\.\.\/[^)#]*)/g), ([, path]) => path ?? '');
    expect(links).toContain('../README.md');
    const files = links.map((path) => (path.endsWith('/') ? `${path}README.md` : path));
    for (const path of files) await readFile(new URL(path, new URL('../../docs/', import.meta.url)));
  });
});

describe('the reasons for each right', () => {
  it('of the Slack app are those that slack-manifest gives', async () => {
    const table = rows(await doc('slack.md'));
    for (const [scope, reason] of Object.entries(BOT_SCOPES))
      expect(table).toContainEqual([`\`${scope}\``, reason]);
  });

  it('of the Discord bot are those that discord-invite gives', async () => {
    const table = rows(await doc('discord.md'));
    for (const [scope, reason] of Object.entries(INVITE_SCOPES))
      expect(table).toContainEqual([`\`${scope}\``, reason]);
    for (const [name, { reason }] of Object.entries(BOT_PERMISSIONS))
      expect(table).toContainEqual([name, reason]);
  });
});
