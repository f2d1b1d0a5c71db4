import { describe, expect, it } from 'vitest';
import { createCredentials } from '../../src/auth/credentials/credentials.js';
import type { Store } from '../../src/storage/types.js';
import { failingStore } from '../helpers/failing-store.js';
import { json } from '../helpers/http-peer.js';
import { HOUR, KEY, START, token, useKeeperRig } from './keeper-rig.js';

const rig = useKeeperRig();

/** A keeper whose store fails at what the test says, from when it says so. */
function overFailing(fails: (operation: string, name: string) => boolean) {
  let failing = false;
  const store = failingStore(rig.store, (operation, name) => failing && fails(operation, name));
  return {
    keeper: rig.keeperOver(store, createCredentials(store)),
    fail: (now: boolean) => {
      failing = now;
    },
  };
}

describe('answers that the store cannot take', () => {
  it('serve, also where a full disk has no room for a lock, and are written by the next sweep that can', async () => {
    let isFull = false;
    const { keeper, fail } = overFailing(
      (operation, name) =>
        (operation === 'set' && name === 'credentials') || (isFull && operation === 'lock'),
    );
    await keeper.keep(KEY, rig.credential());
    fail(true);
    for (let n = 0; n < 3; n += 1) {
      expect(await keeper.accessToken(KEY)).toEqual(token('a2', START + HOUR));
      isFull = true;
    }
    keeper.sweep();
    expect(await rig.credentials.get(KEY)).toMatchObject({ accessToken: 'a1' });
    fail(false);
    keeper.sweep();
    await expect
      .poll(() => rig.credentials.get(KEY))
      .toMatchObject({ accessToken: 'a2', refreshToken: 'r2' });
    expect(await keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a2' });
    expect(rig.endpoint.refreshes).toHaveLength(1);
  });

  it('are written when the keeper closes, if the store can then', async () => {
    const { keeper, fail } = overFailing((operation, name) => operation === 'set' && name === 'credentials');
    await keeper.keep(KEY, rig.credential());
    fail(true);
    await keeper.accessToken(KEY);
    fail(false);
    await keeper.close();
    expect(await rig.credentials.get(KEY)).toMatchObject({ accessToken: 'a2', refreshToken: 'r2' });
  });

  it('serve too where the lock was lost with the store, and are written once it is back', async () => {
    const lease = new AbortController();
    let away = false;
    const failing = failingStore(rig.store, (_, name) => away && name === 'credentials');
    const store: Store = {
      ...failing,
      lock: (_, work) => work(lease.signal.aborted ? new AbortController().signal : lease.signal),
    };
    const keeper = rig.keeperOver(store, createCredentials(store));
    await keeper.keep(KEY, rig.credential());
    rig.endpoint.next((response) => {
      away = true;
      lease.abort();
      json(response, 200, { access_token: 'late', token_type: 'bearer', refresh_token: 'r2' });
    });
    expect(await keeper.accessToken(KEY)).toEqual(token('late'));
    away = false;
    keeper.sweep();
    await expect
      .poll(() => rig.credentials.get(KEY))
      .toMatchObject({ accessToken: 'late', refreshToken: 'r2' });
  });

  it('are not lost where the next refresh cannot be written either', async () => {
    const { keeper, fail } = overFailing((operation, name) => operation === 'set' && name === 'credentials');
    await keeper.keep(KEY, rig.credential());
    fail(true);
    expect(await keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a2' });
    rig.nowMs += 2 * HOUR;
    for (let n = 0; n < 3; n += 1) expect(await keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a3' });
    fail(false);
    keeper.sweep();
    await expect
      .poll(() => rig.credentials.get(KEY))
      .toMatchObject({ accessToken: 'a3', refreshToken: 'r3' });
    expect(rig.endpoint.refreshes).toHaveLength(2);
  });

  it('give way to a sign-in of meanwhile', async () => {
    const { keeper, fail } = overFailing((operation, name) => operation === 'set' && name === 'credentials');
    await keeper.keep(KEY, rig.credential());
    fail(true);
    await keeper.accessToken(KEY);
    await rig.keeper.keep(
      KEY,
      rig.credential({ accessToken: 'b1', refreshToken: 's1', expiresAtMs: START + HOUR }),
    );
    fail(false);
    expect(await keeper.accessToken(KEY)).toMatchObject({ accessToken: 'b1' });
    await keeper.close();
    expect(await rig.credentials.get(KEY)).toMatchObject({ accessToken: 'b1', refreshToken: 's1' });
  });

  it('are what a sign-out revokes', async () => {
    const { keeper, fail } = overFailing((operation, name) => operation === 'set' && name === 'credentials');
    await keeper.keep(KEY, rig.credential());
    fail(true);
    await keeper.accessToken(KEY);
    expect(await keeper.signOut(KEY)).toEqual({ kind: 'revoked' });
    expect(rig.endpoint.revocations[0]?.get('token')).toBe('r2');
    expect(await keeper.accessToken(KEY)).toEqual({ kind: 'needs-sign-in', reason: 'never' });
  });
});

describe('a store that is away', () => {
  it('leaves living tokens in use, also those that are due; what it cannot tell is an error', async () => {
    const { keeper, fail } = overFailing(() => true);
    await keeper.keep(KEY, rig.credential({ issuedAtMs: START - HOUR, expiresAtMs: START + 300_000 }));
    await keeper.accessToken(KEY);
    fail(true);
    expect(await keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a1' });
    rig.nowMs += 200_000;
    expect(await keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a1' });
    rig.nowMs += 95_000;
    expect(await keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a1' });
    await expect(keeper.accessToken({ ...KEY, subject: 'telegram:2' })).rejects.toMatchObject({
      code: 'store_unavailable',
    });
    rig.nowMs += 35_000;
    await expect(keeper.accessToken(KEY)).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(rig.endpoint.refreshes).toEqual([]);
    fail(false);
    rig.nowMs += 30_000;
    expect(await keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a2' });
    expect(rig.endpoint.refreshes).toHaveLength(1);
  });

  it('comes back with what others wrote meanwhile, and nothing older is written over it', async () => {
    const { keeper, fail } = overFailing(() => true);
    await keeper.keep(KEY, rig.credential({ expiresAtMs: START + HOUR }));
    await keeper.accessToken(KEY);
    fail(true);
    expect(await rig.keeper.accessToken(KEY, 'a1')).toMatchObject({ accessToken: 'a2' });
    expect(await keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a1' });
    fail(false);
    expect(await keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a2' });
    expect(rig.endpoint.refreshes).toHaveLength(1);
  });

  it('cannot mark a refusal: the living token serves, and the provider is asked again with pauses', async () => {
    const { keeper, fail } = overFailing((operation, name) => operation === 'set' && name === 'credentials');
    for (let n = 0; n < 9; n += 1)
      rig.endpoint.next((response) => json(response, 400, { error: 'invalid_grant' }));
    await keeper.keep(KEY, rig.credential({ issuedAtMs: START - HOUR, expiresAtMs: START + 60_000 }));
    fail(true);
    for (let n = 0; n < 5; n += 1) {
      expect(await keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a1' });
      // Comes to an end together with the refresh in the background.
      await keeper.accessToken(KEY, 'a1');
    }
    expect(rig.endpoint.refreshes).toHaveLength(1);
    rig.nowMs += 1000;
    await keeper.accessToken(KEY, 'a1').catch(() => {});
    expect(rig.endpoint.refreshes).toHaveLength(2);
    fail(false);
    rig.nowMs += 2000;
    expect(await keeper.accessToken(KEY, 'a1')).toMatchObject({ kind: 'needs-sign-in', reason: 'refused' });
  });
});
