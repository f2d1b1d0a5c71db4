import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { TokenKeeperOptions } from '../../src/auth/keeper/token-keeper.js';
import { createLog } from '../../src/observability/log.js';
import { failingStore } from '../helpers/failing-store.js';
import { json } from '../helpers/http-peer.js';
import { HOUR, KEY, START, useKeeperRig } from './keeper-rig.js';

const rig = useKeeperRig();
const refused = (sinceMs = START) => ({ kind: 'needs-sign-in', reason: 'refused', sinceMs });
const inUse = () => rig.credential({ expiresAtMs: START + HOUR });

/** A keeper whose server takes of the fresh tokens what `takes` says, and what it tells of those that ended. */
function judged(takes?: (accessToken: string, nth: number) => 'works' | 'refused' | 'unreachable') {
  const tried: string[] = [];
  const told: unknown[] = [];
  const pauses: number[] = [];
  const rest: Partial<TokenKeeperOptions> = {
    onRefused: (key, refusal) => void told.push({ ...key, ...refusal }),
    pause: async (ms) => void pauses.push(ms),
    ...(takes === undefined
      ? {}
      : {
          tryToken: async (_key, accessToken) => ({
            kind: takes(accessToken, tried.push(accessToken)),
          }),
        }),
  };
  return { keeper: rig.keeperOver(rig.store, rig.credentials, rest), tried, told, pauses };
}

describe('a token that the server refused', () => {
  it('is renewed once, however many calls were refused with it', async () => {
    await rig.keeper.keep(KEY, inUse());
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => rig.keeper.accessToken(KEY, 'a1')));
    outcomes.push(await rig.keeper.accessToken(KEY, 'a1'));
    expect(outcomes.every((outcome) => outcome.kind === 'token' && outcome.accessToken === 'a2')).toBe(true);
    expect(rig.endpoint.refreshes).toHaveLength(1);
  });

  it('is renewed though a refresh that brought it was still on its way to others', async () => {
    rig.endpoint.delayMs = 30;
    await rig.keeper.keep(KEY, rig.credential());
    const arrived = rig.endpoint.arrival();
    const early = rig.keeper.accessToken(KEY);
    await arrived;
    expect(await rig.keeper.accessToken(KEY, 'a2')).toMatchObject({ accessToken: 'a3' });
    expect(await early).toMatchObject({ accessToken: 'a2' });
  });

  it('that ended without a refresh token needs a sign-in since then', async () => {
    const { refreshToken: _none, ...bare } = rig.credential();
    await rig.keeper.keep(KEY, bare);
    expect(await rig.keeper.accessToken(KEY)).toEqual(refused(START - HOUR));
  });

  it('ends nothing that a sign-in or another process put in its place while the lock was lost', async () => {
    const { keeper, told } = judged();
    await keeper.keep(KEY, rig.credential());
    const anew = rig.credential({ accessToken: 'b1', refreshToken: 's1', expiresAtMs: START + HOUR });
    rig.endpoint.next((response) => {
      void rig.credentials.set(KEY, anew).then(() => json(response, 400, { error: 'invalid_grant' }));
    });
    expect(await keeper.accessToken(KEY)).toMatchObject({ kind: 'token', accessToken: 'b1' });
    expect(await rig.credentials.get(KEY)).toEqual(anew);
    const { refreshToken: _none, ...bare } = inUse();
    await rig.credentials.set(KEY, bare);
    const trying: Partial<TokenKeeperOptions> = {
      tryToken: async () => {
        await rig.credentials.set(KEY, anew);
        return { kind: 'refused' };
      },
      pause: async () => {},
    };
    const doubting = rig.keeperOver(rig.store, rig.credentials, trying);
    expect(await doubting.accessToken(KEY, 'a1')).toMatchObject({ kind: 'token', accessToken: 'b1' });
    expect(await rig.credentials.get(KEY)).toEqual(anew);
    expect(told).toEqual([]);
  });

  it('needs a sign-in where there is nothing to renew it with: marked, and told once', async () => {
    const { keeper, told } = judged();
    const { refreshToken: _none, ...bare } = inUse();
    await keeper.keep(KEY, bare);
    expect(await keeper.accessToken(KEY, 'a0')).toMatchObject({ accessToken: 'a1' });
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => keeper.accessToken(KEY, 'a1')));
    expect(outcomes).toEqual(Array.from({ length: 20 }, () => refused()));
    expect(await keeper.accessToken(KEY)).toEqual(refused());
    expect(told).toEqual([{ ...KEY, sinceMs: START, code: 'invalid_token' }]);
    await keeper.keep(KEY, { ...bare, accessToken: 'new' });
    expect(await keeper.accessToken(KEY)).toMatchObject({ accessToken: 'new' });
  });
});

it('the end of a credential is in the log with its code and the section of the standard', async () => {
  for (const [error, rfc] of [
    ['invalid_grant', 'RFC 6749 §5.2'],
    ['invalid_target', 'RFC 8707 §2'],
    ['access_denied', 'RFC 6749 §5.2'],
    ['expired_token', 'RFC 6749 §5.2'],
  ] as const) {
    const lines: string[] = [];
    const log = createLog('warn', { write: (line: string) => void lines.push(line) });
    const keeper = rig.keeperOver(rig.store, rig.credentials, { log });
    await keeper.keep(KEY, rig.credential());
    rig.endpoint.next((response) => json(response, 400, { error, error_description: '<b>evil</b>' }));
    expect(await keeper.accessToken(KEY)).toMatchObject({ kind: 'needs-sign-in', reason: 'refused' });
    for (const said of [error, rfc]) expect(lines.join('')).toContain(said);
    expect(lines.join('')).not.toContain('evil');
  }
});

describe('a fresh token that is refused too', () => {
  it('ends the credential: one refresh for all, the mark in the store, told once, nothing asked again', async () => {
    const { keeper, told } = judged();
    const other = judged();
    await keeper.keep(KEY, inUse());
    for (const rejected of ['a1', 'a2']) {
      const keepers = Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? keeper : other.keeper));
      await Promise.all(keepers.map((each) => each.accessToken(KEY, rejected)));
    }
    expect(await keeper.accessToken(KEY)).toEqual(refused());
    expect(await other.keeper.accessToken(KEY, 'a2')).toEqual(refused());
    expect(rig.endpoint.refreshes).toHaveLength(1);
    expect([...told, ...other.told]).toEqual([{ ...KEY, sinceMs: START, code: 'invalid_token' }]);
    expect(await rig.credentials.get(KEY)).toMatchObject({
      refreshToken: 'r2',
      refused: { sinceMs: START, code: 'invalid_token' },
    });
  });

  it('though the provider gives the same one again and again', async () => {
    const again = { access_token: 'a1', token_type: 'Bearer', expires_in: 3600 };
    for (let n = 0; n < 3; n += 1) rig.endpoint.next((response) => json(response, 200, again));
    await rig.keeper.keep(KEY, inUse());
    expect(await rig.keeper.accessToken(KEY, 'a1')).toEqual(refused());
    expect(rig.endpoint.refreshes).toHaveLength(1);
  });

  it('is renewed again when it had worked for a while: it may have a life that nobody told', async () => {
    rig.endpoint.expiresIn = undefined;
    const { keeper, told } = judged(() => 'refused');
    await keeper.keep(KEY, rig.credential());
    for (let n = 2; n < 10; n += 1) {
      expect(await keeper.accessToken(KEY, `a${n - 1}`)).toMatchObject({ accessToken: `a${n}` });
      rig.nowMs += 60_000;
    }
    expect(told).toEqual([]);
  });

  it('is renewed when it came of a refresh that nobody’s 401 had asked for', async () => {
    await rig.keeper.keep(KEY, rig.credential());
    expect(await rig.keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a2' });
    expect(await rig.keeper.accessToken(KEY, 'a2')).toMatchObject({ accessToken: 'a3' });
    expect(await rig.keeper.accessToken(KEY, 'a3')).toEqual(refused());
    expect(rig.endpoint.refreshes).toHaveLength(2);
  });
});

describe('before a person is signed out over a fresh token', () => {
  it('it is tried: a server that answers 401 to one tool alone ends nothing, and is not tried at every call', async () => {
    const { keeper, tried, told } = judged(() => 'works');
    await keeper.keep(KEY, inUse());
    await keeper.accessToken(KEY, 'a1');
    for (let call = 0; call < 10; call += 1)
      expect(await keeper.accessToken(KEY, 'a2')).toMatchObject({ accessToken: 'a2' });
    expect(tried).toEqual(['a2']);
    expect(told).toEqual([]);
    expect(rig.endpoint.refreshes).toHaveLength(1);
  });

  it('it is tried twice: a server may hear of a new token a moment late', async () => {
    const { keeper, tried, pauses } = judged((_token, nth) => (nth === 1 ? 'refused' : 'works'));
    await keeper.keep(KEY, inUse());
    await keeper.accessToken(KEY, 'a1');
    expect(await keeper.accessToken(KEY, 'a2')).toMatchObject({ accessToken: 'a2' });
    expect(tried).toEqual(['a2', 'a2']);
    expect(pauses).toEqual([2000]);
  });

  it('it is over when the server refuses it each time', async () => {
    const { keeper, tried, told } = judged(() => 'refused');
    await keeper.keep(KEY, inUse());
    await keeper.accessToken(KEY, 'a1');
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => keeper.accessToken(KEY, 'a2')));
    expect(outcomes).toEqual(Array.from({ length: 20 }, () => refused()));
    expect(tried).toEqual(['a2', 'a2']);
    expect(told).toHaveLength(1);
  });

  it('nothing ends while the server cannot be asked', async () => {
    let away = true;
    const { keeper, told } = judged(() => (away ? 'unreachable' : 'refused'));
    await keeper.keep(KEY, inUse());
    await keeper.accessToken(KEY, 'a1');
    expect(await keeper.accessToken(KEY, 'a2')).toEqual({ kind: 'try-later', retryAtMs: START + 1000 });
    expect(await rig.credentials.get(KEY)).not.toHaveProperty('refused');
    expect(told).toEqual([]);
    rig.nowMs += 1000;
    away = false;
    expect(await keeper.accessToken(KEY, 'a2')).toEqual(refused(START + 1000));
  });
});

describe('who is to know that a credential has ended', () => {
  it('is told once, with the provider’s code, after the mark is in the store', async () => {
    const marks: unknown[] = [];
    const { keeper } = judged();
    const telling = rig.keeperOver(rig.store, rig.credentials, {
      onRefused: (key, refusal) =>
        void marks.push({ key, refusal, stored: rig.credentials.get(key).then((held) => held?.refused) }),
    });
    rig.endpoint.next((response) => json(response, 400, { error: 'invalid_grant' }));
    await keeper.keep(KEY, rig.credential());
    await Promise.all(Array.from({ length: 20 }, () => telling.accessToken(KEY)));
    await telling.accessToken(KEY);
    const refusal = { sinceMs: START, code: 'invalid_grant' };
    expect(marks).toEqual([{ key: KEY, refusal, stored: expect.any(Promise) }]);
    expect(await (marks[0] as { stored: unknown }).stored).toEqual(refusal);
  });

  it('is written down before the mark: a kill after it loses no notice', async () => {
    const before: unknown[] = [];
    const telling = rig.keeperOver(rig.store, rig.credentials, {
      onRefusing: async (key, refusal) => {
        // As late as a write may be.
        await sleep(20);
        before.push([key, refusal, (await rig.credentials.get(key))?.refused]);
      },
    });
    rig.endpoint.next((response) => json(response, 400, { error: 'invalid_grant' }));
    await telling.keep(KEY, rig.credential());
    expect(await telling.accessToken(KEY)).toEqual(refused());
    expect(before).toEqual([[KEY, { sinceMs: START, code: 'invalid_grant' }, undefined]]);
  });

  it.each(['nothing', 'discovery'])(
    'begins anew with another client: the refused one is forgotten before anybody is told, and where the store fails (%s)',
    async (fails) => {
      const registrations = rig.store.records('registrations');
      const client = { kind: 'dynamic', clientId: 'c1' } as const;
      await registrations.set('linear/x', { client });
      await rig.store.records('discovery').set('linear', {});
      const left: Promise<readonly string[]>[] = [];
      const store = failingStore(rig.store, (operation, name) => operation === 'delete' && name === fails);
      const telling = rig.keeperOver(store, rig.credentials, {
        // A mark is as late as a write may be, and this process may be killed while it is written.
        onRefusing: async () => void left.push(registrations.keys()),
        onRefused: () => void left.push(registrations.keys()),
      });
      rig.endpoint.next((response) => json(response, 401, { error: 'invalid_client' }));
      await telling.keep(KEY, rig.credential({ client }));
      expect(await telling.accessToken(KEY)).toEqual(refused());
      expect(await Promise.all(left)).toEqual([[], []]);
      const discovered = await rig.store.records('discovery').keys();
      expect(discovered).toEqual(fails === 'discovery' ? ['linear'] : []);
    },
  );

  it('hurts nobody by failing', async () => {
    rig.endpoint.next((response) => json(response, 400, { error: 'invalid_grant' }));
    const unlucky = rig.keeperOver(rig.store, rig.credentials, {
      onRefused: () => {
        throw new Error('no notice');
      },
    });
    await unlucky.keep(KEY, rig.credential());
    expect(await unlucky.accessToken(KEY)).toEqual(refused());
    expect(await rig.keeper.accessToken(KEY)).toEqual(refused());
  });
});
