import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ReturnOutcome, SignInState } from '../../src/auth/sign-in/types.js';
import type { Verify } from '../../src/auth/types.js';
import { openStore } from '../../src/storage/open.js';
import { startScriptedProvider } from '../helpers/scripted-provider.js';
import { json, type ScriptedServer } from '../helpers/scripted-server.js';
import { createRig, httpServer, linkOf, pressButton, type Rig } from '../helpers/sign-in-rig.js';

const ANA = { subject: 'terminal:ana', server: 'files' };
const OPEN_RECORDS = ['pending', 'finishing', 'waiting', 'open', 'started', 'browser'];
const works: Verify = async () => ({ kind: 'works', tools: 3, proven: true });

let server: ScriptedServer;
let folder: string;
let rigs: readonly Rig[];
let tokens = 0;

beforeEach(async () => {
  server = await startScriptedProvider();
  server.on('/token', (request, response) => {
    tokens += 1;
    json({ access_token: `token-${tokens}`, token_type: 'Bearer' })(request, response);
  });
  folder = await mkdtemp(join(tmpdir(), 'races-'));
  // Two stores on one folder: the same files and locks as two processes have.
  rigs = await Promise.all([0, 1].map(replica));
});

afterEach(async () => {
  await Promise.all(rigs.map(async (rig) => rig.close().then(() => rig.store.close())));
  await rm(folder, { recursive: true, force: true });
  await server.close();
});

async function replica(): Promise<Rig> {
  const shared = await openStore({ kind: 'file', folder: join(folder, 'state') });
  return createRig({ servers: [httpServer('files', `${server.origin}/mcp`)], verify: works, shared });
}

/** Everything that can happen to a sign-in, at the same moment, in both processes. */
async function allAtOnce(round: number): Promise<string> {
  const [one, two] = rigs as [Rig, Rig];
  const link = linkOf(await one.signIns.begin(one.request('files')));
  const { location, browser } = await pressButton(two.signIns, link);
  const callback = { state: new URL(location).searchParams.get('state') ?? '', code: 'c0de' };
  const comesBack = (rig: Rig, cookie: string | undefined): Promise<ReturnOutcome> =>
    rig.signIns.finish(callback, cookie);
  const moves = [
    () => comesBack(one, round % 3 === 0 ? undefined : browser),
    () => comesBack(two, browser),
    () => comesBack(two, undefined),
    () => one.signIns.sweep(),
    () => two.signIns.sweep(),
    ...(round % 2 === 0 ? [() => two.signIns.cancel('terminal:ana')] : []),
    ...(round % 4 === 1 ? [() => one.signIns.begin(one.request('files'))] : []),
    () => two.signIns.confirm('terminal:ana', '000000'),
  ];
  // Each round begins with another one.
  await Promise.all(moves.map((_, at) => moves[(at + round) % moves.length]?.()));
  return link.id;
}

const endings = (id: string): readonly SignInState[] =>
  rigs.flatMap((rig) => rig.told).filter((state) => state.kind === 'ended' && state.id === id);

it('callbacks, cancelling, replacing, guessing and sweeping at once, in two processes, give one outcome and one exchange', async () => {
  const [one, two] = rigs as [Rig, Rig];
  for (let round = 0; round < 12; round += 1) {
    const before = { tokens, held: await one.credentials.get(ANA) };
    const id = await allAtOnce(round);
    await two.signIns.cancel('terminal:ana');
    await one.signIns.sweep();
    expect(tokens - before.tokens).toBeLessThanOrEqual(1);
    const state = await two.signIns.look(id);
    expect(state.kind).toBe('ended');
    await expect.poll(() => endings(id)).toHaveLength(1);
    const held = await two.credentials.get(ANA);
    const connected = state.kind === 'ended' && state.result.kind === 'connected';
    if (connected) expect(held).toMatchObject({ accessToken: `token-${tokens}` });
    else expect(held).toEqual(before.held);
    for (const name of OPEN_RECORDS)
      expect([name, ...(await one.store.records(name).keys())]).toEqual([name]);
  }
  expect(tokens).toBeGreaterThan(0);
}, 60_000);
