import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders: string[] = [];

interface Report {
  readonly modules: number;
  readonly violations: readonly { readonly rule: string; readonly from: string; readonly to: string }[];
}

/** Runs the project's own rules over the `src` of a folder. */
function cruise(folder: string): Promise<Report> {
  const bin = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const config = join(root, '.dependency-cruiser.cjs');
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [bin, '--config', config, '--output-type', 'json', 'src'],
      { cwd: folder, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (stdout === '') return reject(new Error(stderr, { cause: error }));
        const { summary, modules } = JSON.parse(stdout) as {
          summary: { violations: { rule: { name: string }; from: string; to: string }[] };
          modules: { source: string }[];
        };
        resolve({
          modules: modules.filter(({ source }) => source.startsWith('src/')).length,
          violations: summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
        });
      },
    );
  });
}

/** A small tree with the given files and the project's dependencies. */
async function treeOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'import-rules-'));
  folders.push(folder);
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

describe('who may import whom', () => {
  it('holds everywhere in src, and the tool really read src', async () => {
    const report = await cruise(root);
    expect(report.violations).toEqual([]);
    expect(report.modules).toBeGreaterThan(50);
  });

  it.each([
    [
      'an adapter that reaches into auth',
      'adapter-web',
      'src/adapters/web/adapter.ts',
      '../../auth/types.js',
      'src/auth/types.ts',
    ],
    [
      'an adapter that imports another',
      'adapter-web',
      'src/adapters/web/adapter.ts',
      '../terminal/adapter.js',
      'src/adapters/terminal/adapter.ts',
    ],
    [
      'an adapter that reaches into the gateway',
      'adapter-terminal',
      'src/adapters/terminal/adapter.ts',
      '../../gateway/views/sentences.js',
      'src/gateway/views/sentences.ts',
    ],
    ['auth that knows a chat', 'auth', 'src/auth/sign-in.ts', '../gateway/types.js', 'src/gateway/types.ts'],
    ['auth that knows sessions', 'auth', 'src/auth/sign-in.ts', '../mcp/types.js', 'src/mcp/types.ts'],
    [
      'storage that knows what it stores',
      'storage',
      'src/storage/file.ts',
      '../auth/types.js',
      'src/auth/types.ts',
    ],
    [
      'http that runs commands',
      'http',
      'src/http/server.ts',
      '../gateway/gateway.js',
      'src/gateway/gateway.ts',
    ],
    ['mcp that reads the store', 'mcp', 'src/mcp/connect.ts', '../storage/types.js', 'src/storage/types.ts'],
    ['a demo with a private door', 'demo', 'src/demo/demo.ts', '../app.js', 'src/app.ts'],
    [
      'shared words that depend on a room',
      'gateway-types',
      'src/gateway/types.ts',
      '../auth/types.js',
      'src/auth/types.ts',
    ],
    [
      'a log that knows the product',
      'observability',
      'src/observability/log.ts',
      '../auth/types.js',
      'src/auth/types.ts',
    ],
  ])('fails for %s, for a type-only import too', async (_what, rule, from, specifier, to) => {
    const folder = await treeOf({
      [from]: `import type { X } from '${specifier}';\nexport type Y = X;\n`,
      [to]: 'export type X = string;\n',
    });
    expect((await cruise(folder)).violations).toContainEqual({ rule, from, to });
  });

  it('fails for a cycle, type-only ones included', async () => {
    const folder = await treeOf({
      'src/auth/a.ts': `import type { B } from './b.js';\nexport type A = B | 1;\n`,
      'src/auth/b.ts': `import type { A } from './a.js';\nexport type B = A | 2;\n`,
    });
    expect((await cruise(folder)).violations.map(({ rule }) => rule)).toContain('no-cycles');
  });
});
