import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/index.js';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { signIn } from '../helpers/sign-in-browser.js';
import { type BotApi, startBotApi, type TelegramPerson } from '../helpers/telegram/bot-api.js';
import { type ExampleProgram, type ExampleRun, exampleFolder, prepareExample } from './example-program.js';

const FOLDER = exampleFolder('telegram-bot');

describe('the example of a grammY bot with /mcp in it', () => {
  let provider: AuthorizationServer;
  let files: ProtectedServer;
  let api: BotApi;
  let ana: TelegramPerson;
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
    api = await startBotApi();
    ana = api.person('Ana', { username: 'ana' });
    example = await prepareExample(join(FOLDER, 'bot.mjs'), {
      mcp_servers: { files: { url: files.url, auth: 'oauth' } },
      access: { users: [`telegram:${ana.id}`] },
    });
  });
  afterEach(async () => {
    await example.end();
    await api.close();
  });

  async function running(): Promise<ExampleProgram> {
    const bot = example.run({ TELEGRAM_BOT_TOKEN: api.token, TELEGRAM_API_ROOT: api.root });
    await bot.untilSays('@acme_mcp_bot is there.');
    return bot;
  }

  const said = () => ana.messages().filter(({ from }) => from === 'bot');
  const says = (text: string | RegExp) => expect.poll(() => said().at(-1)?.text ?? '').toMatch(text);

  it('says back what it hears, shows /mcp, and ends with Ctrl-C', async () => {
    const bot = await running();
    await ana.start();
    await says('Say something');
    await ana.type('hello there');
    await says(/^hello there$/);
    await ana.type('/mcp');
    await says(/files.*sign-in needed/);
    await ana.type('and now?');
    await says(/^and now\?$/);
    expect(said()).toHaveLength(4);
    expect(await bot.stop()).toBe(0);
    expect(bot.written.replace(/^\{"level":[1-3]0.*\n/gm, '')).toBe(
      '@acme_mcp_bot is there. Ctrl-C stops it.\n',
    );
  });

  it('signs its people in, over a restart too', async () => {
    const bot = await running();
    await ana.type('/mcp auth files');
    const link = () => said().flatMap(({ buttons }) => buttons.flat())[0]?.url;
    await expect.poll(link).toBeDefined();
    expect(await bot.stop()).toBe(0);
    await running();
    expect((await signIn(link() ?? '')).text).toContain('files is connected');
    await says(/✓ files connected/);
    expect(said()).toHaveLength(1);
  });

  it('says what is missing where there is no token', async () => {
    const bot = example.run({});
    expect(await bot.ended).toBe(1);
    expect(bot.written).toMatch(/TELEGRAM_BOT_TOKEN is not set\..*@BotFather/);
  });

  it('ends, the gateway too, when Telegram refuses its token, and does not show it', async () => {
    const token = '7312640915:AAFbdTq3xVw9ZyHk2mJcR8sLpN4uGeXo1Yx';
    const bot = example.run({ TELEGRAM_BOT_TOKEN: token, TELEGRAM_API_ROOT: api.root });
    expect(await bot.ended).toBe(1);
    expect(bot.written).toContain('401: Unauthorized');
    expect(bot.written).not.toContain(token.split(':')[1]);
  });

  it('has a config without mistakes, which lets nobody in before it is told whom', async () => {
    const at = join(FOLDER, 'config.yaml');
    const unset = await loadConfig(at, {});
    expect(unset).toMatchObject({ kind: 'ok', settings: { access: { users: ['telegram:0'] } } });
    const set = await loadConfig(at, { TELEGRAM_USER_ID: '123456789' });
    expect(set).toMatchObject({ settings: { access: { users: ['telegram:123456789'] }, platforms: {} } });
  });
});
