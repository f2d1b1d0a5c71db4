// 200 calls at once whose token has just expired, against a provider that rotates refresh tokens and ends the grant when
// one is used again: beside the same calls with a live token, and beside the SDK's own provider.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentialOf, openKept, PERSON } from './kept.js';
import { median, spread, startProcess } from './measuring.js';

const ROUNDS = 9;
const CALLS = 200;
const here = (file) => new URL(file, import.meta.url);

export async function run() {
  const provider = startProcess(here('./storm-provider.js'));
  try {
    const { origin } = await provider.ask({ ask: 'serve' });
    const rows = [];
    for (const processes of [1, 4]) rows.push(...(await storm(provider, origin, processes)));
    rows.push(await sdk(provider, origin));
    return {
      title: `${CALLS} calls at once over one grant: ms to the last answer, median of ${ROUNDS}`,
      head: ['', 'answered', 'refreshes', 'reuse', 'ms', 'rounds', '× live token', 'rounds'],
      rows,
    };
  } finally {
    await provider.stop();
  }
}

async function storm(provider, origin, processes) {
  const folder = await mkdtemp(join(tmpdir(), 'bench-storm-'));
  const kept = await openKept(folder);
  const callers = Array.from({ length: processes }, () => startProcess(here('./storm-caller.js')));
  const grant = (n, rest) =>
    kept.credentials.set(
      PERSON,
      credentialOf({
        accessToken: `a${n}`,
        refreshToken: `r${n}`,
        issuer: origin,
        tokenEndpoint: `${origin}/token`,
        ...rest,
      }),
    );
  try {
    await provider.ask({ ask: 'reset' });
    await grant(1);
    await Promise.all(callers.map((caller) => caller.ask({ connect: 'ours', folder, origin })));
    const rounds = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      await sleep(50);
      const live = await callAll(callers);
      const { n, refreshes, reuse } = await provider.ask({ ask: 'expire' });
      await grant(n, { issuedAtMs: 1, expiresAtMs: 2 });
      await sleep(50);
      const expired = await callAll(callers);
      const after = await provider.ask({});
      const counted = { refreshes: after.refreshes - refreshes, reuse: after.reuse - reuse };
      if (round > 0) rounds.push({ live, expired, ...counted });
    }
    return rowsOf(`${processes} × ${CALLS / processes}`, rounds);
  } finally {
    await Promise.all(callers.map((caller) => caller.stop()));
    await kept.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function callAll(callers) {
  const beganMs = performance.now();
  const answers = await Promise.all(callers.map((caller) => caller.ask({ calls: CALLS / callers.length })));
  const answered = answers.reduce((sum, answer) => sum + answer.answered, 0);
  return { answered, ms: performance.now() - beganMs };
}

const least = (numbers) => Math.min(...numbers);
const range = (numbers) => [...new Set([least(numbers), Math.max(...numbers)])].join('–');

function rowsOf(name, rounds) {
  const of = (read) => rounds.map(read);
  const ratios = of(({ live, expired }) => expired.ms / live.ms);
  const times = (which) => [
    median(of((round) => round[which].ms)).toFixed(0),
    spread(of((round) => round[which].ms)),
  ];
  return [
    [`${name}, live token`, range(of(({ live }) => live.answered)), '', '', ...times('live'), '', ''],
    [
      `${name}, expired`,
      range(of(({ expired }) => expired.answered)),
      range(of(({ refreshes }) => refreshes)),
      range(of(({ reuse }) => reuse)),
      ...times('expired'),
      median(ratios).toFixed(2),
      spread(ratios, 2),
    ],
  ];
}

/** Once: afterwards the grant is over. */
async function sdk(provider, origin) {
  await provider.ask({ ask: 'reset' });
  const caller = startProcess(here('./storm-caller.js'));
  try {
    await caller.ask({ connect: 'sdk', origin });
    await caller.ask({ calls: CALLS });
    await provider.ask({ ask: 'expire' });
    const { answered, ms } = await caller.ask({ calls: CALLS });
    const { refreshes, reuse } = await provider.ask({});
    return [
      `the SDK's own provider, 1 × ${CALLS}, expired`,
      answered,
      refreshes,
      reuse,
      ms.toFixed(0),
      '',
      '',
      '',
    ];
  } finally {
    await caller.stop();
  }
}
