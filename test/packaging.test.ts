import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from './helpers/servers/free-port.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const NAME = 'mcp-chat-gateway';

/** A project that has installed the package and what its package.json asks for, and nothing else. */
let project: string;
let files: readonly string[];
let dependencies: readonly string[];
/** What only some configs need. */
let peers: readonly string[];

const installed = (path: string) => join(project, 'node_modules', path);
const text = (path: string) => readFile(installed(join(NAME, path)), 'utf8');

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'packaging-'));
  const { stdout } = await run('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], { cwd: root });
  const [packed] = JSON.parse(stdout) as readonly { readonly files: readonly { readonly path: string }[] }[];
  files = packed?.files.map(({ path }) => path) ?? [];
  for (const path of files) await cp(join(root, path), installed(join(NAME, path)));
  const manifest = JSON.parse(await text('package.json')) as Record<
    string,
    Record<string, string> | undefined
  >;
  dependencies = Object.keys(manifest.dependencies ?? {});
  peers = Object.keys(manifest.peerDependencies ?? {});
  for (const name of [...dependencies, '@types/node', 'undici-types']) await install(name);
  await writeFile(join(project, 'package.json'), '{"type":"module"}');
});
afterAll(() => rm(project, { recursive: true, force: true }));

async function install(name: string): Promise<void> {
  await mkdir(dirname(installed(name)), { recursive: true });
  await symlink(join(root, 'node_modules', name), installed(name));
}

/** What a script of the project prints. */
async function node(script: string): Promise<string> {
  const file = join(project, 'script.js');
  await writeFile(file, script);
  const { stdout } = await run(process.execPath, [file], { cwd: project });
  return stdout;
}

/** Each file of the bundle with its text. */
async function bundled(): Promise<readonly (readonly [string, string])[]> {
  const paths = files.filter((path) => path.endsWith('.js') && !path.includes('/client/'));
  return await Promise.all(paths.map(async (path) => [path, await text(path)] as const));
}

describe('the package', () => {
  it('holds the build, the config’s schema and example, the systemd unit, and what people read', () => {
    const places = new Set(files.map((path) => path.split('/')[0]));
    expect([...places].toSorted()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'config.example.yaml',
      'config.schema.json',
      'deploy',
      'dist',
      'package.json',
    ]);
    expect(files).toContain('dist/THIRD-PARTY-NOTICES.txt');
    expect(files).toContain('dist/sbom.json');
    expect(files.filter((path) => /(?<!\.d)\.ts$/.test(path))).toEqual([]);
  });

  it('imports only files that are in it, what Node has, and its dependencies', async () => {
    const leadsNowhere = (path: string, specifier: string) => {
      if (specifier.startsWith('.')) return !files.includes(join(dirname(path), specifier));
      const known = [...dependencies, ...peers].some((name) => `${specifier}/`.startsWith(`${name}/`));
      return !isBuiltin(specifier) && !known;
    };
    const imports = /^(?:import|export)\b[^'"]*?["']([^"']+)["'];$|\bimport\("([^"]+)"\)/gm;
    const found = (await bundled()).flatMap(([path, code]) =>
      Array.from(code.matchAll(imports), ([, fixed, lazy]) => ({ path, specifier: fixed ?? lazy ?? '' })),
    );
    expect(found.length).toBeGreaterThan(100);
    expect(found.filter(({ path, specifier }) => leadsNowhere(path, specifier))).toEqual([]);
  });

  it('names the licence of each package that is part of it', async () => {
    const notices = await text('dist/THIRD-PARTY-NOTICES.txt');
    const named = new Set(Array.from(notices.matchAll(/^(\S+) \d\S* \(\S+\)$/gm), ([, name]) => name));
    const beginsAPart = /^\s*\/\/ \S*\bnode_modules\/((?:@[^/\s]+\/)?[^/\s]+)\//gm;
    const parts = (await bundled()).flatMap(([, code]) =>
      Array.from(code.matchAll(beginsAPart), ([, name]) => name),
    );
    expect(named).toContain('rolldown');
    expect([...new Set(parts)].filter((name) => !named.has(name))).toEqual([]);
  });
});

describe('where only the package and its dependencies are installed', () => {
  it('the program runs the demo: its pages, styles and scripts are there', async () => {
    const port = await freePort();
    const said = await node(`
      import { spawn } from 'node:child_process';
      const bin = ${JSON.stringify(installed(`${NAME}/dist/cli/main.js`))};
      const demo = spawn(process.execPath, [bin, 'demo', '--port', '${port}'], { stdio: ['ignore', 'pipe', 'inherit'] });
      let out = '';
      for await (const chunk of demo.stdout) if ((out += chunk).includes('Ctrl-C stops it.')) break;
      const chat = out.match(/http\\S+\\/chat/)[0];
      const pages = [chat, chat + '/chat.css', chat + '/chat.js', 'http://127.0.0.1:${port}/connect/x'];
      for (const page of pages) {
        const { status, headers } = await fetch(page);
        console.log(status, headers.get('content-type').split(';')[0]);
      }
      demo.kill();
    `);
    expect(said).toBe('200 text/html\n200 text/css\n200 text/javascript\n404 text/html\n');
  });

  it('a program makes a gateway, and errors name the functions they come from', async () => {
    const said = await node(`
      import { createGateway, VERSION } from '${NAME}';
      const gateway = await createGateway({ storage: 'memory', mcp_servers: {} });
      await gateway.start({ listeners: 'none' });
      console.log(VERSION, (await gateway.fetch(new Request('http://127.0.0.1/healthz'))).status);
      await gateway.stop();
      await createGateway({ mcp_servers: 1 }).catch(({ code, stack }) => console.log(code, /at .*createGateway/.test(stack)));
    `);
    expect(said).toMatch(/^\d+\.\d+\.\d+ 200\nconfig_invalid true\n$/);
  });

  it.each([
    ['redis://127.0.0.1:1/0', '@redis/client'],
    ['postgres://127.0.0.1:1/gateway', 'pg'],
  ])('a config with %s is a mistake that says what to install', async (storage, peer) => {
    const config = `storage: ${storage}\nsecurity: { encryption_key: ${'k'.repeat(32)} }\n`;
    await writeFile(join(project, 'config.yaml'), config);
    const starting = run(process.execPath, [installed(`${NAME}/dist/cli/main.js`), 'start'], {
      cwd: project,
    });
    await expect(starting).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(new RegExp(`needs the package ${peer}, .*npm install ${peer}\\n$`)),
    });
    await expect(starting).rejects.not.toMatchObject({ stderr: expect.stringContaining('    at ') });
  });

  it.each([
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])('its types resolve with module %s, resolution %s', async (module, moduleResolution) => {
    const options = { module, moduleResolution, target: 'es2023', lib: ['es2023'], types: ['node'] };
    const compilerOptions = { ...options, strict: true, skipLibCheck: false, noEmit: true };
    await writeFile(
      join(project, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['consumer.ts'] }),
    );
    await writeFile(
      join(project, 'consumer.ts'),
      `import { createGateway, type Reply } from '${NAME}';
       export const title = (reply: Reply): string => reply.title;
       export const stop = async (): Promise<void> => (await createGateway('config.yaml')).stop();
       // @ts-expect-error: not a config
       void createGateway(1);`,
    );
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const said = await run(process.execPath, [compiler, '-p', project]).then(
      () => '',
      (error: { stdout: string }) => error.stdout,
    );
    expect(said).toBe('');
  });
});
