import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

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

/** What is forbidden, the rule that forbids it, the file that does it, what it imports, and where that is. */
const FORBIDDEN: readonly (readonly [
  what: string,
  rule: string,
  from: string,
  specifier: string,
  to: string,
])[] = [
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
  [
    'auth that knows a chat',
    'auth',
    'src/auth/sign-in/sign-in.ts',
    '../../gateway/types.js',
    'src/gateway/types.ts',
  ],
  [
    'auth that knows sessions',
    'auth',
    'src/auth/sign-in/sign-in.ts',
    '../../mcp/types.js',
    'src/mcp/types.ts',
  ],
  [
    'storage that knows what it stores',
    'storage',
    'src/storage/file/engine.ts',
    '../../auth/types.js',
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
  ['a demo with a private door', 'demo', 'src/demo/demo.ts', '../app/app.js', 'src/app/app.ts'],
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
];

const CYCLE = {
  'src/auth/a.ts': `import type { B } from './b.js';\nexport type A = B | 1;\n`,
  'src/auth/b.ts': `import type { A } from './a.js';\nexport type B = A | 2;\n`,
};

/** Each file of the tree with all that it imports. */
function filesOf(rows: typeof FORBIDDEN): Readonly<Record<string, string>> {
  const files = new Map<string, string>();
  const add = (path: string, text: string) => files.set(path, (files.get(path) ?? '') + text);
  rows.forEach(([, , from, specifier, to], at) => {
    add(from, `import type { X as X${at} } from '${specifier}';\nexport type Y${at} = X${at};\n`);
    if (!files.get(to)?.includes('type X =')) add(to, 'export type X = string;\n');
  });
  return Object.fromEntries(files);
}

/** A small tree with the given files and the project's dependencies. */
async function treeOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'import-rules-'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

describe('who may import whom', () => {
  it('holds everywhere in src, and the tool really read src', async () => {
    const report = await cruise(root);
    expect(report.violations).toEqual([]);
    expect(report.modules).toBeGreaterThan(50);
  });

  describe('in a tree where everything that is forbidden is done', () => {
    let folder: string;
    let report: Report;
    beforeAll(async () => {
      folder = await treeOf({ ...filesOf(FORBIDDEN), ...CYCLE });
      report = await cruise(folder);
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    it.each(FORBIDDEN)('fails for %s, for a type-only import too', (_what, rule, from, _specifier, to) => {
      expect(report.violations).toContainEqual({ rule, from, to });
    });

    it('fails for a cycle, type-only ones included', () => {
      const cycles = report.violations.filter(({ rule }) => rule === 'no-cycles');
      expect(cycles.map(({ from }) => from in CYCLE)).toEqual([true]);
    });

    it('fails for nothing else', () => {
      const meant = FORBIDDEN.map(([, rule, from, , to]) => ({ rule, from, to }));
      const others = report.violations.filter(({ rule }) => rule !== 'no-cycles');
      expect(others).toHaveLength(meant.length);
      expect(others).toEqual(expect.arrayContaining(meant));
    });
  });
});
