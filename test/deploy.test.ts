import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '../src/gateway/config.js';

const text = (file: string) => readFileSync(file, 'utf8');
const manifest = JSON.parse(text('package.json'));

/** The instructions of the Dockerfile, comments left out: `['COPY', '--from=build /build/dist dist']`. */
const instructions = text('Dockerfile')
  .split('\n')
  .filter((line) => /^[A-Z]+ /.test(line))
  .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const);
const all = (name: string) => instructions.flatMap(([each, rest]) => (each === name ? [rest] : []));

/** What is copied out of the checkout, where to. */
const copied = all('COPY')
  .filter((rest) => !rest.startsWith('--from='))
  .flatMap((rest) => {
    const words = rest.split(' ');
    const to = words.at(-1) ?? '';
    return words.slice(0, -1).map((from) => ({ from, to: to.endsWith('/') ? join(to, from) : to }));
  });

describe('the Dockerfile', () => {
  it('runs npm ci and npm run build, and nothing else that makes anything', () => {
    const commands = new Set(all('RUN'));
    expect(commands).toEqual(
      new Set([
        'npm ci --ignore-scripts',
        'npm run build',
        'node scripts/store-packages.js /stores',
        'mkdir /config /state && chown node:node /state',
      ]),
    );
    expect(manifest.scripts.build).toBeDefined();
  });

  it('copies what is there and what .dockerignore lets through', () => {
    const allowed = text('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    expect(copied.length).toBeGreaterThan(5);
    for (const { from } of copied) {
      expect(existsSync(from)).toBe(true);
      expect(allowed).toContain(from);
    }
    const stages = all('FROM').flatMap((rest) => / AS (\w+)$/.exec(rest)?.[1] ?? []);
    for (const rest of all('COPY')) {
      const stage = /^--from=(\w+) /.exec(rest)?.[1];
      if (stage !== undefined) expect(stages).toContain(stage);
    }
  });

  it('ends as a user without rights, with a health check, at the package’s own program', () => {
    const last = instructions.map(([name]) => name).lastIndexOf('FROM');
    const shipped = new Map(instructions.slice(last));
    expect(shipped.get('USER')).toBe('node');
    expect(shipped.get('HEALTHCHECK')).toContain('http://127.0.0.1:8787/healthz');
    const [node, program] = JSON.parse(shipped.get('ENTRYPOINT') ?? '[]');
    expect([node, program]).toEqual(['node', manifest.bin['mcp-chat-gateway']]);
    expect(JSON.parse(shipped.get('CMD') ?? '[]')[0]).toBe('start');
  });

  it('builds in a folder that has nothing but what it copies', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'image-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    for (const { from, to } of copied) cpSync(from, join(folder, to), { recursive: true });
    // What `npm ci` does elsewhere takes a minute.
    symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
    const run = (command: string, ...args: readonly string[]) => {
      const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
      expect({ command: args, status, stderr: status === 0 ? '' : stderr }).toEqual({
        command: args,
        status: 0,
        stderr: '',
      });
      return stdout;
    };
    run('npm', 'run', '--silent', 'build');
    run('node', 'scripts/store-packages.js', join(folder, 'stores'));
    const shipped = join(folder, 'shipped');
    for (const part of ['package.json', 'dist'])
      cpSync(join(folder, part), join(shipped, part), { recursive: true });
    cpSync(join(folder, 'stores/node_modules'), join(shipped, 'node_modules'), { recursive: true });
    expect(run('node', 'shipped/dist/cli/main.js', '--version').trim()).toBe(manifest.version);
    const require = createRequire(join(shipped, 'dist/cli/main.js'));
    for (const name of Object.keys(manifest.peerDependencies)) expect(require(name)).toBeDefined();
  }, 120_000);
});

describe('the compose file', () => {
  const compose = parse(text('deploy/compose.yaml'), { merge: true });
  const services: Readonly<Record<string, Record<string, unknown>>> = compose.services;
  const gateways = Object.keys(services).filter((name) => name.startsWith('gateway'));

  it('has two gateways without rights, each after a database that answers', () => {
    expect(gateways).toHaveLength(2);
    for (const name of gateways) {
      expect(services[name]).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        depends_on: { postgres: { condition: 'service_healthy' } },
      });
      expect(services[name]).not.toHaveProperty('ports');
    }
    expect(services.postgres).toHaveProperty('healthcheck');
  });

  it('mounts files that are there, and volumes that it names', () => {
    const mounts = Object.values(services).flatMap(({ volumes }) => volumes as readonly string[]);
    for (const mount of mounts) {
      const [from = ''] = mount.split(':');
      if (from.startsWith('./')) expect(existsSync(join('deploy', from))).toBe(true);
      else expect(Object.keys(compose.volumes)).toContain(from);
    }
  });

  it('puts a proxy in front that knows both, at the port on which they listen', () => {
    const proxy = text('deploy/Caddyfile');
    for (const name of gateways) expect(proxy).toContain(`${name}:8787`);
  });

  it('gives them a config without mistakes, which trusts that proxy, from variables that example.env names', () => {
    const names = [...text('deploy/example.env').matchAll(/^([A-Z_]+)=/gm)].map(([, name = '']) => name);
    const environment = Object.fromEntries(names.map((name) => [name, `123456:${'a'.repeat(40)}`]));
    const outcome = parseConfig(text('deploy/gateway.yaml'), {
      file: 'deploy/gateway.yaml',
      environment: { ...environment, DOMAIN: 'mcp.example.com', POSTGRES_PASSWORD: 'secret' },
    });
    expect(outcome.kind === 'mistakes' ? outcome.mistakes : []).toEqual([]);
    if (outcome.kind !== 'ok') return;
    expect(outcome.settings.trustedProxies).toEqual([compose.networks.default.ipam.config[0].subnet]);
    expect(outcome.settings.listen).toEqual({ host: '0.0.0.0', port: 8787 });
    expect(outcome.settings.storage.kind).toBe('postgres');
    for (const [, name = ''] of text('deploy/compose.yaml').matchAll(/\$\{(\w+)/g))
      expect(names).toContain(name);
  });
});

describe('the systemd unit', () => {
  const settings = new Map(
    text('deploy/mcp-chat-gateway.service')
      .split('\n')
      .filter((line) => /^[A-Z]\w+=/.test(line))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const),
  );

  it('starts the program with a verb and an option that it has, and waits longer than its end takes', () => {
    const [program = '', verb, option] = (settings.get('ExecStart') ?? '').split(' ');
    expect(Object.keys(manifest.bin)).toContain(program.split('/').at(-1));
    expect([verb, option]).toEqual(['start', '--config']);
    expect(Number(settings.get('TimeoutStopSec'))).toBeGreaterThan(10);
  });

  it('gives it nothing but its state folder', () => {
    expect(Object.fromEntries(settings)).toMatchObject({
      DynamicUser: 'yes',
      StateDirectory: 'mcp-chat-gateway',
      StateDirectoryMode: '0700',
      NoNewPrivileges: 'yes',
      ProtectSystem: 'strict',
      ProtectHome: 'yes',
      PrivateTmp: 'yes',
      CapabilityBoundingSet: '',
      SystemCallFilter: '@system-service',
    });
  });
});
