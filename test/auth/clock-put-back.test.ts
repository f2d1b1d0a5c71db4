import { describe, expect, it } from 'vitest';
import { createBackoff } from '../../src/auth/keeper/backoff.js';
import { replacedOne } from '../../src/auth/keeper/doubted-tokens.js';
import { json } from '../helpers/http-peer.js';
import { HOUR, KEY, START, useKeeperRig } from './keeper-rig.js';

const rig = useKeeperRig();
const DAY = 24 * HOUR;
const LONGEST_WAIT_MS = 300_000;

/** As NTP does with a clock that was two hours ahead. */
const putBack = () => {
  rig.nowMs -= 2 * HOUR;
};

describe('a clock that is put back', () => {
  it('lets nobody wait for a provider longer than the wait itself was', async () => {
    await rig.keeper.keep(KEY, rig.credential({ expiresAtMs: START - DAY }));
    rig.endpoint.next((response) => json(response, 503, {}));
    expect(await rig.keeper.accessToken(KEY)).toMatchObject({ kind: 'try-later' });
    putBack();
    expect(await rig.keeper.accessToken(KEY)).toMatchObject({ kind: 'token', accessToken: 'a2' });
  });

  it.each([0, 20_000, DAY])('also where the provider asked for %d ms', (retryAfterMs) => {
    const backoff = createBackoff(() => rig.nowMs);
    const waitMs = backoff.failed('a', retryAfterMs) - rig.nowMs;
    expect(waitMs).toBeLessThanOrEqual(LONGEST_WAIT_MS);
    rig.nowMs += waitMs - 1;
    expect(backoff.waitUntilMs('a')).toBe(rig.nowMs + 1);
    putBack();
    expect(backoff.waitUntilMs('a')).toBeUndefined();
  });

  it('ends no good grant: a token of the time before is renewed when it is refused, and not tried', async () => {
    const tried: string[] = [];
    const tryToken = async (_key: unknown, accessToken: string) => {
      tried.push(accessToken);
      return { kind: 'refused' } as const;
    };
    const keeper = rig.keeperOver(rig.store, rig.credentials, { tryToken, pause: async () => {} });
    await keeper.keep(KEY, rig.credential());
    expect(await keeper.accessToken(KEY, 'a1')).toMatchObject({ accessToken: 'a2' });
    putBack();
    expect(await keeper.accessToken(KEY, 'a2')).toMatchObject({ accessToken: 'a3' });
    expect(tried).toEqual([]);
  });

  it('makes no token of tomorrow a fresh one', () => {
    const tomorrow = rig.credential({ issuedAtMs: START + DAY, replacesRefused: true });
    expect(replacedOne(tomorrow, START + DAY)).toBe(true);
    expect(replacedOne(tomorrow, START)).toBe(false);
    // By another gateway, whose clock is a little ahead.
    expect(replacedOne(tomorrow, START + DAY - 10_000)).toBe(true);
  });

  it('makes nothing good of what worked tomorrow: what is refused now is tried now', async () => {
    let tries = 0;
    const tryToken = async () => {
      tries += 1;
      return { kind: 'works' } as const;
    };
    const keeper = rig.keeperOver(rig.store, rig.credentials, { tryToken, pause: async () => {} });
    const { refreshToken: _none, ...bare } = rig.credential({ expiresAtMs: START + DAY });
    await keeper.keep(KEY, bare);
    for (let call = 0; call < 3; call += 1) await keeper.accessToken(KEY, 'a1');
    expect(tries).toBe(1);
    putBack();
    expect(await keeper.accessToken(KEY, 'a1')).toMatchObject({ kind: 'token' });
    expect(tries).toBe(2);
  });
});
