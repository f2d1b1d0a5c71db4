import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { createCredentials } from '../../src/auth/credentials/credentials.js';
import { recordPath } from '../../src/storage/file/names.js';
import { recordKey } from '../../src/storage/types.js';
import { HOUR, KEY, START, token, useKeeperRig } from './keeper-rig.js';
import { openFileStore } from './kept-store.js';

const rig = useKeeperRig();

it('one person’s token, refresh and list touch no record of anybody else', async () => {
  const kept = await openFileStore();
  const credentials = createCredentials(kept.store);
  const keeper = rig.keeperOver(kept.store, credentials);
  try {
    await keeper.keep(KEY, rig.credential());
    for (let n = 0; n < 100; n += 1) {
      // A folder where a file should be: whoever opens it fails.
      const path = recordPath(
        join(kept.folder, 'records/credentials'),
        recordKey(`telegram:${n + 10}`, 'linear'),
      );
      await mkdir(dirname(path), { recursive: true });
      await mkdir(path);
    }
    expect(await keeper.accessToken(KEY)).toEqual(token('a2', START + HOUR));
    expect(await credentials.list(KEY.subject)).toMatchObject([{ server: 'linear' }]);
    await expect(credentials.get({ subject: 'telegram:10', server: 'linear' })).rejects.toMatchObject({
      name: 'StoreError',
    });
  } finally {
    await keeper.close();
    await kept.remove();
  }
});

// `npm run bench keeper` does ten times as much.
it('ten thousand operations leave nothing in memory', async () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const people = Array.from({ length: 200 }, (_, n) => ({ subject: `telegram:${n}`, server: 'linear' }));
  let issued = 0;
  const keeper = rig.keeperOver(rig.store, rig.credentials, {
    fetchFor: () => async () => {
      issued += 1;
      const answer = { access_token: `a${issued}`, refresh_token: `r${issued}`, token_type: 'Bearer' };
      return issued % 50 === 0
        ? Response.json({ error: 'temporarily_unavailable' }, { status: 503 })
        : Response.json({ ...answer, expires_in: 600 });
    },
  });
  for (const person of people) await keeper.keep(person, rig.credential());
  const heapAfter = async (operations: number) => {
    for (let n = 0; n < operations; n += 1) {
      const person = people[n % people.length] ?? KEY;
      const outcome = await keeper.accessToken(person);
      if (n % 7 === 0 && outcome.kind === 'token') await keeper.accessToken(person, outcome.accessToken);
      if (n % 500 !== 0) continue;
      rig.nowMs += 60_000;
      keeper.sweep();
    }
    for (let turn = 0; turn < 5; turn += 1) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  const before = await heapAfter(2_000);
  const after = await heapAfter(10_000);
  expect(issued).toBeGreaterThan(1_000);
  expect(after - before).toBeLessThan(3);
  await keeper.close();
});
