// Client CPU of a tool call at 32 in flight: through the gateway with a kept token, beside the bare SDK with a static
// bearer; and what 10 000 calls on one session leave behind.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, spread, startProcess } from './measuring.js';

const ROUNDS = 9;
const WARM_UP = 3_000;
const CALLS = 1_000;
const LONG = 10_000;

const NAMES = {
  v1: 'SDK v1, static bearer',
  v2: 'SDK v2, static bearer',
  gateway: 'gateway, kept token',
};

const start = (name) => startProcess(new URL(name, import.meta.url));

export async function run() {
  const folder = await mkdtemp(join(tmpdir(), 'bench-calls-'));
  const processes = [];
  const open = (name) => {
    const one = start(name);
    processes.push(one);
    return one;
  };
  try {
    const urls = await open('./calls-server.js').ask({});
    const rows = [];
    for (const [answers, url] of Object.entries(urls)) {
      const clients = {};
      for (const kind of Object.keys(NAMES)) {
        clients[kind] = open('./calls-client.js');
        await clients[kind].ask({ kind, url, folder: join(folder, `${answers}`), calls: WARM_UP });
      }
      rows.push(...(await measure(clients, answers)));
    }
    return {
      title: `A tool call at 32 in flight: client CPU, µs, median of ${ROUNDS} × ${CALLS}; heap after ${LONG} more calls on that session`,
      head: ['', 'median', 'rounds', '× SDK v1', 'heap, MB more', 'warnings'],
      rows,
    };
  } finally {
    await Promise.all(processes.map((one) => one.stop()));
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(clients, answers) {
  const rounds = Object.fromEntries(Object.keys(clients).map((kind) => [kind, []]));
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [kind, client] of Object.entries(clients))
      rounds[kind].push((await client.ask({ calls: CALLS })).us);
  const rows = [];
  for (const [kind, client] of Object.entries(clients)) {
    const before = await client.ask({ calls: 32, memory: true });
    const after = await client.ask({ calls: LONG, memory: true });
    rows.push([
      `${NAMES[kind]} (${answers})`,
      median(rounds[kind]).toFixed(0),
      spread(rounds[kind]),
      (median(rounds[kind]) / median(rounds.v1)).toFixed(2),
      ((after.heap - before.heap) / 1e6).toFixed(2),
      after.warnings,
    ]);
  }
  return rows;
}
