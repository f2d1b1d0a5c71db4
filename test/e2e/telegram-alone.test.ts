import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type GatewayFolder, gatewayFolder } from '../helpers/gateway-folder.js';
import { Program } from '../helpers/program.js';
import { type BotApi, startBotApi } from '../helpers/telegram/bot-api.js';

let api: BotApi;
let home: GatewayFolder;
let program: Program | undefined;
beforeEach(async () => {
  api = await startBotApi();
  home = await gatewayFolder({
    access: { users: '*' },
    platforms: { telegram: { token: api.token, api_root: api.root } },
    mcp_servers: { gone: { url: 'http://127.0.0.1:9/mcp' } },
  });
});
afterEach(async () => {
  await program?.kill();
  await api.close();
  await home.remove();
});

/** A platform's own package, or our adapter for it. */
const OTHERS =
  /\/node_modules\/(?:@discordjs|discord|@slack|slack|@microsoft)|\/adapters\/(?!telegram\/)[^/]+\//;

it('a gateway with Telegram alone answers there, and loads nothing of any other platform', async () => {
  const loaded = join(home.folder, 'loaded');
  program = new Program(['start', '--config', home.config], {
    env: {
      NODE_OPTIONS: `--import=${new URL('../helpers/loaded-modules.mjs', import.meta.url).href}`,
      LOADED_MODULES: loaded,
    },
  });
  await program.untilSays('Ctrl-C stops it.');
  const ana = api.person('Ana');
  await ana.type('/mcp');
  await expect.poll(() => ana.sees()).toContain('gone');
  expect(await program.stop()).toBe(0);
  const urls = (await readFile(loaded, 'utf8')).split('\n');
  expect(urls.filter((url) => OTHERS.test(url))).toEqual([]);
  expect(urls.join('\n')).toMatch(/grammy|telegram/);
});
