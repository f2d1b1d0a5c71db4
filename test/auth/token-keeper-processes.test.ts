import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createCredentials } from '../../src/auth/credentials.js';
import type { TokenOutcome } from '../../src/auth/types.js';
import { openFileStore } from './kept-store.js';
import { startTokenEndpoint, type TokenEndpoint } from './token-endpoint.js';

const KEY = { subject: 'telegram:1', server: 'linear' };
const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
let compiled: string;
let endpoint: TokenEndpoint;
let kept: Awaited<ReturnType<typeof openFileStore>>;

/** The rooms that a keeper needs as JavaScript, for processes that are not vitest's. */
async function compile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'keeper-js-'));
  await symlink(at('../../node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  for (const room of ['auth', 'storage', 'observability']) {
    await mkdir(join(folder, room));
    for (const name of await readdir(at(`../../src/${room}`))) {
      const { code } = await transform(await readFile(at(`../../src/${room}/${name}`), 'utf8'), {
        swcrc: false,
        module: { type: 'es6' },
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
      });
      await writeFile(join(folder, room, name.replace(/\.ts$/, '.js')), code);
    }
  }
  return folder;
}

interface Asker {
  readonly child: ChildProcess;
  readonly lines: AsyncIterator<string>;
  readonly closed: Promise<unknown>;
}

function startAsker(calls: number): Asker {
  const child = spawn(
    process.execPath,
    [at('keeper-child.js'), compiled, kept.folder, endpoint.origin, String(calls)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const { stdout } = child;
  if (stdout === null) throw new Error('the process has no output');
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  return { child, lines, closed: once(child, 'close') };
}

beforeAll(async () => {
  compiled = await compile();
});

afterAll(() => rm(compiled, { recursive: true, force: true }));

beforeEach(async () => {
  endpoint = await startTokenEndpoint();
  kept = await openFileStore();
});

afterEach(async () => {
  await kept.remove();
  await endpoint.close();
});

it('four processes with fifty calls each refresh once in all', async () => {
  endpoint.delayMs = 50;
  await createCredentials(kept.store).set(KEY, {
    kind: 'oauth',
    accessToken: 'a1',
    refreshToken: 'r1',
    issuedAtMs: Date.now() - 7_200_000,
    expiresAtMs: Date.now() - 3_600_000,
    client: { clientId: 'c', kind: 'dynamic' },
    issuer: endpoint.origin,
    tokenEndpoint: `${endpoint.origin}/token`,
    resource: 'https://mcp.example/mcp',
  });
  const askers = Array.from({ length: 4 }, () => startAsker(50));
  await Promise.all(askers.map(async ({ lines }) => expect((await lines.next()).value).toBe('ready')));
  for (const { child } of askers) child.stdin?.write('go\n');
  const outcomes = await Promise.all(
    askers.map(async ({ lines }) => JSON.parse((await lines.next()).value) as TokenOutcome[]),
  );
  await Promise.all(askers.map(({ closed }) => closed));
  expect(outcomes.flat()).toHaveLength(200);
  expect(outcomes.flat().every((outcome) => outcome.kind === 'token' && outcome.accessToken === 'a2')).toBe(
    true,
  );
  expect(endpoint.refreshes).toHaveLength(1);
});
