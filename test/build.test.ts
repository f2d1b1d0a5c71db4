import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A package as small as the build allows, built once by the project's own scripts. */
let tree: string;
let built: Built;

type Files = Readonly<Record<string, string>>;

const SMALL: Files = {
  'package.json': JSON.stringify({
    name: 'small',
    version: '1.0.0',
    type: 'module',
    dependencies: { kept: '1.0.0' },
  }),
  'tsconfig.json': JSON.stringify({
    compilerOptions: { target: 'es2023', module: 'nodenext', strict: true, types: [], rootDir: '.' },
  }),
  'src/index.ts': `export { greet } from './greeting.js';
import kept from 'kept';
export const twice = (): string => kept + kept;
export const later = async (): Promise<string> => (await import('./later.js')).later;
`,
  'src/greeting.ts': `import taken from 'taken';
export function greet(): string { return taken; }
`,
  'src/later.ts': `export const later: string = 'later';\n`,
  'src/unused.ts': `export const unused: number = 1;\n`,
  'src/cli/main.ts': `#!/usr/bin/env node
export const run = (): Promise<unknown> => import('../later.js');
`,
  'src/gateway/config/json-schema.ts': `export const configJsonSchema = (): object => ({ type: 'object' });\n`,
  'src/page.css': `body {}\n`,
  ...packageNamed('taken', { LICENSE: 'You may take it.' }),
  ...packageNamed('kept'),
};

function packageNamed(name: string, files: Files = {}): Files {
  const manifest = { name, version: '1.0.0', license: 'MIT', type: 'module', exports: './index.js' };
  const all = {
    'package.json': JSON.stringify(manifest),
    'index.js': `export default '${name}';\n`,
    'index.d.ts': `declare const text: string;\nexport default text;\n`,
    ...files,
  };
  return Object.fromEntries(
    Object.entries(all).map(([file, text]) => [`node_modules/${name}/${file}`, text]),
  );
}

async function write(folder: string, files: Files): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

async function newTree(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'build-'));
  await write(folder, SMALL);
  await cp(join(root, 'scripts'), join(folder, 'scripts'), { recursive: true });
  await cp(join(root, 'tsconfig.build.json'), join(folder, 'tsconfig.build.json'));
  for (const name of ['rolldown', 'typescript', 'yaml'])
    await symlink(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  return folder;
}

interface Built {
  readonly ok: boolean;
  readonly said: string;
}

function build(folder: string): Promise<Built> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(folder, 'scripts/build.js')], (error, stdout, stderr) =>
      resolve({ ok: error === null, said: stdout + stderr }),
    );
  });
}

/** All that builds have left in a tree, each file with its content's hash. */
async function madeIn(folder: string): Promise<Files> {
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = all
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => /^(\.dist|dist|config\.)/.test(path))
    .toSorted();
  const hash = async (path: string) =>
    createHash('sha256')
      .update(await readFile(join(folder, path)))
      .digest('hex');
  return Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await hash(path)] as const)));
}

beforeAll(async () => {
  tree = await newTree();
  built = await build(tree);
});
afterAll(() => rm(tree, { recursive: true, force: true }));

describe('npm run build', () => {
  it('makes the entries, what they load later, the public types, assets, notices and the schema', async () => {
    expect(built).toEqual({ ok: true, said: '' });
    const paths = Object.keys(await madeIn(tree)).map((path) => path.replace(/-[\w-]{8}\.js$/, '-HASH.js'));
    expect(paths).toEqual([
      'config.schema.json',
      'dist/THIRD-PARTY-NOTICES.txt',
      'dist/chunks/gateway-HASH.js',
      'dist/cli/main.js',
      'dist/greeting.d.ts',
      'dist/index.d.ts',
      'dist/index.js',
      'dist/later-HASH.js',
      'dist/page.css',
      'dist/sbom.json',
    ]);
  });

  it('makes the same bytes again', async () => {
    const first = await madeIn(tree);
    expect(await build(tree)).toEqual({ ok: true, said: '' });
    expect(await madeIn(tree)).toEqual(first);
  });

  it('leaves imports of dependencies as they are, and takes everything else in, with its licence', async () => {
    const paths = (await readdir(join(tree, 'dist'), { recursive: true })).filter((path) =>
      path.endsWith('.js'),
    );
    const texts = await Promise.all(paths.map((path) => readFile(join(tree, 'dist', path), 'utf8')));
    const code = texts.join('\n');
    expect(code).toMatch(/^import \w+ from "kept";$/m);
    expect(code).not.toMatch(/from ["']taken["']/);
    const notices = await readFile(join(tree, 'dist/THIRD-PARTY-NOTICES.txt'), 'utf8');
    expect(notices).toContain('taken 1.0.0 (MIT)\n\nYou may take it.\n');
    expect(notices).not.toContain('kept 1.0.0');
  });

  it.each([
    ['a type is wrong', { 'src/later.ts': `export const later: string = 1;\n` }, 'the types are wrong'],
    ['something is not installed', { 'src/greeting.ts': `export { greet } from 'missing';\n` }, 'missing'],
    [
      'a package brings no licence',
      { 'src/later.ts': `export { default as later } from 'bare';\n`, ...packageNamed('bare') },
      'bare 1.0.0 has no licence file',
    ],
    [
      'a module would no longer stand beside the file it reads',
      {
        'src/greeting.ts': `export const greet = (): string => import.meta.url;\n`,
        'src/env.d.ts': `interface ImportMeta { readonly url: string }\n`,
      },
      'looks for files beside it',
    ],
  ])('says so and changes nothing where %s', async (_what, files, why) => {
    const spoilt = await mkdtemp(join(tmpdir(), 'build-'));
    onTestFinished(() => rm(spoilt, { recursive: true, force: true }));
    await cp(tree, spoilt, { recursive: true, verbatimSymlinks: true });
    const before = await madeIn(spoilt);
    await write(spoilt, files);
    const { ok, said } = await build(spoilt);
    expect(ok).toBe(false);
    expect(said).toContain(why);
    expect(Object.keys(before)).toContain('dist/index.js');
    expect(await madeIn(spoilt)).toEqual(before);
  });
});
