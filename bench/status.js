// Time to the first `/mcp` answer where some of many servers hang: ours, beside "connect to all of them, then answer".
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, spread, startProcess } from './measuring.js';

const SERVERS = { answering: 80, hanging: 20 };
/** `connect_timeout`: what changes with it is bounded by the servers, what does not is bounded by our own work. */
const TIMEOUTS_S = [4, 8];
const ROUNDS = 3;

export async function run() {
  const servers = startProcess(new URL('./status-servers.js', import.meta.url));
  try {
    const { answering, hanging } = await servers.ask(SERVERS);
    // One after the other, so that those that hang stand among the others.
    const urls = answering.flatMap((url, index) =>
      index % 4 === 3 ? [url, hanging[(index - 3) / 4]] : [url],
    );
    const results = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const seconds of TIMEOUTS_S) results.push({ seconds, ...(await once(urls, seconds)) });
    }
    return report(results);
  } finally {
    await servers.stop();
  }
}

/** Both in processes of their own, with nothing known and nothing connected. */
async function once(urls, seconds) {
  const folder = await mkdtemp(join(tmpdir(), 'bench-status-'));
  try {
    const question = { urls, seconds, folder, reachable: SERVERS.answering };
    return {
      ours: await askNew(new URL('./status-gateway.js', import.meta.url), question),
      first: await askNew(new URL('./status-baseline.js', import.meta.url), question),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function askNew(file, question) {
  const process = startProcess(file);
  try {
    return await process.ask(question);
  } finally {
    await process.stop();
  }
}

function report(results) {
  const column = (seconds, read, digits) => {
    const numbers = results.filter((one) => one.seconds === seconds).map(read);
    if (numbers.includes(undefined)) return 'not all';
    return `${median(numbers).toFixed(digits)} (${spread(numbers, digits)})`;
  };
  const row = (name, read, digits = 0) => [
    name,
    ...TIMEOUTS_S.map((seconds) => column(seconds, read, digits)),
  ];
  return {
    title: `/mcp with ${SERVERS.answering + SERVERS.hanging} servers, ${SERVERS.hanging} of which hang; ms, median of ${ROUNDS} (rounds)`,
    head: ['connect_timeout', ...TIMEOUTS_S.map((seconds) => `${seconds} s`)],
    rows: [
      row('first answer, nothing known', ({ ours }) => ours.coldMs, 1),
      row('  its CPU', ({ ours }) => ours.coldCpuMs, 1),
      row('first answer, the looks known', ({ ours }) => ours.warmMs, 1),
      row("another person's answer meanwhile, longest", ({ ours }) => ours.meanwhileMs),
      row(`all ${SERVERS.answering} that answer are shown`, ({ ours }) => ours.allShownMs),
      row('  edits until then', ({ ours }) => ours.edits),
      row('baseline: connect to all, then answer', ({ first }) => first.answeredMs),
      row('  servers that it reached', ({ first }) => first.reached),
      row('baseline ÷ ours, nothing known', ({ ours, first }) => first.answeredMs / ours.coldMs),
    ],
  };
}
