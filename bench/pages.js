// CPU per request of the callback's pages, measured in the process that serves them, beside bare node:http.
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, spread, startProcess } from './measuring.js';

const STATE = 'a'.repeat(43);
const PAGES = {
  'no state: 400, nothing is looked up': '/oauth/callback?code=x',
  'unknown state: 400, looked up in the store': `/oauth/callback?code=x&state=${'b'.repeat(43)}`,
  'used: 200, its outcome read and unsealed': `/oauth/callback?code=x&state=${STATE}`,
};
const ROUNDS = 7;
const WARM_UP = 1500;
const REQUESTS = 500;
const AT_ONCE = 16;

export async function run() {
  const folder = await mkdtemp(join(tmpdir(), 'bench-pages-'));
  const server = new URL('./pages-server.js', import.meta.url);
  const gateway = startProcess(server);
  const bare = startProcess(server);
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const client = { ask: (url) => request(agent, url) };
  try {
    const ours = { process: gateway, ...(await gateway.ask({ serve: 'gateway', folder, state: STATE })) };
    const pages = {};
    for (const path of Object.values(PAGES)) pages[path] = sameBytes(await client.ask(ours.url + path));
    const theirs = { process: bare, ...(await bare.ask({ serve: 'bare', pages })) };
    return report(pages, await alternate(client, ours, theirs));
  } finally {
    agent.destroy();
    await Promise.all([gateway.stop(), bare.stop()]);
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the bare server says too; what Node itself adds to each answer is left to it. */
function sameBytes({ status, headers, body }) {
  const { date: _date, connection: _connection, 'keep-alive': _keepAlive, ...own } = headers;
  return { status, headers: own, body };
}

function request(agent, url) {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    }).on('error', reject);
  });
}

/** The same client, page after page, each on both servers, round after round. The first round warms up. */
async function alternate(client, ours, theirs) {
  const results = Object.fromEntries(Object.keys(PAGES).map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, path] of Object.entries(PAGES)) {
      const count = round === 0 ? WARM_UP : REQUESTS;
      const pair = {
        ours: await cpuPerRequest(client, ours, path, count),
        bare: await cpuPerRequest(client, theirs, path, count),
      };
      if (round > 0) results[name].push(pair);
    }
  }
  return results;
}

/** In µs. */
async function cpuPerRequest(client, { process, url }, path, count) {
  const before = await process.ask({});
  let left = count;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      await client.ask(url + path);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const after = await process.ask({});
  return (after.user + after.system - before.user - before.system) / count;
}

function report(pages, results) {
  return {
    title: `The callback's pages: CPU of the serving process, µs per request, median of ${ROUNDS}`,
    head: ['', 'bytes', 'bare node:http', 'gateway', 'rounds', 'ratio', 'rounds'],
    rows: Object.entries(PAGES).map(([name, path]) => {
      const of = (read) => results[name].map(read);
      const ratios = of(({ ours, bare }) => ours / bare);
      return [
        name,
        Buffer.byteLength(pages[path].body),
        median(of(({ bare }) => bare)).toFixed(0),
        median(of(({ ours }) => ours)).toFixed(0),
        spread(of(({ ours }) => ours)),
        median(ratios).toFixed(2),
        spread(ratios, 2),
      ];
    }),
  };
}
