import { readFile, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { consent } from '../helpers/consent.js';
import { fuzzing, reaching } from '../helpers/fuzzing.js';
import { comeBack, pressConnect, signIn } from '../helpers/sign-in-browser.js';
import { exchange } from '../http/exchange.js';
import { recordFiles } from './records.js';
import { useScene } from './scene.js';

const scene = useScene();

/** What can become of a file's bytes; places in it are parts of its length. */
const place = fc.double({ min: 0, max: 0.999, noNaN: true });
const damage = fc.oneof(
  fc.record({ kind: fc.constant('flipped' as const), at: place, by: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: place }),
  fc.record({
    kind: fc.constant('grown' as const),
    at: place,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 80 }),
  }),
  fc.record({ kind: fc.constant('other bytes' as const), bytes: fc.uint8Array({ maxLength: 300 }) }),
  fc.record({ kind: fc.constant('another record' as const), file: fc.nat() }),
);
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

const one = fc.record({ file: fc.nat(), damage, sweeps: fc.boolean() });

function damaged(before: Buffer, how: Damage, all: readonly Buffer[]): Buffer {
  switch (how.kind) {
    case 'flipped': {
      const after = Buffer.from(before);
      const at = Math.floor(how.at * after.length);
      after[at] = (after[at] ?? 0) ^ how.by;
      return after;
    }
    case 'cut':
      return before.subarray(0, Math.floor(how.at * before.length));
    case 'grown': {
      const at = Math.floor(how.at * before.length);
      return Buffer.concat([before.subarray(0, at), how.bytes, before.subarray(at)]);
    }
    case 'other bytes':
      return Buffer.from(how.bytes);
    case 'another record':
      return all[how.file % all.length] ?? before;
  }
}

/** One of everything that is stored: connected, pressed, waiting for its code, ended. */
async function everything() {
  const gateway = await scene.gateway({
    access: { users: ['web:vic', 'web:mallory', 'web:zoe'] },
    platforms: { web: { people: ['vic', 'mallory', 'zoe'] } },
    // What is tried here is quicker than people are.
    limits: { commands: 'off', pages: 'off' },
  });
  const [vic, mallory, zoe] = [
    await gateway.visitor('vic'),
    await gateway.visitor('mallory'),
    await gateway.visitor('zoe'),
  ];
  const done = await vic.say('/mcp auth files');
  await signIn(done.link);
  await vic.untilSays('files connected', done);
  const pressed = (await mallory.say('/mcp auth files')).link;
  const { location, cookies } = await pressConnect(pressed);
  const waiting = await zoe.say('/mcp auth files');
  const { link } = waiting;
  await comeBack(await consent((await pressConnect(link)).location));
  await zoe.untilSays('one step left', waiting);
  const state = new URL(location).searchParams.get('state') ?? '';
  return { gateway, vic, mallory, zoe, links: [pressed, link], state, cookies };
}

describe('threat 22: records whose bytes are not what was written', () => {
  it('whichever file it is, and whatever is in it: people and pages are answered, nothing ends, no credential is deleted', async () => {
    const { gateway, vic, mallory, zoe, links, state, cookies } = await everything();
    const paths = Object.keys(await recordFiles(gateway));
    const originals = await Promise.all(paths.map((path) => readFile(path)));
    const collections = new Set(paths.map((path) => /records\/([\w-]+)\//.exec(path)?.[1]));
    expect([...collections]).toEqual(
      expect.arrayContaining(['credentials', 'pending', 'waiting', 'browser', 'boards', 'registrations']),
    );
    const restore = async (): Promise<void> => {
      for (const [at, path] of paths.entries()) {
        // A record may go at any time, by what was asked for last.
        const now = await readFile(path).catch(() => undefined);
        const before = originals[at];
        if (before !== undefined && now?.equals(before) !== true)
          await writeFile(path, before, { mode: 0o600 });
      }
    };
    const touched = new Set<string>();
    await fc.assert(
      fc.asyncProperty(one, async ({ file, damage: how, sweeps }) => {
        await restore();
        const at = file % paths.length;
        const path = paths[at] ?? '';
        touched.add(/records\/([\w-]+)\//.exec(path)?.[1] ?? '');
        const bytes = damaged(originals[at] ?? Buffer.alloc(0), how, originals);
        await writeFile(path, bytes);
        if (sweeps) await gateway.app.gateway.sweep();
        for (const person of [vic, mallory, zoe])
          expect((await person.say('/mcp')).text).toMatch(/files|Try again|try again/);
        for (const link of links) {
          const { status, body } = await exchange(link);
          expect([200, 404, 410, 503]).toContain(status);
          expect(body).not.toMatch(/ENOENT|records\/|\bat .*\.[jt]s/);
        }
        const foreign = new URL(`/oauth/callback?code=c0de&state=${state.slice(1)}A`, gateway.url);
        expect((await comeBack(foreign, cookies)).status).toBe(400);
        if (path.includes('/records/credentials/')) expect(await readFile(path)).toEqual(bytes);
      }),
      fuzzing('records on disk', 40),
    );
    await restore();
    expect((await vic.say('/mcp status files')).text).toMatch(/connected/);
    reaching(() => expect(touched.size).toBeGreaterThan(5));
    expect(gateway.log.filter((line) => /"level":60|uncaught/i.test(line))).toEqual([]);
  });
});
