// CPU of a Telegram bot that answers `/mcp` in a private chat: the gateway, beside bare grammY handling the same update and
// sending the same finished payload.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, spread, startProcess } from './measuring.js';

const SERVERS = 5;
const ROUNDS = 15;
// As long as it takes until neither is compiled any further: a bot runs for weeks.
const WARM_UP = 4_000;
const COMMANDS = 600;

const start = (name) => startProcess(new URL(name, import.meta.url));

export async function run() {
  const folder = await mkdtemp(join(tmpdir(), 'bench-telegram-'));
  const servers = start('./status-servers.js');
  const processes = [servers];
  try {
    const { answering } = await servers.ask({ answering: SERVERS, hanging: 0 });
    const ours = await open(processes, { kind: 'gateway', urls: answering, folder });
    // The first answer comes before the servers were looked at: what is sent from then on is the finished status.
    await commands(ours, 5);
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    const payload = await commands(ours, WARM_UP);
    const theirs = await open(processes, { kind: 'bare', payload });
    await commands(theirs, WARM_UP);
    return report(payload, await alternate(ours, theirs));
  } finally {
    await Promise.all(processes.map((one) => one.stop()));
    await rm(folder, { recursive: true, force: true });
  }
}

async function open(processes, question) {
  const api = start('./telegram-api.js');
  const bot = start('./telegram-bot.js');
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

function report(payload, rounds) {
  const of = (read) => rounds.map(read);
  const row = (name, numbers, digits) => [name, median(numbers).toFixed(digits), spread(numbers, digits)];
  return {
    title: `Telegram, /mcp with ${SERVERS} servers (${payload.text.length} characters): CPU of the bot, µs per command, median of ${ROUNDS}`,
    head: ['', 'median', 'rounds'],
    rows: [
      row(
        'bare grammY, finished payload',
        of(({ bare }) => bare),
        0,
      ),
      row(
        'gateway',
        of(({ ours }) => ours),
        0,
      ),
      row(
        'ratio',
        of(({ ours, bare }) => ours / bare),
        2,
      ),
    ],
  };
}
