import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockOf } from '../../src/auth/keeper/kept-tokens.js';
import type { CredentialKey, TokenOutcome } from '../../src/auth/types.js';
import type { StorageKind } from '../../src/storage/places.js';
import type { Passed } from '../helpers/servers/cutting-proxy.js';
import { KeeperProcess, type StoppingPoint } from './keeper-process.js';
import { type KeeperReplica, openReplica } from './keeper-replica.js';
import { expiredGrant } from './kept-store.js';
import { startTokenEndpoint, type TokenEndpoint } from './token-endpoint.js';

/** What the keepers of one test share. */
export interface SharedByKeepers {
  readonly compiled: string;
  readonly place: StorageKind;
  readonly sealingKeys?: readonly string[];
  /**
   * Of an engine on a server: the same place for one process alone, whose next write of a token is stopped on its way.
   * Without it the process stops itself in the middle of a file's replacement.
   */
  stopWrite?(passed: Passed): Promise<{ readonly place: StorageKind; readonly reached: Promise<void> }>;
}

/** Long enough for a busy machine: a holder that is kept from its heartbeat for most of it has lost its lock. */
const LEASE_MS = 5000;
/** Whoever waits longer for a dead holder is told to try later. */
const LOCK_WAIT_MS = LEASE_MS * 5;

type Point = StoppingPoint | 'after the request, which the provider had not come to';

interface Left {
  /** What the killed process leaves in the store. */
  readonly record: readonly [accessToken: string, refreshToken: string];
  /** What everybody else gets. */
  readonly outcome: string;
  /** The refresh tokens that the provider saw in all. */
  readonly sent: readonly string[];
}

const UNTOUCHED = ['a1', 'r1'] as const;

const LEFT: Readonly<Record<Point, Left>> = {
  'before the request': { record: UNTOUCHED, outcome: 'a2', sent: ['r1'] },
  'after the request, which the provider had not come to': {
    record: UNTOUCHED,
    outcome: 'a2',
    sent: ['r1', 'r1'],
  },
  // What the provider gave in its place died with the process: the spent one is all that anybody knows.
  'between the answer and the write': { record: UNTOUCHED, outcome: 'needs-sign-in', sent: ['r1', 'r1'] },
  'during the write': { record: UNTOUCHED, outcome: 'needs-sign-in', sent: ['r1', 'r1'] },
  'after the write': { record: ['a2', 'r2'], outcome: 'a2', sent: ['r1'] },
};

const POINTS = Object.keys(LEFT) as Point[];

const PASSED: Partial<Record<Point, Passed>> = {
  'during the write': 'half of it',
  'after the write': 'all but the answer',
};

interface Victim {
  readonly process: KeeperProcess;
  /** Resolves when it is at its point. */
  readonly there: () => Promise<unknown>;
}

class KilledKeepers {
  constructor(
    private readonly shared: SharedByKeepers,
    private readonly cleanUp: (cleanup: () => Promise<void>) => void,
  ) {}

  async replica(): Promise<KeeperReplica> {
    const { place, sealingKeys } = this.shared;
    const keys = sealingKeys === undefined ? {} : { sealingKeys };
    const replica = await openReplica(place, { ...keys, leaseMs: LEASE_MS, lockWaitMs: LOCK_WAIT_MS });
    this.cleanUp(() => replica.close());
    return replica;
  }

  /** A provider with one grant. */
  async endpoint(): Promise<TokenEndpoint> {
    const endpoint = await startTokenEndpoint();
    this.cleanUp(() => endpoint.close());
    return endpoint;
  }

  /** A process that is ready to refresh, and stops at that point. */
  async victim(point: Point, endpoint: TokenEndpoint): Promise<Victim> {
    const passed = PASSED[point];
    const stopped = passed && (await this.shared.stopWrite?.(passed));
    const itself = stopped === undefined && point !== 'after the request, which the provider had not come to';
    const process = new KeeperProcess({
      ...this.shared,
      place: stopped?.place ?? this.shared.place,
      origin: endpoint.origin,
      subject: point,
      calls: 1,
      leaseMs: LEASE_MS,
      ...(itself ? { stop: point } : {}),
    });
    this.cleanUp(() => process.kill());
    expect(await process.says()).toBe('ready');
    return { process, there: () => (itself ? process.says() : (stopped?.reached ?? Promise.resolve())) };
  }
}

const said = (outcome: TokenOutcome) => (outcome.kind === 'token' ? outcome.accessToken : outcome.kind);

/** Kills a process at that point while `waiting` waits for its lock; `later` comes when it is dead. */
async function killedAt(point: Point, keepers: KilledKeepers, waiting: KeeperReplica, later: KeeperReplica) {
  const key: CredentialKey = { subject: point, server: 'linear' };
  const endpoint = await keepers.endpoint();
  await later.credentials.set(key, expiredGrant(endpoint.origin));
  const { process, there } = await keepers.victim(point, endpoint);
  const answer = endpoint.hold();
  const arrived = endpoint.arrival();
  process.go();
  if (point === 'before the request') await there();
  else await arrived;
  const waited = waiting.keeper.accessToken(key);
  await expect.poll(() => waiting.asked).toContain(lockOf(key));
  if (point === 'after the request, which the provider had not come to')
    endpoint.next((response) => response.destroy());
  else answer();
  if (point !== 'before the request') await there();
  const entered = waiting.entered.includes(lockOf(key));
  await process.kill();
  answer();
  const record = await later.credentials.get(key);
  const outcomes = await Promise.all([waited, later.keeper.accessToken(key)]);
  return {
    point,
    entered,
    record: record?.kind === 'oauth' && [record.accessToken, record.refreshToken],
    outcomes: outcomes.map(said),
    sent: endpoint.refreshes.map((form) => form.get('refresh_token')),
  };
}

/** What a kill -9 of a replica in the middle of a refresh costs, whatever keeps the tokens. */
export function killedKeepersContract(
  engine: string,
  share: (cleanUp: (cleanup: () => Promise<void>) => void) => SharedByKeepers,
  afterwards: (shared: SharedByKeepers) => Promise<void> = async () => {},
): void {
  describe(`kill -9 of a keeper on the ${engine} engine`, () => {
    const cleanups: (() => Promise<void>)[] = [];
    let shared: SharedByKeepers;
    let keepers: KilledKeepers;
    const cleanUp = (cleanup: () => Promise<void>): void => void cleanups.push(cleanup);

    beforeEach(() => {
      shared = share(cleanUp);
      keepers = new KilledKeepers(shared, cleanUp);
    });
    afterEach(async () => {
      for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    });

    it('at each point of a refresh leaves the old or the new record whole, those who wait for the lock go on, and a sign-in is needed only where an answer was there and not written', async () => {
      const [waiting, later] = [await keepers.replica(), await keepers.replica()];
      const killed = await Promise.all(POINTS.map((point) => killedAt(point, keepers, waiting, later)));
      expect(killed).toEqual(
        POINTS.map((point) => {
          const { record, outcome, sent } = LEFT[point];
          return { point, entered: false, record, outcomes: [outcome, outcome], sent };
        }),
      );
      const ended = POINTS.filter((point) => LEFT[point].outcome === 'needs-sign-in');
      // By the one of the two that marked it.
      expect([...waiting.told, ...later.told].sort()).toEqual(
        ended.map((point) => `${point}: invalid_grant`).toSorted(),
      );
      const views = await later.credentials.list();
      expect(views).toHaveLength(POINTS.length);
      expect(views.filter((view) => 'refused' in view).map(({ subject }) => subject)).toEqual(
        ended.toSorted(),
      );
      await afterwards(shared);
    });
  });
}
