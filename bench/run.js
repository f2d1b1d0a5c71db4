// `npm run bench -- [name…]`: every measurement beside its baseline in the same run. It reports; nothing is asserted.
import { execFileSync } from 'node:child_process';
import { availableParallelism, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { table } from './measuring.js';

const benches = {
  status: () => import('./status.js'),
  pages: () => import('./pages.js'),
  calls: () => import('./calls.js'),
  startup: () => import('./startup.js'),
  'startup-telegram': () => import('./startup-telegram.js'),
  'startup-slack': () => import('./startup-slack.js'),
  'startup-discord': () => import('./startup-discord.js'),
  telegram: () => import('./telegram.js'),
  slack: () => import('./slack.js'),
  people: () => import('./people.js'),
  storm: () => import('./storm.js'),
  keeper: () => import('./keeper.js'),
  discord: () => import('./discord.js'),
  storage: () => import('./storage.js'),
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
  process.stderr.write(
    `No bench named ${unknown.join(', ')}. There are: ${Object.keys(benches).join(', ')}.\n`,
  );
  process.exit(2);
}
// Not in this process: what it takes in memory would count as that of those it starts.
execFileSync(process.execPath, [fileURLToPath(new URL('./building.js', import.meta.url))]);
const [load] = loadavg();
process.stdout.write(
  `Node ${process.versions.node}, ${availableParallelism()} cores, load ${load.toFixed(1)} before it began. Trust the ratios within a run.\n`,
);
for (const [name, open] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const { run } = await open();
  const { title, head, rows } = await run();
  table(title, head, rows);
}
