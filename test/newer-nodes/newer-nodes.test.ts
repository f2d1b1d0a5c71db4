import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RUNNER } from '../conformance/places.js';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { type GatewayFolder, gatewayFolder } from '../helpers/gateway-folder.js';
import { type Beside, isInstalled } from '../helpers/installed-beside.js';
import { hasText, linkIn, PipedChat, Program } from '../helpers/program.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { missing } from '../helpers/requirements.js';
import { signIn } from '../helpers/sign-in-browser.js';
import { type BotApi, startBotApi } from '../helpers/telegram/bot-api.js';
import type { TelegramPerson } from '../helpers/telegram/face.js';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const NODES: readonly (readonly [version: number, beside: Beside])[] = [
  [22, RUNNER],
  [24, { source: at('./24'), folder: at('../../.conformance/node-24') }],
];

const connected = /(everything|second) connected · 13 tools/;
let provider: AuthorizationServer;
let everything: ProtectedServer;
let telegram: BotApi;
let ben: TelegramPerson;
let home: GatewayFolder;
const programs: Program[] = [];

beforeAll(async () => {
  provider = await startAuthorizationServer();
  everything = await startProtectedServer(provider);
});
afterAll(async () => {
  await everything.close();
  await provider.close();
});
beforeEach(async () => {
  telegram = await startBotApi();
  ben = telegram.person('Ben');
  home = await gatewayFolder({
    log: { level: 'warn' },
    platforms: { telegram: { token: telegram.token, api_root: telegram.root } },
    access: { users: ['terminal:ana', `telegram:${ben.id}`] },
    mcp_servers: {
      everything: { url: everything.url, auth: 'oauth' },
      second: { url: everything.url, auth: 'oauth' },
    },
  });
});
afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.stop()));
  await telegram.close();
  await home.remove();
});

function run<P extends Program>(program: P): P {
  programs.push(program);
  return program;
}

async function signsIn(chat: PipedChat, server: string): Promise<void> {
  await signIn(linkIn(await chat.ask(`/mcp auth ${server}`, 'sign in at')));
  await chat.untilLine((line) => line.type === 'update' && hasText(line, connected), 'the outcome');
}

async function leaves(chat: PipedChat): Promise<void> {
  chat.endInput();
  expect(await chat.ended).toBe(0);
}

for (const [version, beside] of NODES) {
  const isThere = (await isInstalled(beside)) || missing(`Node ${version}`, 'node scripts/newer-nodes.js');
  const node = join(beside.folder, 'node_modules/node/bin/node');

  describe.runIf(isThere)(`the program as it ships, on Node ${version}`, () => {
    it('goes on where this Node left, signs in, answers in a chat, and says no word of warning', async () => {
      const before = run(new PipedChat(home.config, 'ana'));
      await signsIn(before, 'everything');
      await leaves(before);

      const after = run(new PipedChat(home.config, 'ana', [], { node }));
      expect(await after.ask('/mcp test everything', '13 tools')).toBeDefined();
      await signsIn(after, 'second');
      await leaves(after);
      expect(after.err).toBe(before.err);

      const gateway = run(new Program(['start', '--config', home.config], { node }));
      await gateway.untilSays('Ctrl-C stops it.');
      await ben.type('/mcp');
      await expect.poll(() => ben.sees()).toContain('sign-in needed');
      expect(await gateway.stop()).toBe(0);
      expect(gateway.err).toBe('');
    });
  });
}
