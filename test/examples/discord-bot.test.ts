import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/index.js';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { startDiscord } from '../helpers/discord/discord.js';
import type { Discord, DiscordChannel, DiscordPerson } from '../helpers/discord/face.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { signIn } from '../helpers/sign-in-browser.js';
import { type ExampleProgram, type ExampleRun, exampleFolder, prepareExample } from './example-program.js';

const FOLDER = exampleFolder('discord-bot');

describe('the example of a discord.js bot with /mcp in it', () => {
  let provider: AuthorizationServer;
  let files: ProtectedServer;
  let discord: Discord;
  let ana: DiscordPerson;
  let ben: DiscordPerson;
  let general: DiscordChannel;
  let example: ExampleRun;
  beforeAll(async () => {
    provider = await startAuthorizationServer();
    files = await startProtectedServer(provider);
  });
  afterAll(async () => {
    await files.close();
    await provider.close();
  });
  beforeEach(async () => {
    discord = await startDiscord();
    [ana, ben] = [discord.person('Ana'), discord.person('Ben')];
    general = discord.guild('Acme', [ana, ben]).channel('general');
    example = await prepareExample(join(FOLDER, 'bot.mjs'), {
      mcp_servers: { files: { url: files.url, auth: 'oauth' } },
      access: { users: [`discord:${ana.id}`] },
    });
  });
  afterEach(async () => {
    await example.end();
    await discord.close();
  });

  async function running(): Promise<ExampleProgram> {
    const bot = example.run({ DISCORD_BOT_TOKEN: discord.token, DISCORD_API_ROOT: discord.api });
    await bot.untilSays('Acme MCP is there.');
    await expect
      .poll(() =>
        discord
          .commands()
          .map(({ name }) => name)
          .toSorted(),
      )
      .toEqual(['mcp', 'ping']);
    return bot;
  }

  const said = () => ana.messages(general).filter(({ from }) => from === 'bot');
  const says = (text: string | RegExp) => expect.poll(() => said().at(-1)?.text ?? '').toMatch(text);
  const mcp = (command?: string) => ana.types('/mcp', command === undefined ? {} : { command }, general);

  it('answers to its own command, shows /mcp to Ana alone, and ends with Ctrl-C', async () => {
    const bot = await running();
    await ana.types('/ping', {}, general);
    await says(/^pong$/);
    await mcp();
    await says(/files.*sign-in needed/);
    await ana.says('@bot mcp', general);
    await expect.poll(() => ana.sees()).toMatch(/files.*sign-in needed/);
    await ana.types('/ping', {}, general);
    await says(/^pong$/);
    expect(said()).toHaveLength(3);
    expect(ben.sees(general)).not.toContain('files');
    expect(await bot.stop()).toBe(0);
    expect(bot.written.replace(/^\{"level":[1-3]0.*\n/gm, '')).toBe('Acme MCP is there. Ctrl-C stops it.\n');
  });

  it('signs its people in, over a restart too', async () => {
    const bot = await running();
    await mcp('auth files');
    const link = () => said().flatMap(({ buttons }) => buttons.flat())[0]?.url;
    await expect.poll(link).toBeDefined();
    expect(await bot.stop()).toBe(0);
    await running();
    expect((await signIn(link() ?? '')).text).toContain('files is connected');
    await says(/✓ files connected/);
    expect(said()).toHaveLength(1);
    expect(ana.sees()).toBe('');
  });

  it('says what is missing where there is no token', async () => {
    const bot = example.run({});
    expect(await bot.ended).toBe(1);
    expect(bot.written).toMatch(/DISCORD_BOT_TOKEN is not set\..*discord\.com\/developers/);
  });

  it('ends, the gateway too, when Discord refuses its token, and does not show it', async () => {
    const token = 'MTE5MDM1MDM5NDAxODUyOTMxMA.GxP0aT.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
    const bot = example.run({ DISCORD_BOT_TOKEN: token, DISCORD_API_ROOT: discord.api });
    expect(await bot.ended).toBe(1);
    expect(bot.written).toContain('The bot could not log in:');
    expect(bot.written).not.toContain(token.split('.')[2]);
  });

  it('has a config without mistakes, which lets nobody in before it is told whom', async () => {
    const at = join(FOLDER, 'config.yaml');
    const unset = await loadConfig(at, {});
    expect(unset).toMatchObject({ kind: 'ok', settings: { access: { users: ['discord:0'] } } });
    const set = await loadConfig(at, { DISCORD_USER_ID: '81384788765712384' });
    expect(set).toMatchObject({
      settings: { access: { users: ['discord:81384788765712384'] }, platforms: {} },
    });
  });
});
