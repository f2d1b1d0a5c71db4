import { describe, expect, it } from 'vitest';
import type { ReturnOutcome } from '../../src/auth/sign-in/types.js';
import type { Verify } from '../../src/auth/types.js';
import { consent } from '../helpers/consent.js';
import { useSignInPeers } from '../helpers/sign-in-peers.js';
import { callbackOf, linkOf, pressButton, type Rig, verifyByConnecting } from '../helpers/sign-in-rig.js';

const MALLORY = 'terminal:mallory';
const HERS = { subject: MALLORY, server: 'files' };
const peers = useSignInPeers();

function digitsOf(outcome: ReturnOutcome): string {
  if (outcome.kind !== 'code') throw new Error(`no code: ${JSON.stringify(outcome)}`);
  return outcome.digits;
}

const wrongOf = (digits: string): string => String((Number(digits) + 1) % 1_000_000).padStart(6, '0');

/** Mallory starts, presses the button herself, and sends Vic the authorization URL; Vic consents. */
async function phished(rig: Rig) {
  const link = linkOf(await rig.signIns.begin(rig.request('files', MALLORY)));
  const { location } = await pressButton(rig.signIns, link);
  const callback = callbackOf(await consent(location, { login: 'vic' }));
  return { link, callback };
}

async function quarantined(rig: Rig) {
  const { link, callback } = await phished(rig);
  return { link, callback, digits: digitsOf(await rig.signIns.finish(callback, undefined)) };
}

/** Counts what looks at the server with a new credential. */
function counted() {
  const counts = { verified: 0 };
  const verify: Verify = (...asked) => {
    counts.verified += 1;
    return verifyByConnecting(...asked);
  };
  return { counts, verify };
}

describe('a callback from a browser that never pressed the button', () => {
  it('gets six digits, and what it brought is used by nothing, not even to verify it', async () => {
    const { counts, verify } = counted();
    const rig = await peers.rig({ verify });
    const { link, digits } = await quarantined(rig);
    expect(digits).toMatch(/^\d{6}$/);
    expect(peers.provider.counts.token).toBe(1);
    expect(counts.verified).toBe(0);
    expect(peers.files.callers).toEqual([]);
    expect(await rig.keeper.accessToken(HERS)).toEqual({ kind: 'needs-sign-in', reason: 'never' });
    expect(await rig.signIns.look(link.id)).toMatchObject({ kind: 'waiting-for-code', triesLeft: 5 });
    expect(JSON.stringify(await rig.signIns.look(link.id))).not.toContain(digits);
    await expect.poll(() => rig.told).toMatchObject([{ kind: 'waiting-for-code' }]);
  });

  it.each([
    ['a made-up cookie', async () => 'made-up'],
    ['an empty cookie', async () => ''],
    [
      'the cookie of another sign-in',
      async (rig: Rig) => {
        const other = linkOf(await rig.signIns.begin(rig.request('files', 'terminal:vic')));
        return (await pressButton(rig.signIns, other)).browser;
      },
    ],
  ])('is quarantined with %s too', async (_what, cookie) => {
    const rig = await peers.rig();
    const { callback } = await phished(rig);
    expect(await rig.signIns.finish(callback, await cookie(rig))).toMatchObject({ kind: 'code' });
  });

  it('is quarantined with the right cookie where the code is asked for always', async () => {
    const rig = await peers.rig();
    const request = rig.request('files', MALLORY, { confirmAlways: true });
    const link = linkOf(await rig.signIns.begin(request));
    const { location, browser } = await pressButton(rig.signIns, link);
    const callback = callbackOf(await consent(location));
    expect(await rig.signIns.finish(callback, browser)).toMatchObject({ kind: 'code' });
  });

  it('shows the digits once: the callback again is used', async () => {
    const rig = await peers.rig();
    const { callback, digits } = await quarantined(rig);
    const again = await rig.signIns.finish(callback, undefined);
    expect(again).toMatchObject({ kind: 'used', state: { kind: 'waiting-for-code' } });
    expect(JSON.stringify(again)).not.toContain(digits);
  });

  it('needs no digits from any browser that pressed the button, be it the second', async () => {
    const rig = await peers.rig();
    const link = linkOf(await rig.signIns.begin(rig.request('files')));
    const first = await pressButton(rig.signIns, link);
    await pressButton(rig.signIns, link);
    const callback = callbackOf(await consent(first.location));
    expect(await rig.signIns.finish(callback, first.browser)).toMatchObject({
      state: { result: { kind: 'connected' } },
    });
  });
});

describe('giving the digits', () => {
  it('connects, spaces or not, by who started it', async () => {
    const rig = await peers.rig();
    const { digits } = await quarantined(rig);
    const typed = `${digits.slice(0, 3)} ${digits.slice(3)}`;
    expect(await rig.signIns.confirm(MALLORY, typed)).toMatchObject({
      kind: 'ended',
      state: { result: { kind: 'connected', tools: 13 } },
    });
    expect(await rig.keeper.accessToken(HERS)).toMatchObject({ kind: 'token' });
    expect(await rig.signIns.confirm(MALLORY, digits)).toEqual({ kind: 'nothing-waiting' });
  });

  it('brings nothing to who lost access since: the tokens are dropped', async () => {
    let may = true;
    const { counts, verify } = counted();
    const rig = await peers.rig({
      verify,
      mayHold: (startedBy, { name }) => may && startedBy === MALLORY && name === 'files',
    });
    const { digits } = await quarantined(rig);
    may = false;
    expect(await rig.signIns.confirm(MALLORY, digits)).toMatchObject({
      kind: 'ended',
      state: { result: { kind: 'cancelled' } },
    });
    expect(counts.verified).toBe(0);
    expect(await rig.credentials.list()).toEqual([]);
  });

  it('is for who started it: from anyone else there is nothing waiting', async () => {
    const rig = await peers.rig();
    const { link, digits } = await quarantined(rig);
    expect(await rig.signIns.confirm('terminal:vic', digits)).toEqual({ kind: 'nothing-waiting' });
    expect(await rig.signIns.look(link.id)).toMatchObject({ kind: 'waiting-for-code', triesLeft: 5 });
  });

  it('five wrong ones drop the tokens without revoking them, and the right one comes too late', async () => {
    const rig = await peers.rig();
    const { link, digits } = await quarantined(rig);
    const wrong = wrongOf(digits);
    for (const triesLeft of [4, 3, 2, 1]) {
      expect(await rig.signIns.confirm(MALLORY, wrong)).toEqual({ kind: 'wrong', triesLeft });
    }
    expect(await rig.signIns.confirm(MALLORY, wrong)).toMatchObject({
      kind: 'ended',
      state: { result: { kind: 'wrong-code' } },
    });
    expect(await rig.signIns.confirm(MALLORY, digits)).toEqual({ kind: 'nothing-waiting' });
    expect(await rig.signIns.look(link.id)).toMatchObject({ result: { kind: 'wrong-code' } });
    expect(await rig.store.records('waiting').keys()).toEqual([]);
    expect(await rig.credentials.list()).toEqual([]);
    expect(peers.provider.counts.revocation).toBe(0);
  });

  it('a hundred guesses at the same moment are five', async () => {
    const rig = await peers.rig();
    const { digits } = await quarantined(rig);
    const guesses = Array.from({ length: 100 }, (_, index) =>
      String((Number(digits) + 50 + index) % 1_000_000).padStart(6, '0'),
    );
    const outcomes = await Promise.all(
      [...guesses, digits].map((guess) => rig.signIns.confirm(MALLORY, guess)),
    );
    expect(outcomes.filter((outcome) => outcome.kind === 'wrong')).toHaveLength(4);
    expect(outcomes.filter((outcome) => outcome.kind === 'ended')).toHaveLength(1);
    expect(await rig.credentials.list()).toEqual([]);
  });

  it('at the same moment from two places connects once', async () => {
    const { counts, verify } = counted();
    const rig = await peers.rig({ verify });
    const { digits } = await quarantined(rig);
    const outcomes = await Promise.all([1, 2, 3].map(() => rig.signIns.confirm(MALLORY, digits)));
    expect(outcomes.filter((outcome) => outcome.kind === 'ended')).toHaveLength(1);
    expect(counts.verified).toBe(1);
    await expect.poll(() => rig.told.filter((state) => state.kind === 'ended')).toHaveLength(1);
  });

  it('after the expiry is too late, and says so', async () => {
    const rig = await peers.rig();
    const { digits } = await quarantined(rig);
    rig.advance(600_001);
    expect(await rig.signIns.confirm(MALLORY, digits)).toMatchObject({
      kind: 'ended',
      state: { result: { kind: 'expired' } },
    });
    expect(await rig.credentials.list()).toEqual([]);
  });

  it('after a cancel there is nothing waiting, and the tokens are gone', async () => {
    const rig = await peers.rig();
    const { digits } = await quarantined(rig);
    expect(await rig.signIns.cancel(MALLORY)).toMatchObject([{ result: { kind: 'cancelled' } }]);
    expect(await rig.signIns.confirm(MALLORY, digits)).toEqual({ kind: 'nothing-waiting' });
    expect(await rig.store.records('waiting').keys()).toEqual([]);
  });

  it('works after a restart', async () => {
    const before = await peers.rig();
    const { digits } = await quarantined(before);
    const after = await peers.rig({ shared: before });
    expect(await after.signIns.confirm(MALLORY, digits)).toMatchObject({
      kind: 'ended',
      state: { result: { kind: 'connected' } },
    });
  });

  it('a wrong one counts against each of the sign-ins that wait, a right one against none', async () => {
    const rig = await peers.rig();
    const mine = rig.request('files', MALLORY, { subject: 'shared' });
    const { location } = await pressButton(rig.signIns, linkOf(await rig.signIns.begin(mine)));
    const shared = digitsOf(await rig.signIns.finish(callbackOf(await consent(location)), undefined));
    const own = await quarantined(rig);
    expect(await rig.signIns.confirm(MALLORY, shared === '000000' ? '000001' : '000000')).toEqual({
      kind: 'wrong',
      triesLeft: 4,
    });
    await rig.signIns.confirm(MALLORY, shared);
    expect(await rig.signIns.look(own.link.id)).toMatchObject({ kind: 'waiting-for-code', triesLeft: 4 });
  });
});

describe('the digits once more', () => {
  async function shown(rig: Rig) {
    const { link, callback } = await phished(rig);
    const outcome = await rig.signIns.finish(callback, undefined);
    if (outcome.kind !== 'code') throw new Error(`no code: ${JSON.stringify(outcome)}`);
    return { link, ...outcome };
  }

  it('are for the browser that was shown them, in any process that shares the store', async () => {
    const rig = await peers.rig();
    const { link, digits, browser } = await shown(rig);
    expect(await rig.signIns.codeAgain(link.id, browser)).toBe(digits);
    const other = await peers.rig({ shared: rig });
    expect(await other.signIns.codeAgain(link.id, browser)).toBe(digits);
  });

  it('are not for the browser that pressed the button, for that of another sign-in, or without a cookie', async () => {
    const rig = await peers.rig();
    const link = linkOf(await rig.signIns.begin(rig.request('files', MALLORY)));
    const { location, browser: pressed } = await pressButton(rig.signIns, link);
    await rig.signIns.finish(callbackOf(await consent(location, { login: 'vic' })), undefined);
    const { browser: elsewhere } = await shown(await peers.rig({ shared: rig }));
    const others = [pressed, elsewhere, undefined, '', rig.signIns.keyFormBrowser(link.id)];
    for (const browser of others) expect(await rig.signIns.codeAgain(link.id, browser)).toBeUndefined();
  });

  it.each([
    ['confirmed', (rig: Rig, digits: string) => rig.signIns.confirm(MALLORY, digits)],
    ['cancelled', (rig: Rig) => rig.signIns.cancel(MALLORY)],
    ['expired', async (rig: Rig) => rig.advance(600_001)],
  ])('are gone once it is %s', async (_how, end) => {
    const rig = await peers.rig();
    const { link, digits, browser } = await shown(rig);
    await end(rig, digits);
    expect(await rig.signIns.codeAgain(link.id, browser)).toBeUndefined();
  });
});
