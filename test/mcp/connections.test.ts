import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpServer, placeholder, stdioServer } from '../helpers/configured-server.js';
import { startEverythingServer } from '../helpers/everything-server.js';
import { json, startHttpPeer } from '../helpers/http-peer.js';
import { type Setup, setUp } from './setup.js';
import { startSseServer, startV1Server } from './v1-servers.js';

const ANA = 'telegram:1';
const everything = createRequire(import.meta.url).resolve(
  '@modelcontextprotocol/server-everything/dist/index.js',
);

let setup: Setup;
const open: { close(): Promise<void> }[] = [];

beforeEach(() => {
  setup = setUp();
});

afterEach(async () => {
  await setup.close();
  for (const one of open.splice(0).reverse()) await one.close();
});

async function opened<T extends { close(): Promise<void> }>(made: Promise<T>): Promise<T> {
  const one = await made;
  open.push(one);
  return one;
}

/** Processes write their ids into a file; `alive` says which of them still run. */
async function pidFile() {
  const folder = await mkdtemp(join(tmpdir(), 'pids-'));
  open.push({ close: () => rm(folder, { recursive: true, force: true }) });
  const file = join(folder, 'pids');
  const isAlive = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  return {
    record: `require('node:fs').appendFileSync(${JSON.stringify(file)}, process.pid + '\\n')`,
    alive: async () => {
      const pids = (await readFile(file, 'utf8')).trim().split('\n').map(Number);
      expect(pids.length).toBeGreaterThan(0);
      return pids.filter(isAlive);
    },
  };
}

describe('a look at a server', () => {
  it('finds what server-everything offers over Streamable HTTP', async () => {
    const server = httpServer((await opened(startEverythingServer())).url);
    const { result, ...probe } = await setup.connections.probe(server, ANA);
    expect(result).toMatchObject({
      kind: 'ready',
      authenticated: false,
      protocolVersion: expect.stringMatching(/^20/),
    });
    if (result.kind !== 'ready') return;
    expect(result.tools.map(({ name }) => name)).toContain('echo');
    expect(result.software).toContain('everything');
    expect(probe).toMatchObject({ server: 'linear', subject: ANA });
  });

  it('finds the same over stdio, and leaves no process behind', async () => {
    const pids = await pidFile();
    const script = `${pids.record}; process.argv[2] = 'stdio'; import(${JSON.stringify(pathToFileURL(everything))})`;
    const { result } = await setup.connections.probe(stdioServer(process.execPath, ['-e', script, 'x']), ANA);
    expect(result).toMatchObject({ kind: 'ready' });
    if (result.kind === 'ready') expect(result.tools.map(({ name }) => name)).toContain('echo');
    await setup.connections.close();
    expect(await pids.alive()).toEqual([]);
  });

  it('ends its session at the server, and its connections', async () => {
    const server = await opened(startV1Server());
    const { result } = await setup.connections.probe(httpServer(server.url), ANA);
    expect(result).toEqual({
      kind: 'ready',
      tools: [{ name: 'echo', description: 'Does echo.' }],
      protocolVersion: '2025-11-25',
      software: 'v1 1.2.3',
      authenticated: false,
    });
    await setup.close();
    expect(server.sessions.size).toBe(0);
    await expect.poll(() => server.sockets()).toBe(0);
  });

  it('reads every page of tools, and shows those that the config lets through', async () => {
    const server = await opened(startV1Server({ pages: [['a', 'b'], ['c'], ['d']] }));
    const names = async (tools: { include?: string[]; exclude?: string[] }) => {
      const { result } = await setup.connections.probe(httpServer(server.url, { tools }), ANA);
      return result.kind === 'ready' ? result.tools.map(({ name }) => name) : result;
    };
    expect(await names({})).toEqual(['a', 'b', 'c', 'd']);
    expect(await names({ include: ['a', 'd', 'x'], exclude: ['d'] })).toEqual(['a', 'd']);
    expect(await names({ exclude: ['*'] })).toEqual([]);
    expect(await names({ exclude: ['b'] })).toEqual(['a', 'c', 'd']);
    const misspelt = httpServer(server.url, { tools: { exclude: ['A', 'b'] } });
    expect((await setup.connections.probe(misspelt, ANA)).result).toMatchObject({ withoutTool: ['A'] });
  });

  it('stops at a server whose pages never end', async () => {
    const server = await opened(startV1Server({ pages: Array.from({ length: 200 }, (_, i) => [`t${i}`]) }));
    const { result } = await setup.connections.probe(httpServer(server.url), ANA);
    expect(result.kind === 'ready' ? result.tools.length : result).toBe(50);
  });

  it.each(['http', 'sse'] as const)(
    'meets a server that only knows server-sent events (configured as %s)',
    async (kind) => {
      const server = await opened(startSseServer());
      const { result } = await setup.connections.probe(httpServer(server.url, { kind }), ANA);
      expect(result).toMatchObject({ kind: 'ready', tools: [{ name: 'echo' }], software: 'v1 1.2.3' });
      await setup.connections.close();
      await expect.poll(() => server.sessions.size).toBe(0);
    },
  );

  it('is shared by everyone who asks for the same at the same time', async () => {
    const server = await opened(startV1Server());
    const configured = httpServer(server.url);
    const [first, second] = await Promise.all([
      setup.connections.probe(configured, ANA),
      setup.connections.probe(configured, ANA),
    ]);
    expect(second).toBe(first);
    const before = server.headers.length;
    await Promise.all([
      setup.connections.probe(configured, ANA),
      setup.connections.probe(configured, 'slack:T/U'),
    ]);
    expect(server.headers.length - before).toBeGreaterThan(before);
  });

  it('is made for many people at the same time, of which Node warns nobody', async () => {
    const { url } = await opened(startEverythingServer());
    const warnings: string[] = [];
    const warned = ({ name }: Error) => void warnings.push(name);
    process.on('warning', warned);
    const people = Array.from({ length: 24 }, (_, at) => `telegram:${at}`);
    await Promise.all(people.map((person) => setup.connections.probe(httpServer(url), person)));
    await new Promise(setImmediate);
    process.off('warning', warned);
    expect(warnings).toEqual([]);
  });

  it('is remembered until it is forgotten, for one person or all', async () => {
    const server = httpServer((await opened(startV1Server())).url);
    const ben = 'telegram:2';
    expect(setup.connections.known(server, ANA)).toBeUndefined();
    const probe = await setup.connections.probe(server, ANA);
    await setup.connections.probe(server, ben);
    expect(setup.connections.known(server, ANA)).toEqual(probe);
    setup.connections.forget('linear', ANA);
    expect(setup.connections.known(server, ANA)).toBeUndefined();
    expect(setup.connections.known(server, ben)).toBeDefined();
    setup.connections.forget('linear');
    expect(setup.connections.known(server, ben)).toBeUndefined();
  });

  it('that was under way when its credential went is not remembered', async () => {
    const server = httpServer((await opened(startV1Server())).url);
    const probing = setup.connections.probe(server, ANA);
    setup.connections.forget('linear', ANA);
    expect((await probing).result.kind).toBe('ready');
    expect(setup.connections.known(server, ANA)).toBeUndefined();
  });
});

describe('a server that cannot be reached', () => {
  const failureOf = async (...args: Parameters<Setup['connections']['probe']>) => {
    const { result } = await setup.connections.probe(...args);
    return result.kind === 'unreachable' ? result.failure : result;
  };

  it('hangs no longer than its connect timeout', async () => {
    const server = await opened(startHttpPeer(() => {}));
    const startedAt = Date.now();
    const failure = await failureOf(
      httpServer(server.origin, { connectTimeoutMs: 300, timeoutMs: 60_000 }),
      ANA,
    );
    expect(failure).toMatchObject({ code: 'timeout', host: '127.0.0.1' });
    expect(Date.now() - startedAt).toBeLessThan(15_000);
    await setup.connections.close();
    await expect.poll(() => server.sockets.size).toBe(0);
  });

  it('hangs no longer than its timeout when it stops answering later', async () => {
    const server = await opened(
      startV1Server({
        before: (request) => request.headers['mcp-session-id'] !== undefined && request.method === 'POST',
      }),
    );
    const startedAt = Date.now();
    const failure = await failureOf(httpServer(server.url, { connectTimeoutMs: 400, timeoutMs: 400 }), ANA);
    expect(failure).toMatchObject({ code: 'timeout' });
    expect(Date.now() - startedAt).toBeLessThan(15_000);
  });

  it('answers HTML', async () => {
    const server = await opened(
      startHttpPeer((_request, response) => {
        response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Hello</title>');
      }),
    );
    expect(await failureOf(httpServer(server.origin), ANA)).toMatchObject({ code: 'http-error' });
  });

  it.each([500, 503])('answers %i', async (status) => {
    const server = await opened(startHttpPeer((_request, response) => json(response, status, {})));
    expect(await failureOf(httpServer(server.origin), ANA)).toMatchObject({ code: 'http-error' });
  });

  it('has nothing at its address', async () => {
    const server = await opened(startHttpPeer((_request, response) => json(response, 404, {})));
    expect(await failureOf(httpServer(server.origin), ANA)).toMatchObject({ code: 'http-error' });
  });

  it('is not listening, since the first look that failed', async () => {
    let nowMs = 1000;
    const own = setUp(() => nowMs);
    open.push(own);
    const server = await startHttpPeer(() => {});
    await server.close();
    const first = await own.connections.probe(httpServer(server.origin), ANA);
    expect(first).toMatchObject({
      sinceMs: 1000,
      result: { failure: { code: 'unreachable', host: '127.0.0.1' } },
    });
    nowMs = 5000;
    expect(await own.connections.probe(httpServer(server.origin), ANA)).toMatchObject({
      sinceMs: 1000,
      atMs: 5000,
    });
  });

  it('is a command that is not there', async () => {
    const failure = await failureOf(stdioServer('no-such-command-here', []), ANA);
    expect(failure).toMatchObject({
      code: 'unreachable',
      detail: expect.stringContaining('no-such-command-here'),
    });
  });

  it('is a process that ends at once: its last words are told, without the key', async () => {
    const script = 'console.error("no entry for " + process.env.TOKEN); process.exit(1)';
    setup.keys.stored = { TOKEN: 'the-key' };
    const server = stdioServer(process.execPath, ['-e', script], {
      env: { TOKEN: placeholder('TOKEN') },
      keys: [{ name: 'TOKEN' }],
    });
    const failure = await failureOf(server, ANA);
    expect(failure).toMatchObject({ code: 'unreachable', detail: expect.stringContaining('no entry for …') });
    expect(JSON.stringify(failure)).not.toContain('the-key');
  });

  it('is a process that never says anything, which is ended', async () => {
    const pids = await pidFile();
    const server = stdioServer(process.execPath, ['-e', `${pids.record}; setInterval(() => {}, 1000)`], {
      connectTimeoutMs: 4000,
    });
    expect(await failureOf(server, ANA)).toMatchObject({ code: 'timeout' });
    await setup.connections.close();
    expect(await pids.alive()).toEqual([]);
  });
});
