// CPU and peak memory of a start with one chat platform alone, beside a bot of its bare SDK: from the process's start until
// it is ready to receive what people say.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alternate, freePort, median, root, runNode, spread } from './measuring.js';

const ROUNDS = 15;

const configFor = (platforms, publicPort, localPort) => `listen: 127.0.0.1:${publicPort}
local_listen: 127.0.0.1:${localPort}
log: { level: error }
platforms: ${JSON.stringify(platforms)}
access: { users: ["telegram:5100000001"] }
mcp_servers: { clock: { url: "http://127.0.0.1:9/mcp" } }
`;

/**
 * @param platform its name; `sdk` is what stands beside, `bare` the program that is made of nothing else
 * @param api as much of the platform as is needed: `reached()` resolves when a bot is ready the next time
 * @param readyBy what that moment is, in words; `platforms` the config's block; `bareArgs` the program's arguments
 */
export async function measureStart({ platform, sdk, bare, api, readyBy, platforms, bareArgs }) {
  const folder = await mkdtemp(join(tmpdir(), 'bench-startup-'));
  const cli = join(root, 'dist/cli/main.js');
  const script = fileURLToPath(new URL(bare, import.meta.url));
  await writeFile(join(folder, 'config.yaml'), configFor(platforms, await freePort(), await freePort()));
  await writeFile(join(folder, 'empty.mjs'), '');
  const baseline = `bare ${sdk}`;
  const cases = {
    'bare Node': () => runNode([join(folder, 'empty.mjs')]),
    [baseline]: () => runNode([script, ...bareArgs], { reached: api.reached() }),
    [`start, ${platform} alone`]: () => runNode([cli, 'start'], { cwd: folder, reached: api.reached() }),
  };
  try {
    const results = await alternate(cases, ROUNDS);
    return report(`Start-up with ${platform}: from a process's start to ${readyBy}`, sdk, baseline, results);
  } finally {
    api.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function report(title, sdk, baseline, results) {
  const cpus = (name) => results[name].map(({ cpuMs }) => cpuMs);
  const cpu = (name) => median(cpus(name));
  const mb = (name) => median(results[name].map(({ peakMb }) => peakMb));
  return {
    title: `${title}; median of ${ROUNDS}`,
    head: ['', 'CPU ms', 'rounds', `÷ ${sdk}`, 'peak MB', `÷ ${sdk}`],
    rows: Object.keys(results).map((name) => [
      name,
      cpu(name).toFixed(0),
      spread(cpus(name)),
      (cpu(name) / cpu(baseline)).toFixed(2),
      mb(name).toFixed(0),
      (mb(name) / mb(baseline)).toFixed(2),
    ]),
  };
}
