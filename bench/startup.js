import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, root, runNode } from './measuring.js';

const RUNS = 7;
const cli = join(root, 'dist/cli/main.js');

/** What a gateway would cost that loads all it ever could. */
const EVERYTHING = [
  '@modelcontextprotocol/client',
  '@modelcontextprotocol/sdk/server/mcp.js',
  'keyv',
  'hono',
  '@hono/node-server',
  'zod',
  'yaml',
  'pino',
  'jose',
  'undici',
  'oauth4webapi',
  'proper-lockfile',
  'commander',
  'express',
];

const CONFIG = `public_url: http://127.0.0.1:18787
listen: 127.0.0.1:18787
local_listen: 127.0.0.1:18788
storage: memory
mcp_servers: { clock: { url: "http://127.0.0.1:9/mcp" } }
`;

export async function run() {
  const folder = await mkdtemp(join(tmpdir(), 'bench-startup-'));
  const config = join(folder, 'config.yaml');
  await writeFile(config, CONFIG);
  const imports = EVERYTHING.map((name) => `await import(${JSON.stringify(import.meta.resolve(name))})`).join(
    ';',
  );
  const cases = {
    'bare node': () => runNode(['-e', '']),
    'chat (piped, no input)': () =>
      runNode([cli, 'chat', '--config', config, '--as', 'bench'], { cwd: folder }),
    'start, no platform': () => runNode([cli, 'start', '--config', config], { cwd: folder, until: '18787' }),
    'everything imported': () => runNode(['--input-type=module', '-e', imports]),
  };
  const results = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  try {
    for (let round = 0; round <= RUNS; round += 1) {
      for (const [name, measure] of Object.entries(cases)) {
        const usage = await measure();
        if (usage.code !== 0) throw new Error(`${name} ended with exit code ${usage.code}`);
        if (round > 0) results[name].push(usage);
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const cpu = (name) => median(results[name].map(({ cpuMs }) => cpuMs));
  const mb = (name) => median(results[name].map(({ peakMb }) => peakMb));
  return {
    title: `Start-up, whole process, median of ${RUNS}`,
    head: ['', 'CPU ms', '× bare', '× everything', 'peak MB', '+ MB over bare'],
    rows: Object.keys(cases).map((name) => [
      name,
      cpu(name).toFixed(0),
      (cpu(name) / cpu('bare node')).toFixed(2),
      (cpu(name) / cpu('everything imported')).toFixed(2),
      mb(name).toFixed(0),
      (mb(name) - mb('bare node')).toFixed(0),
    ]),
  };
}
