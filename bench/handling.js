// CPU of a bot that answers one person's `/mcp`: the gateway, beside the platform's bare SDK handling the same event and
// sending the same finished payload.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, spread, startProcess } from './measuring.js';

const SERVERS = 5;
const ROUNDS = 15;
/** As long as it takes until neither is compiled any further: a bot runs for weeks. */
const WARM_UP = 4_000;
const COMMANDS = 600;

const start = (name) => startProcess(new URL(name, import.meta.url));

/**
 * @param platform its name; `sdk` is what stands beside; `lengthOf` tells the size of a payload
 * The processes are `<platform>-api.js` and `<platform>-bot.js`.
 */
export async function measureHandling({ platform, sdk, lengthOf }) {
  const folder = await mkdtemp(join(tmpdir(), `bench-${platform.toLowerCase()}-`));
  const servers = start('./status-servers.js');
  const processes = [servers];
  const open = (question) => openPair(platform.toLowerCase(), processes, question);
  try {
    const { answering } = await servers.ask({ answering: SERVERS, hanging: 0 });
    const ours = await open({ kind: 'gateway', urls: answering, folder });
    // The first answer comes before the servers were looked at: what is sent from then on is the finished status.
    await commands(ours, 5);
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    const payload = await commands(ours, WARM_UP);
    const theirs = await open({ kind: 'bare', payload });
    await commands(theirs, WARM_UP);
    return report({ platform, sdk, length: lengthOf(payload) }, await alternate(ours, theirs));
  } finally {
    await Promise.all(processes.map((one) => one.stop()));
    await rm(folder, { recursive: true, force: true });
  }
}

async function openPair(platform, processes, question) {
  const api = start(`./${platform}-api.js`);
  const bot = start(`./${platform}-bot.js`);
  processes.push(api, bot);
  const { root } = await api.ask({ listen: true });
  await bot.ask({ ...question, root });
  return { api, bot };
}

async function commands({ api }, count) {
  const { payload } = await api.ask({ commands: count });
  return payload;
}

async function alternate(ours, theirs) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1)
    rounds.push({ ours: await cpuEach(ours), bare: await cpuEach(theirs) });
  return rounds;
}

/** In µs. */
async function cpuEach(pair) {
  const before = await pair.bot.ask({});
  await commands(pair, COMMANDS);
  const after = await pair.bot.ask({});
  return (after.user + after.system - before.user - before.system) / COMMANDS;
}

function report({ platform, sdk, length }, rounds) {
  const row = (name, read, digits = 0) => {
    const numbers = rounds.map(read);
    return [name, median(numbers).toFixed(digits), spread(numbers, digits)];
  };
  return {
    title: `${platform}, /mcp with ${SERVERS} servers (${length} characters): CPU of the bot, µs per command, median of ${ROUNDS}`,
    head: ['', 'median', 'rounds'],
    rows: [
      row(`bare ${sdk}, finished payload`, ({ bare }) => bare),
      row('gateway', ({ ours }) => ours),
      row('ratio', ({ ours, bare }) => ours / bare, 2),
    ],
  };
}
