// What the current token costs, read again and again, beside one bare `statSync` of the file that it stands in; and
// what a hundred thousand operations of the keeper leave in memory.
import { statSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { credentialOf, keeperOver, openKept, PERSON } from './kept.js';
import { built, median, spread } from './measuring.js';

const ROUNDS = 41;
const READS = 5_000;
const OPERATIONS = 100_000;

export async function run() {
  const folder = await mkdtemp(join(tmpdir(), 'bench-keeper-'));
  const kept = await openKept(folder);
  try {
    await kept.credentials.set(PERSON, credentialOf());
    const measured = await alternate(await reads(folder, kept));
    const grown = await growth(kept);
    return {
      title: `The current token, file engine: µs a read, median of ${ROUNDS} rounds of ${READS}`,
      head: ['', 'µs', 'rounds', '× statSync', 'rounds', 'best ÷ best'],
      rows: [...rowsOf(measured), ['heap after 100 000 operations, MB', grown, '', '', '', '']],
    };
  } finally {
    await kept.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Within 20 ms of a change nothing is given from memory. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 50));

async function reads(folder, kept) {
  const { ServiceAccounts } = await import(built('auth/keeper/service-accounts.js'));
  const { keptToken } = await import(built('mcp/bearer.js'));
  const keeper = await keeperOver(kept, () => undefined);
  const servers = new Map(Array.from({ length: 100 }, (_, n) => [`server${n}`, { kind: 'http' }]));
  const accounts = new ServiceAccounts(keeper, {
    ...kept,
    now: Date.now,
    serverByName: (name) => servers.get(name),
  });
  const source = keptToken(accounts, PERSON);
  const [file] = (await readdir(join(folder, 'records'), { recursive: true })).filter((name) =>
    name.endsWith('.record'),
  );
  const path = join(folder, 'records', file);
  await settle();
  return {
    'bare statSync': async () => {
      for (let n = 0; n < READS; n += 1) statSync(path);
    },
    'the keeper': async () => {
      for (let n = 0; n < READS; n += 1) await keeper.accessToken(PERSON);
    },
    'as a session asks for it': async () => {
      for (let n = 0; n < READS; n += 1) await source();
    },
    'read and unsealed each time': async () => {
      for (let n = 0; n < READS / 20; n += 1) await kept.credentials.get(PERSON);
    },
  };
}

/** Round after round, so that a busy moment of the machine hits all alike. The first one warms up. */
async function alternate(cases) {
  const results = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, read] of Object.entries(cases)) {
      const beganMs = performance.now();
      await read();
      const count = name === 'read and unsealed each time' ? READS / 20 : READS;
      if (round > 0) results[name].push(((performance.now() - beganMs) * 1000) / count);
    }
  }
  return results;
}

function rowsOf(results) {
  const bare = results['bare statSync'];
  return Object.entries(results).map(([name, times]) => {
    const ratios = times.map((time, round) => time / bare[round]);
    const best = Math.min(...times) / Math.min(...bare);
    return [
      name,
      median(times).toFixed(2),
      spread(times, 2),
      median(ratios).toFixed(2),
      spread(ratios, 2),
      best.toFixed(2),
    ];
  });
}

/** Reads, 401s, refreshes in the background and refusals, of a thousand people. */
async function growth({ log }) {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc');
  const { openStore } = await import(built('storage/open.js'));
  const { createCredentials } = await import(built('auth/credentials/credentials.js'));
  const memory = await openStore({ kind: 'memory' });
  let nowMs = Date.now();
  let issued = 0;
  const answer = async () => {
    issued += 1;
    return issued % 50 === 0
      ? Response.json({ error: 'temporarily_unavailable' }, { status: 503 })
      : Response.json({
          access_token: `a${issued}`,
          refresh_token: `r${issued}`,
          token_type: 'Bearer',
          expires_in: 600,
        });
  };
  const kept = { store: memory.store, credentials: createCredentials(memory.store), log };
  const keeper = await keeperOver(
    kept,
    () => answer,
    () => nowMs,
  );
  const people = Array.from({ length: 1000 }, (_, n) => ({ subject: `telegram:${n}`, server: 'linear' }));
  for (const person of people) await keeper.keep(person, credentialOf());
  const operate = async (count) => {
    for (let n = 0; n < count; n += 1) {
      const person = people[n % people.length];
      const outcome = await keeper.accessToken(person);
      if (n % 7 === 0 && outcome.kind === 'token') await keeper.accessToken(person, outcome.accessToken);
      if (n % 1000 === 0) {
        nowMs += 60_000;
        keeper.sweep();
      }
    }
    // What answers leave behind is let go of by and by.
    for (let turn = 0; turn < 5; turn += 1) {
      gc();
      await settle();
    }
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  const before = await operate(OPERATIONS / 10);
  const after = await operate(OPERATIONS);
  await keeper.close();
  await memory.store.close();
  return `${before.toFixed(1)} → ${after.toFixed(1)} (${issued} refreshes)`;
}
