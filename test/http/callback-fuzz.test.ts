import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fuzzing, reaching } from '../helpers/fuzzing.js';
import { MARK } from '../helpers/odd-answers.js';
import { pressButton } from '../helpers/sign-in-rig.js';
import { exchange } from './exchange.js';
import { begun, escaped, expectAlive, expectCalm, type FuzzScene, startFuzzScene } from './sign-in-fuzz.js';

let scene: FuzzScene;
beforeAll(async () => {
  scene = await startFuzzScene();
});
afterAll(() => scene.close());

const NAMES = ['state', 'code', 'iss', 'error', 'error_description', 'error_uri', 'id_token', 'State', MARK];

const pair = fc
  .tuple(fc.oneof(fc.constantFrom(...NAMES), escaped), fc.array(escaped, { maxLength: 2 }))
  .map(([name, values]) => `${name}=${values.join('')}`);

/** `STATE` stands for that of a sign-in which waits for its answer. */
const query = fc
  .tuple(fc.array(pair, { maxLength: 6 }), fc.constantFrom('state=STATE', 'state=STATE&code=c', ''))
  .map(([pairs, own]) => [...pairs, own].filter((part) => part !== '').join('&'));

const request = fc.record({
  query,
  method: fc.oneof(
    { weight: 5, arbitrary: fc.constant('GET') },
    { weight: 1, arbitrary: fc.constantFrom('HEAD', 'POST', 'PUT', 'OPTIONS', 'DELETE', 'PROPFIND') },
  ),
  cookie: fc.option(
    escaped.map((text) => `mcg=${text}; =; ;;${MARK}`),
    { nil: undefined },
  ),
  own: fc.boolean(),
});

it('the callback with any query, by any method and with any cookies: a page of ours, and the process lives', async () => {
  const statuses = new Map<number, number>();
  let ended = 0;
  await fc.assert(
    fc.asyncProperty(request, async (one) => {
      const link = await begun(scene.rig, 'files');
      const { location, browser } = await pressButton(scene.rig.signIns, link);
      const state = new URL(location).searchParams.get('state') ?? '';
      const cookie = one.own ? `mcg-${link.id.slice(0, 16)}=${browser}` : one.cookie;
      const url = `${scene.url}/oauth/callback?${one.query.replace('STATE', state)}`;
      const headers = cookie === undefined ? {} : { cookie };
      const answer = await exchange(url, { method: one.method, headers });
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      expectCalm(answer, scene);
      const after = await scene.rig.signIns.look(link.id);
      if (after.kind !== 'pending') ended += 1;
      // What was not for this sign-in leaves it as it was.
      if (one.method !== 'GET' || !one.query.includes('STATE')) expect(after.kind).toBe('pending');
    }),
    fuzzing('callback', 250),
  );
  await expectAlive(scene);
  if (process.env.FUZZ_FIGURES) console.log(statuses, { ended });
  reaching(() => {
    expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 400, 405]));
    expect(ended).toBeGreaterThan(5);
  });
});
