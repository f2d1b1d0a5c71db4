import { describe, expect, it } from 'vitest';
import { lockOf } from '../../src/auth/keeper/kept-tokens.js';
import { json } from '../helpers/http-peer.js';
import { HOUR, KEY, START, token, useKeeperRig } from './keeper-rig.js';

const rig = useKeeperRig();
const refreshes = () => rig.endpoint.refreshes.length;
const until = (count: number) => expect.poll(refreshes).toBe(count);

/** Signed in an hour ago, with so much left. */
const leaving = (leftMs: number) => rig.credential({ issuedAtMs: START - HOUR, expiresAtMs: START + leftMs });

/** What is on its way gets its turn: nothing more comes of it. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('a refresh that is due while the token lives', () => {
  it('begins 120 seconds before its end, and nobody waits for it', async () => {
    await rig.keeper.keep(KEY, leaving(121_000));
    expect(await rig.keeper.accessToken(KEY)).toEqual(token('a1', START + 121_000));
    await quiet();
    expect(refreshes()).toBe(0);
    rig.nowMs += 1000;
    let answer = () => {};
    rig.endpoint.next((response) => {
      answer = () =>
        json(response, 200, {
          access_token: 'a2',
          token_type: 'Bearer',
          refresh_token: 'r2',
          expires_in: 3600,
        });
    });
    const served = await Promise.all(Array.from({ length: 50 }, () => rig.keeper.accessToken(KEY)));
    expect(new Set(served.map((outcome) => outcome.kind === 'token' && outcome.accessToken))).toEqual(
      new Set(['a1']),
    );
    await until(1);
    expect(await rig.keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a1' });
    answer();
    await expect.poll(() => rig.keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a2' });
    expect(refreshes()).toBe(1);
  });

  it('is waited for in the last seconds, in which the token may be over before the server sees it', async () => {
    await rig.keeper.keep(KEY, leaving(10_000));
    expect(await rig.keeper.accessToken(KEY)).toEqual(token('a2', START + HOUR));
  });

  it('begins up to a quarter earlier, by chance, in other processes', async () => {
    await rig.keeper.keep(KEY, leaving(149_000));
    const early = rig.keeperOver(rig.store, rig.credentials, { random: () => 1 });
    await rig.keeper.accessToken(KEY);
    await quiet();
    expect(refreshes()).toBe(0);
    expect(await early.accessToken(KEY)).toMatchObject({ accessToken: 'a1' });
    await until(1);
    await early.close();
  });

  it('delays nobody while others hold its lock', async () => {
    await rig.keeper.keep(KEY, leaving(100_000));
    let release = () => {};
    const held = rig.store.lock(
      lockOf(KEY),
      () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    );
    expect(await rig.keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a1' });
    expect(await rig.keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a1' });
    expect(refreshes()).toBe(0);
    release();
    await held;
    await until(1);
  });

  it('that fails leaves the living token in use, and is tried again with pauses', async () => {
    await rig.keeper.keep(KEY, leaving(100_000));
    for (let n = 0; n < 2; n += 1) rig.endpoint.next((response) => json(response, 503, {}));
    for (let n = 0; n < 30; n += 1)
      expect(await rig.keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a1' });
    await until(1);
    await expect.poll(async () => (await rig.keeper.accessToken(KEY, 'a1')).kind).toBe('try-later');
    rig.nowMs += 1000;
    expect(await rig.keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a1' });
    await until(2);
  });

  it('is never due at every call, however short the life', async () => {
    rig.endpoint.expiresIn = 30;
    await rig.keeper.keep(KEY, rig.credential());
    for (let second = 0; second < 22; second += 1) {
      await rig.keeper.accessToken(KEY);
      rig.nowMs += 1000;
    }
    await quiet();
    expect(refreshes()).toBe(1);
    rig.nowMs += 1000;
    expect(await rig.keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a2' });
    await until(2);
  });
});

describe('a credential in use', () => {
  it('is refreshed before anybody asks; once more after its last use, and then not until somebody asks', async () => {
    await rig.keeper.keep(KEY, leaving(600_000));
    rig.keeper.sweep();
    await rig.keeper.accessToken(KEY);
    rig.nowMs += 479_000;
    rig.keeper.sweep();
    await quiet();
    expect(refreshes()).toBe(0);
    rig.nowMs += 1000;
    rig.keeper.sweep();
    rig.keeper.sweep();
    await until(1);
    await expect.poll(() => rig.credentials.get(KEY)).toMatchObject({ accessToken: 'a2' });
    for (let hour = 0; hour < 3; hour += 1) {
      rig.nowMs += HOUR;
      rig.keeper.sweep();
      await quiet();
    }
    expect(refreshes()).toBe(1);
    expect(await rig.keeper.accessToken(KEY)).toMatchObject({ accessToken: 'a3' });
    // The call itself got what is new: it is in use again.
    await rig.keeper.accessToken(KEY);
    rig.nowMs += HOUR - 60_000;
    rig.keeper.sweep();
    await until(3);
  });

  it('is refreshed once by all who have it in use', async () => {
    await rig.keeper.keep(KEY, leaving(600_000));
    const others = [1, 2, 3].map(() => rig.keeperOver(rig.store));
    const all = [rig.keeper, ...others];
    await Promise.all(all.map((keeper) => keeper.accessToken(KEY)));
    rig.nowMs += 500_000;
    for (const keeper of all) keeper.sweep();
    await expect.poll(() => rig.credentials.get(KEY)).toMatchObject({ accessToken: 'a2' });
    await Promise.all(others.map((keeper) => keeper.close()));
    await rig.keeper.close();
    expect(refreshes()).toBe(1);
  });

  it('is not refreshed where there is nothing to refresh it with, or no end is known', async () => {
    const { refreshToken: _none, ...bare } = leaving(600_000);
    await rig.keeper.keep(KEY, bare);
    await rig.keeper.accessToken(KEY);
    const endless = { subject: 'telegram:2', server: 'linear' };
    const { expiresAtMs: _open, ...open } = leaving(1);
    await rig.keeper.keep(endless, open);
    await rig.keeper.accessToken(endless);
    rig.nowMs += HOUR;
    rig.keeper.sweep();
    await quiet();
    expect(refreshes()).toBe(0);
  });

  it('does not wait for a provider that hangs with others: eight a server, the rest when there is room', async () => {
    const people = Array.from({ length: 20 }, (_, n) => ({ subject: `telegram:${n}`, server: 'linear' }));
    for (const person of people) {
      await rig.keeper.keep(person, leaving(600_000));
      await rig.keeper.accessToken(person);
    }
    const hanging: (() => void)[] = [];
    for (const _ of people) rig.endpoint.next((response) => void hanging.push(() => response.destroy()));
    rig.nowMs += 500_000;
    rig.keeper.sweep();
    await until(8);
    rig.keeper.sweep();
    await quiet();
    expect(refreshes()).toBe(8);
    for (const end of hanging.splice(0)) end();
    await expect
      .poll(() => {
        rig.keeper.sweep();
        return refreshes();
      })
      .toBeGreaterThan(8);
    await expect
      .poll(() => {
        for (const end of hanging.splice(0)) end();
        rig.keeper.sweep();
        return refreshes();
      })
      .toBe(20);
    await expect
      .poll(() => {
        for (const end of hanging.splice(0)) end();
        return hanging.length;
      })
      .toBe(0);
  });
});

describe('closing', () => {
  it('lets a refresh that was sent end and be written, and sends no other', async () => {
    await rig.keeper.keep(KEY, rig.credential());
    const other = { subject: 'telegram:2', server: 'linear' };
    await rig.keeper.keep(other, rig.credential());
    rig.endpoint.delayMs = 100;
    const arrived = rig.endpoint.arrival();
    const asked = rig.keeper.accessToken(KEY);
    await arrived;
    await rig.keeper.close();
    expect(await rig.credentials.get(KEY)).toMatchObject({ accessToken: 'a2', refreshToken: 'r2' });
    expect(await asked).toMatchObject({ accessToken: 'a2' });
    expect(await rig.keeper.accessToken(other)).toMatchObject({ kind: 'try-later' });
    rig.nowMs += HOUR;
    rig.keeper.sweep();
    await quiet();
    expect(refreshes()).toBe(1);
  });
});
