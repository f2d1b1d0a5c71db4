import { describe, expect, it } from 'vitest';
import { createReload } from '../../src/app/reload.js';
import { parseConfig } from '../../src/gateway/config.js';
import type { Settings } from '../../src/gateway/settings.js';

const TOKEN = `123456789:${'AbCd_ef-GH'.repeat(4)}`;

function parse(telegram: string) {
  const text = `platforms: { telegram: { ${telegram} } }\naccess: { users: [telegram:1] }`;
  return parseConfig(text, { file: 'config.yaml', environment: {} });
}

function settingsOf(telegram: string): Settings {
  const outcome = parse(telegram);
  if (outcome.kind !== 'ok') throw new Error('the config has mistakes');
  return outcome.settings;
}

/** What a reload says, and what is in force after it. */
async function reload(before: string, after: string) {
  let settings = settingsOf(before);
  const run = createReload({
    load: async () => parse(after),
    settings: () => settings,
    replace: (next) => {
      settings = next;
    },
  });
  return { outcome: await run(), platforms: settings.platforms };
}

describe('a Telegram bot that is another one in the file', () => {
  it.each([
    ['its token', `token: "${TOKEN}0"`],
    ['what it does with the command list', `token: "${TOKEN}", commands: false`],
    ['whether there is one', 'enabled: false'],
  ])('takes effect after a restart: %s', async (_, after) => {
    const before = `token: "${TOKEN}"`;
    const { outcome, platforms } = await reload(before, after);
    expect(outcome).toMatchObject({ kind: 'reloaded', needRestart: ['platforms'] });
    expect(platforms).toEqual(settingsOf(before).platforms);
    expect(JSON.stringify(outcome)).not.toContain(TOKEN);
  });

  it('changes nothing while its token is none, and the token is not repeated', async () => {
    const before = `token: "${TOKEN}"`;
    const { outcome, platforms } = await reload(before, `token: "x${TOKEN}"`);
    expect(outcome).toMatchObject({ kind: 'broken', problems: [expect.stringContaining('@BotFather')] });
    expect(JSON.stringify(outcome)).not.toContain('AbCd');
    expect(platforms).toEqual(settingsOf(before).platforms);
  });

  it('needs no restart where it is the same', async () => {
    const same = `token: "${TOKEN}"`;
    expect((await reload(same, same)).outcome).not.toHaveProperty('needRestart');
  });
});
