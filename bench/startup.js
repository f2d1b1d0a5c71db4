// CPU and peak memory of starting: bare Node, our programs, and a program that imports all that we ship.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { alternate, freePort, median, root, runNode, spread } from './measuring.js';

const ROUNDS = 9;
const BARE = 'bare Node';
const EVERYTHING = 'everything imported';

/** What a gateway would cost in which nothing is loaded when it is needed: every file of the build. */
async function everything() {
  const files = (await readdir(join(root, 'dist'), { recursive: true })).filter(
    (file) => file.endsWith('.js') && file !== 'cli/main.js' && !file.startsWith('adapters/web/client/'),
  );
  return files
    .map((file) => `await import(${JSON.stringify(pathToFileURL(join(root, 'dist', file)).href)});`)
    .join('\n');
}

const configFor = (publicPort, localPort) => `listen: 127.0.0.1:${publicPort}
local_listen: 127.0.0.1:${localPort}
mcp_servers: { clock: { url: "http://127.0.0.1:9/mcp" } }
`;

export async function run() {
  const folder = await mkdtemp(join(tmpdir(), 'bench-startup-'));
  const cli = join(root, 'dist/cli/main.js');
  const modules = join(folder, 'everything.mjs');
  await writeFile(modules, await everything());
  await writeFile(join(folder, 'empty.mjs'), '');
  await writeFile(join(folder, 'config.yaml'), configFor(await freePort(), await freePort()));
  const cases = {
    [BARE]: () => runNode([join(folder, 'empty.mjs')]),
    '--version': () => runNode([cli, '--version']),
    'chat, piped, no input': () => runNode([cli, 'chat', '--as', 'bench'], { cwd: folder }),
    'start, no platform, stopped': () => runNode([cli, 'start'], { cwd: folder, until: 'Ctrl-C stops it.' }),
    [EVERYTHING]: () => runNode([modules]),
  };
  try {
    return report(await alternate(cases, ROUNDS));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function report(results) {
  const cpus = (name) => results[name].map(({ cpuMs }) => cpuMs);
  const cpu = (name) => median(cpus(name));
  const mb = (name) => median(results[name].map(({ peakMb }) => peakMb));
  /** Of what everything adds to bare Node. */
  const share = (of, name) => ((of(name) - of(BARE)) / (of(EVERYTHING) - of(BARE))).toFixed(2);
  return {
    title: `Start-up: whole processes, from their start to their exit; median of ${ROUNDS}`,
    head: ['', 'CPU ms', 'rounds', '+ bare', 'of everything', 'peak MB', '+ bare', 'of everything'],
    rows: Object.keys(results).map((name) => [
      name,
      cpu(name).toFixed(0),
      spread(cpus(name)),
      (cpu(name) - cpu(BARE)).toFixed(0),
      share(cpu, name),
      mb(name).toFixed(0),
      (mb(name) - mb(BARE)).toFixed(0),
      share(mb, name),
    ]),
  };
}
