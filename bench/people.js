// Does what one person waits for grow with the number of the others? 10 and 10 000 people with 10 servers each, in the
// file engine.
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { credentialOf, openKept } from './kept.js';
import { built, freePort, median, spread, startProcess } from './measuring.js';

const SIZES = [10, 10_000];
const SERVERS = Array.from({ length: 10 }, (_, n) => `server${n}`);
const ROUNDS = 7;
const ASKING = Array.from({ length: 10 }, (_, n) => `web:asks${n}`);

export async function run() {
  const root = await mkdtemp(join(tmpdir(), 'bench-people-'));
  try {
    const port = await freePort();
    const folders = Object.fromEntries(SIZES.map((people) => [people, join(root, String(people))]));
    for (const people of SIZES) await fill(folders[people], people);
    const results = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const pair = [];
      for (const people of SIZES) pair.push(await measure({ folder: folders[people], port }));
      if (round > 0) results.push(pair);
    }
    return report(results);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Those who ask as the gateway writes them; the others' records in the same places, not synced, and never opened. */
async function fill(folder, people) {
  const kept = await openKept(folder);
  for (const subject of ASKING)
    for (const server of SERVERS) await kept.credentials.set({ subject, server }, credentialOf());
  await kept.close();
  const { recordPath } = await import(built('storage/file/names.js'));
  const { formatRecord } = await import(built('storage/file/record-file.js'));
  const { recordKey } = await import(built('storage/types.js'));
  const text = 'x'.repeat(2500);
  for (let n = ASKING.length; n < people; n += 1) {
    for (const server of SERVERS) {
      const key = recordKey(`telegram:${100_000_000 + n}`, server);
      const path = recordPath(join(folder, 'records/credentials'), key);
      if (server === SERVERS[0]) mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, formatRecord(key, { text }));
    }
  }
}

async function measure(question) {
  const gateway = startProcess(new URL('./people-gateway.js', import.meta.url));
  try {
    return await gateway.ask({ ...question, servers: SERVERS, asking: ASKING });
  } finally {
    await gateway.stop();
  }
}

const MEASURED = {
  'start-up, ms': 'startMs',
  'the first /mcp of a person, ms': 'answerMs',
  'the first token of a person, ms': 'firstReadMs',
  'a token again, µs': 'readUs',
};

function report(results) {
  return {
    title: `${SIZES.join(' and ')} people with ${SERVERS.length} servers each: medians of ${ROUNDS} rounds`,
    head: ['', `${SIZES[0]} people`, 'rounds', `${SIZES[1]} people`, 'rounds', 'ratio', 'rounds'],
    rows: Object.entries(MEASURED).map(([name, what]) => {
      const [few, many] = [0, 1].map((size) => results.map((pair) => pair[size][what]));
      const ratios = many.map((value, round) => value / few[round]);
      return [
        name,
        median(few).toFixed(1),
        spread(few, 1),
        median(many).toFixed(1),
        spread(many, 1),
        median(ratios).toFixed(2),
        spread(ratios, 2),
      ];
    }),
  };
}
