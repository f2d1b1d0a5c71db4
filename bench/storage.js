// What the engines take for what a gateway does with them, all in one run. Where a server is not installed, its row says so.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { built } from './measuring.js';
import { startPostgres, startRedis } from './storage-servers.js';
import { signInsOn } from './storage-sign-ins.js';

/** Of pending sign-ins; `BENCH_RECORDS=100000` for all that the title speaks of. */
const RECORDS = Number(process.env.BENCH_RECORDS ?? 5_000);
const AT_ONCE = 16;
const MEASURE_MS = 1_500;
const KEYS = ['a sealing key of the bench, of 32 and more'];
/** The size of a pending sign-in: PKCE verifier, what discovery found, the client, the message. */
const PENDING = {
  state: 's'.repeat(43),
  verifier: 'v'.repeat(43),
  discovery: 'd'.repeat(1_500),
  origin: 'o'.repeat(300),
};
const TOKENS = {
  kind: 'oauth',
  accessToken: 'a'.repeat(600),
  refreshToken: 'r'.repeat(200),
  issuer: 'i'.repeat(60),
};

const inFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-store-'));
  // What the disk holds, in blocks.
  const bytes = () =>
    1024 * Number(spawnSync('du', ['-sk', folder], { encoding: 'utf8' }).stdout.split('\t')[0]);
  return {
    place: { kind: 'file', folder },
    bytes,
    stop: () => rmSync(folder, { recursive: true, force: true }),
  };
};
const inMemory = () => ({
  place: { kind: 'memory' },
  bytes: () => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed;
  },
  stop: () => {},
});

const ENGINES = { memory: inMemory, file: inFolder, redis: startRedis, postgres: startPostgres };

export async function run() {
  const rows = [];
  for (const [name, start] of Object.entries(ENGINES)) {
    const server = await Promise.resolve()
      .then(start)
      .catch(() => undefined);
    rows.push(
      server === undefined ? [name, ...Array(8).fill('not installed')] : await measured(name, server),
    );
  }
  return {
    title: `Storage: operations per second, ${AT_ONCE} at once, each with its sealing; ${RECORDS} pending sign-ins of 2 kB (a Redis with appendfsync everysec, a PostgreSQL as installed)`,
    head: [
      'engine',
      'token read',
      'write',
      'claim',
      'lock',
      'whole sign-in',
      'insert',
      'claim of those',
      'bytes each',
    ],
    rows,
  };
}

async function measured(name, { place, bytes, stop }) {
  const { openStore } = await import(built('storage/open.js'));
  const opened = await openStore(place, { sealingKeys: KEYS });
  const { store } = opened;
  try {
    return [name, ...(await rates(store)), await signIns(opened), ...(await many(store, bytes))];
  } finally {
    await store.close();
    await stop();
  }
}

async function rates(store) {
  const credentials = store.records('credentials');
  const keys = Array.from({ length: 200 }, (_, n) => `person${n}/linear`);
  for (const key of keys) await credentials.set(key, TOKENS);
  const read = await perSecond((n) => credentials.get(keys[n % keys.length]));
  const write = await perSecond((n) => credentials.set(keys[n % keys.length], TOKENS));
  const claimed = Array.from({ length: 3_000 }, (_, n) => `state${n}`);
  await atOnce(claimed.length, (n) => store.records('pending').set(claimed[n], PENDING, 600_000));
  const claim = await perSecond((n) => store.claim('pending', claimed[n]), claimed.length);
  const lock = await perSecond((n) => store.lock(`credential/${n}`, async () => {}));
  return [read, write, claim, lock].map(Math.round);
}

async function signIns(opened) {
  const { signIn, close } = await signInsOn(opened);
  const rate = await perSecond(signIn);
  await close();
  return Math.round(rate);
}

async function many(store, bytes) {
  const before = bytes();
  const pending = store.records('pending');
  const insert = await timed(RECORDS, (n) => pending.set(`many${n}`, PENDING, 600_000));
  const each = (bytes() - before) / RECORDS;
  const claim = await timed(RECORDS, (n) => store.claim('pending', `many${n}`));
  return [Math.round(insert), Math.round(claim), Math.round(each)];
}

/** How often it can be done in a second; at most `most` times. */
async function perSecond(work, most = Number.POSITIVE_INFINITY) {
  const endMs = performance.now() + MEASURE_MS;
  return await timed(most, work, () => performance.now() < endMs);
}

async function timed(most, work, goOn) {
  const startMs = performance.now();
  const done = await atOnce(most, work, goOn);
  return (done * 1000) / (performance.now() - startMs);
}

async function atOnce(most, work, goOn = () => true) {
  let next = 0;
  const worker = async () => {
    while (next < most && goOn()) {
      next += 1;
      await work(next - 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return next;
}
