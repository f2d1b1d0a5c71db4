// A process of its own that shares a store with the test: store-process.ts starts it and tells it what to do.
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const { compiled, folder, place, task, options, ...given } = JSON.parse(process.argv[2]);
const { openStore } = await import(pathToFileURL(join(compiled, 'open.js')).href);
const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const codeOf = (work) =>
  work.then(
    () => 'fine',
    (error) => `${error.name} ${error.code}: ${error.message}`,
  );

/** Says so when another is inside: the marker can be created by one only. */
async function alone(ms) {
  const marker = join(folder, 'inside');
  try {
    writeFileSync(marker, '', { flag: 'wx' });
  } catch {
    say('overlap');
  }
  await delay(ms);
  rmSync(marker, { force: true });
}

const tasks = {
  async claim({ store }) {
    const won = [];
    for (const key of given.keys) if ((await store.claim('things', key)) !== undefined) won.push(key);
    return won;
  },
  async count({ store }) {
    const file = join(folder, 'counter');
    for (let n = 0; n < given.times; n++) {
      await store.lock('counter', async () => {
        const before = Number(readFileSync(file, 'utf8'));
        await delay(1);
        writeFileSync(file, String(before + 1));
      });
    }
  },
  async hold({ store }) {
    await store.lock('held', async () => {
      say('holding');
      await new Promise(() => setInterval(() => {}, 1000));
    });
  },
  /** Blocks the event loop under the lock for longer than the lease, and then releases it as if nothing had been. */
  async block({ store }) {
    await store.lock('held', async () => {
      say('holding');
      await delay(10);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, given.blockMs);
    });
    return 'lives';
  },
  async enter({ store }) {
    await store.lock('held', () => alone(given.insideMs));
    return Date.now();
  },
  async write({ store }) {
    for (let n = 0; ; n++) {
      await store.records('things').set(given.key, { n, fill: String(n % 10).repeat(300_000) });
      if (n === 0) say('writing');
    }
  },
  async change({ store }) {
    for (const key of given.keys) await store.records('things').set(key, 1);
    await store.records('things').delete(given.keys[0]);
    await store.claim('things', given.keys[1]);
  },
  async start({ store, pageSecrets }) {
    await store.records('things').set(`by/${process.pid}`, process.pid);
    return Buffer.from(pageSecrets()[0]).toString('hex');
  },
  async fill({ store }) {
    process.on('SIGXFSZ', () => {});
    await store.records('things').set('a', 'old');
    const outcome = await codeOf(store.records('things').set('a', 'n'.repeat(100_000)));
    return [outcome, await store.records('things').get('a')];
  },
  async forbidden({ store }) {
    await store.records('things').set('a', 'old');
    const root = process.getuid() === 0;
    if (root) process.setuid(65534);
    else chmodSync(folder, 0o000);
    const records = store.records('things');
    const works = [
      () => records.get('a'),
      () => records.set('a', 'new'),
      () => records.delete('a'),
      () => records.keys(),
      () => store.claim('things', 'a'),
      () => store.lock('a', async () => {}),
      () => store.watch('things', () => {}),
    ];
    const outcomes = [];
    for (const work of works) outcomes.push(await codeOf(work()));
    if (!root) chmodSync(folder, 0o700);
    return outcomes;
  },
};

say('ready');
await input.next();
const opened = await openStore(place, options);
const result = await tasks[task](opened);
await opened.store.close();
say({ result });
process.exit(0);
