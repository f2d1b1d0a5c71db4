import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEY_FIELD_PREFIX } from '../../src/http/pages/key-form-page.js';
import { fuzzing, reaching } from '../helpers/fuzzing.js';
import { MARK } from '../helpers/odd-answers.js';
import { exchange, OWN_FORM_HEADERS } from './exchange.js';
import { begun, escaped, expectAlive, expectCalm, type FuzzScene, startFuzzScene } from './sign-in-fuzz.js';

let scene: FuzzScene;
beforeAll(async () => {
  scene = await startFuzzScene();
});
afterAll(() => scene.close());

const TYPES = [
  'application/x-www-form-urlencoded; charset=utf-16',
  'multipart/form-data; boundary=x',
  'application/json',
  'text/plain',
  MARK,
  '',
];

const KEYS = ['FILES_KEY', '', '__proto__'].map((name) => `${KEY_FIELD_PREFIX}${name}`);

const field = fc
  .tuple(fc.oneof(fc.constantFrom('token', ...KEYS, MARK), escaped), escaped)
  .map(([name, value]) => `${name}=${value}`);

/** `TOKEN` and `LINK` stand for what the page itself has. */
const request = fc.record({
  path: fc.oneof(
    { weight: 4, arbitrary: fc.constant('LINK') },
    { weight: 1, arbitrary: escaped.map((text) => text.replaceAll(/[?#]/g, '')) },
  ),
  method: fc.oneof(
    { weight: 6, arbitrary: fc.constant('POST') },
    { weight: 1, arbitrary: fc.constantFrom('GET', 'HEAD', 'PUT', 'OPTIONS', 'PATCH') },
  ),
  headers: fc.oneof(
    { weight: 4, arbitrary: fc.constant<Record<string, string>>(OWN_FORM_HEADERS) },
    {
      weight: 1,
      arbitrary: fc.record({
        'content-type': fc.constantFrom(...TYPES),
        origin: fc.constantFrom('null', `https://${MARK}.example`, 'http://127.0.0.1:8787', MARK),
        'sec-fetch-site': fc.constantFrom('same-origin', 'cross-site', 'none', MARK),
      }),
    },
  ),
  body: fc.oneof(
    fc.array(field, { maxLength: 6 }).map((fields) => fields.join('&')),
    fc.array(field, { maxLength: 3 }).map((fields) => ['token=TOKEN', ...fields].join('&')),
    escaped,
    fc.constantFrom(
      'token=TOKEN',
      `token=TOKEN&${KEY_FIELD_PREFIX}FILES_KEY=abc`,
      `token=TOKEN&x=${MARK.repeat(3000)}`,
    ),
  ),
});

describe.each(['files', 'keyed'] as const)('the page of %s', (server) => {
  it('sent anything: a page of ours, and only its own token spends the sign-in', async () => {
    const statuses = new Map<number, number>();
    let connected = 0;
    await fc.assert(
      fc.asyncProperty(request, async ({ path, method, headers, body }) => {
        const link = await begun(scene.rig, server);
        const token = scene.rig.signIns.pageToken(link.id);
        const page = server === 'files' ? 'connect' : 'key';
        const sent = method === 'GET' || method === 'HEAD' ? {} : { body: body.replaceAll('TOKEN', token) };
        const own = new URL(link.url).pathname.slice(`/${page}/`.length);
        const url = `${scene.url}/${page}/${path.replace('LINK', own)}`;
        const cookie = `mcg-${link.id.slice(0, 16)}=${scene.rig.signIns.keyFormBrowser(link.id)}`;
        const answer = await exchange(url, { method, headers: { ...headers, cookie }, ...sent });
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        expectCalm(answer, scene);
        const after = (await scene.rig.signIns.look(link.id)).kind;
        const meant = path === 'LINK' && method === 'POST' && body.includes('TOKEN');
        if (!meant || server === 'files') expect(after).toBe('pending');
        if (!meant) expect(answer.status).not.toBe(303);
        if (after === 'ended') connected += 1;
      }),
      fuzzing(`forms: ${server}`, 200),
    );
    await expectAlive(scene);
    if (process.env.FUZZ_FIGURES) console.log(server, statuses, { connected });
    reaching(() => {
      expect([...statuses.keys()]).toEqual(
        expect.arrayContaining([server === 'files' ? 303 : 200, 403, 404]),
      );
      if (server === 'keyed') expect(connected).toBeGreaterThan(0);
    });
  });
});
