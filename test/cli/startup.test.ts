import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GatewayFolder, gatewayFolder } from '../helpers/gateway-folder.js';
import { Program } from '../helpers/program.js';

let home: GatewayFolder;
let program: Program | undefined;

beforeEach(async () => {
  home = await gatewayFolder({ mcp_servers: { gone: { url: 'http://127.0.0.1:9/mcp' } } });
});
afterEach(async () => {
  await program?.kill();
  await home.remove();
});

function run(args: readonly string[]): Program {
  const started = new Program(args, {
    cwd: home.folder,
    env: {
      NODE_OPTIONS: `--import=${new URL('../helpers/loaded-modules.mjs', import.meta.url).href}`,
      LOADED_MODULES: join(home.folder, 'loaded'),
    },
  });
  program = started;
  return started;
}

/** The packages that the program loaded something of. */
async function packages(): Promise<ReadonlySet<string>> {
  const urls = await readFile(join(home.folder, 'loaded'), 'utf8');
  const names = urls.matchAll(/\/node_modules\/((?:@[^/\s]+\/)?[^/\s]+)/g);
  return new Set(Array.from(names, ([, name]) => name ?? ''));
}

/** What costs more than it is worth before somebody signs in or a server is looked at. */
const LATER = [
  '@modelcontextprotocol/client',
  '@modelcontextprotocol/sdk',
  'express',
  'grammy',
  'ipaddr.js',
  'oauth4webapi',
  'undici',
];

describe('a start loads what it needs', () => {
  it('chat: no client of a server or provider, and no web pages', async () => {
    const chat = run(['chat', '--as', 'ana']);
    chat.endInput();
    expect(await chat.ended).toBe(0);
    const loaded = await packages();
    expect(loaded).toContain('zod');
    expect([...LATER, 'hono', '@hono/node-server'].filter((name) => loaded.has(name))).toEqual([]);
  });

  it('start: the web pages, before it says that it runs; no client of a server or provider', async () => {
    const gateway = run(['start']);
    await gateway.untilSays('Ctrl-C stops it.');
    const loaded = await packages();
    expect(loaded).toContain('hono');
    expect(loaded).toContain('@hono/node-server');
    expect(LATER.filter((name) => loaded.has(name))).toEqual([]);
    expect(await gateway.stop()).toBe(0);
  });
});
