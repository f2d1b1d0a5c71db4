import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/index.js';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { freePort } from '../helpers/program.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { signIn } from '../helpers/sign-in-browser.js';
import { type BotApi, startBotApi, type TelegramPerson } from '../helpers/telegram/bot-api.js';

const FOLDER = fileURLToPath(new URL('../../examples/telegram-bot/', import.meta.url));

/** `node bot.mjs` in a process of its own; the package it imports by name is this one, as built. */
class ExampleBot {
  readonly child: ChildProcess;
  written = '';
  readonly ended: Promise<number | null>;

  constructor(config: string, env: Readonly<Record<string, string>>) {
    this.child = spawn(process.execPath, [join(FOLDER, 'bot.mjs'), config], {
      env: { PATH: process.env.PATH ?? '', NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.written += text;
      });
    this.ended = new Promise((resolve) => this.child.on('close', resolve));
  }

  /** As Ctrl-C does. */
  stop(): Promise<number | null> {
    this.child.kill('SIGINT');
    return this.ended;
  }
}

describe('the example of a grammY bot with /mcp in it', () => {
  let provider: AuthorizationServer;
  let files: ProtectedServer;
  let api: BotApi;
  let ana: TelegramPerson;
  let folder: string;
  let config: string;
  const bots: ExampleBot[] = [];
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
    folder = await mkdtemp(join(tmpdir(), 'example-bot-'));
    config = join(folder, 'config.yaml');
    const listen = `127.0.0.1:${await freePort()}`;
    const words = {
      mcp_servers: { files: { url: files.url, auth: 'oauth' } },
      access: { users: [`telegram:${ana.id}`] },
      listen,
      local_listen: `127.0.0.1:${await freePort()}`,
      public_url: `http://${listen}`,
      storage: 'file:./state',
    };
    await writeFile(config, JSON.stringify(words));
  });
  afterEach(async () => {
    for (const bot of bots.splice(0)) {
      bot.child.kill('SIGKILL');
      await bot.ended;
    }
    await api.close();
    await rm(folder, { recursive: true });
  });

  function run(env: Readonly<Record<string, string>>): ExampleBot {
    const bot = new ExampleBot(config, env);
    bots.push(bot);
    return bot;
  }

  async function running(): Promise<ExampleBot> {
    const bot = run({ TELEGRAM_BOT_TOKEN: api.token, TELEGRAM_API_ROOT: api.root });
    const ended = bot.ended.then((code) => `ended with ${code}: ${bot.written}`);
    const there = expect
      .poll(() => bot.written, { timeout: 45_000 })
      .toContain('@acme_mcp_bot is there.')
      .then(() => 'there');
    expect(await Promise.race([there, ended])).toBe('there');
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
    const bot = run({});
    expect(await bot.ended).toBe(1);
    expect(bot.written).toMatch(/TELEGRAM_BOT_TOKEN is not set\..*@BotFather/);
  });

  it('ends, the gateway too, when Telegram refuses its token, and does not show it', async () => {
    const token = '7312640915:AAFbdTq3xVw9ZyHk2mJcR8sLpN4uGeXo1Yx';
    const bot = run({ TELEGRAM_BOT_TOKEN: token, TELEGRAM_API_ROOT: api.root });
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
