import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallbackParameters } from '../../src/auth/sign-in/types.js';
import type { Verify } from '../../src/auth/types.js';
import { openStore } from '../../src/storage/open.js';
import { type Records, type Store, StoreError } from '../../src/storage/types.js';
import { startScriptedProvider } from '../helpers/scripted-provider.js';
import { json, type ScriptedServer } from '../helpers/scripted-server.js';
import { createRig, httpServer, pressButton, type Rig } from '../helpers/sign-in-rig.js';

const ANA = { subject: 'terminal:ana', server: 'files' };
const SIGN_IN_RECORDS = ['pending', 'finishing', 'waiting', 'open', 'started', 'browser'];
const works: Verify = async () => ({ kind: 'works', tools: 3, proven: true });

/** Counts the store's operations, and fails those that are to fail: before they did anything, or after. */
class BadDisk {
  operations = 0;
  fails: (operation: number) => boolean = () => false;

  constructor(private readonly afterwards: boolean) {}

  async #run<T>(what: string, work: () => Promise<T>): Promise<T> {
    const bad = this.fails(++this.operations);
    const error = new StoreError('store_unavailable', `${what} failed`);
    if (bad && !this.afterwards) throw error;
    const done = await work();
    if (bad) throw error;
    return done;
  }

  under(store: Store): Store {
    return {
      records: <T>(name: string): Records<T> => {
        const records = store.records<T>(name);
        return {
          get: (key) => this.#run(`get ${name}`, () => records.get(key)),
          set: (key, value, ttlMs) => this.#run(`set ${name}`, () => records.set(key, value, ttlMs)),
          add: (key, value, ttlMs) => this.#run(`add ${name}`, () => records.add(key, value, ttlMs)),
          replace: (key, isStill, value) =>
            this.#run(`replace ${name}`, () => records.replace(key, isStill, value)),
          delete: (key) => this.#run(`delete ${name}`, () => records.delete(key)),
          version: (key) => records.version(key),
          keys: (prefix) => this.#run(`keys ${name}`, () => records.keys(prefix)),
        };
      },
      claim: (name, key) => this.#run(`claim ${name}`, () => store.claim(name, key)),
      // An own failure of `work` is its own: only taking the lock fails here.
      lock: async (name, work) => {
        if (this.fails(++this.operations)) throw new StoreError('store_busy', `lock ${name} failed`);
        return store.lock(name, work);
      },
      watch: store.watch,
      close: store.close,
    };
  }
}

let server: ScriptedServer;

beforeEach(async () => {
  server = await startScriptedProvider();
  server.on('/token', json({ access_token: 'new', token_type: 'Bearer', expires_in: 3600 }));
});

afterEach(() => server.close());

async function rigOn(disk: BadDisk): Promise<Rig> {
  const opened = await openStore({ kind: 'memory' });
  const shared = { ...opened, store: disk.under(opened.store) };
  const rig = await createRig({
    servers: [httpServer('files', `${server.origin}/mcp`)],
    verify: works,
    shared,
  });
  await rig.keeper.keep(ANA, {
    kind: 'oauth',
    accessToken: 'old',
    issuedAtMs: 1,
    issuer: server.origin,
    tokenEndpoint: `${server.origin}/token`,
    client: { kind: 'dynamic', clientId: 'c1' },
  });
  disk.operations = 0;
  return rig;
}

interface Went {
  /** How far it came, by what the person or the browser was told. */
  readonly told: readonly string[];
  readonly id?: string;
}

/** One whole sign-in, with every step that a person would still take after a failure: at most twice each. */
async function wholeSignIn({ signIns, request }: Rig, trusted: boolean): Promise<Went> {
  const told: string[] = [];
  const twice = async <T>(step: string, work: () => Promise<T>): Promise<T | undefined> => {
    for (const attempt of [1, 2]) {
      try {
        return await work();
      } catch (error) {
        // What a page or the chat turns into "try again"; anything else would be a surprise of our own.
        if (!(error instanceof StoreError)) throw error;
        told.push(`${step}: try again ${attempt}`);
      }
    }
    return undefined;
  };
  const begun = await twice('begin', () => signIns.begin(request('files')));
  if (begun?.kind !== 'link') return { told: [...told, `begin: ${begun?.failure.code}`] };
  const went = { told, id: begun.id };
  const pressed = await twice('press', () => pressButton(signIns, begun));
  if (pressed === undefined) return went;
  const state = new URL(pressed.location).searchParams.get('state') ?? '';
  const callback: CallbackParameters = { state, code: 'c0de' };
  const back = await twice('finish', () => signIns.finish(callback, trusted ? pressed.browser : undefined));
  told.push(`finish: ${back?.kind}`);
  if (back?.kind === 'code') {
    const confirmed = await twice('confirm', () => signIns.confirm('terminal:ana', back.digits));
    told.push(`confirm: ${confirmed?.kind}`);
  }
  return went;
}

/**
 * Whatever happened, later it has ended for all to see, as connected where the credential is the new one, and else as
 * something else. A store that says "failed" and did it all the same, or fails for long, can lose the telling (`mayLie`).
 */
async function check(rig: Rig, disk: BadDisk, { id, told }: Went, mayLie: boolean): Promise<void> {
  disk.fails = () => false;
  rig.advance(600_001);
  await rig.signIns.sweep();
  await rig.signIns.sweep();
  for (const name of SIGN_IN_RECORDS)
    expect([name, ...(await rig.store.records(name).keys())]).toEqual([name]);
  const held = await rig.credentials.get(ANA);
  const token = held?.kind === 'oauth' ? held.accessToken : undefined;
  expect(['old', 'new']).toContain(token);
  if (id === undefined) return expect(token).toBe('old');
  const state = await rig.signIns.look(id);
  expect([state.kind, told]).toEqual(['ended', told]);
  const connected = state.kind === 'ended' && state.result.kind === 'connected';
  expect(token).toBe(connected ? 'new' : 'old');
  if (!mayLie) await expect.poll(() => rig.told.filter((one) => one.kind === 'ended').length).toBe(1);
}

describe.each([
  ['before it did anything', false],
  ['after it was done', true],
])('a store operation that fails %s', (_when, afterwards) => {
  it.each([
    ['of a sign-in in one browser', true],
    ['of a quarantined sign-in', false],
  ])(
    'never breaks anything, whichever one it is %s',
    async (_which, trusted) => {
      const counting = new BadDisk(afterwards);
      const sound = await rigOn(counting);
      await wholeSignIn(sound, trusted);
      const operations = counting.operations;
      await sound.close();
      for (const lasting of [false, true]) {
        for (let nth = 1; nth <= operations; nth += 1) {
          const disk = new BadDisk(afterwards);
          const rig = await rigOn(disk);
          disk.fails = (operation) => (lasting ? operation >= nth : operation === nth);
          const went = await wholeSignIn(rig, trusted);
          await check(rig, disk, went, afterwards || lasting).catch((error: unknown) => {
            throw new Error(
              `operation ${nth} of ${operations}, ${lasting ? 'lasting' : 'once'}: ${went.told.join('; ')}`,
              { cause: error },
            );
          });
          await rig.close();
        }
      }
    },
    60_000,
  );
});
