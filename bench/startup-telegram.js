// CPU and peak memory of a start with Telegram alone, beside a bare grammY bot: from the process's start until its first
// request for updates has arrived.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBotApi } from './first-poll.js';
import { alternate, freePort, median, root, runNode, spread } from './measuring.js';

const ROUNDS = 15;
const TOKEN = '7100000001:AAbenchbenchbenchbenchbenchbenchben';
const GRAMMY = 'bare grammY';

const configFor = (apiRoot, publicPort, localPort) => `listen: 127.0.0.1:${publicPort}
local_listen: 127.0.0.1:${localPort}
log: { level: error }
platforms: { telegram: { token: "\${BENCH_TOKEN}", api_root: "${apiRoot}" } }
access: { users: ["telegram:5100000001"] }
mcp_servers: { clock: { url: "http://127.0.0.1:9/mcp" } }
`;

export async function run() {
  const folder = await mkdtemp(join(tmpdir(), 'bench-startup-'));
  const api = await startBotApi();
  const cli = join(root, 'dist/cli/main.js');
  const bare = fileURLToPath(new URL('./bare-grammy.js', import.meta.url));
  const env = { ...process.env, BENCH_TOKEN: TOKEN };
  await writeFile(join(folder, 'config.yaml'), configFor(api.root, await freePort(), await freePort()));
  await writeFile(join(folder, 'empty.mjs'), '');
  const cases = {
    'bare Node': () => runNode([join(folder, 'empty.mjs')]),
    [GRAMMY]: () => runNode([bare, TOKEN, api.root], { reached: api.polled() }),
    'start, Telegram alone': () => runNode([cli, 'start'], { cwd: folder, env, reached: api.polled() }),
  };
  try {
    return report(await alternate(cases, ROUNDS));
  } finally {
    api.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function report(results) {
  const cpus = (name) => results[name].map(({ cpuMs }) => cpuMs);
  const cpu = (name) => median(cpus(name));
  const mb = (name) => median(results[name].map(({ peakMb }) => peakMb));
  return {
    title: `Start-up with Telegram: from a process's start to its first getUpdates; median of ${ROUNDS}`,
    head: ['', 'CPU ms', 'rounds', '÷ grammY', 'peak MB', '÷ grammY'],
    rows: Object.keys(results).map((name) => [
      name,
      cpu(name).toFixed(0),
      spread(cpus(name)),
      (cpu(name) / cpu(GRAMMY)).toFixed(2),
      mb(name).toFixed(0),
      (mb(name) / mb(GRAMMY)).toFixed(2),
    ]),
  };
}
