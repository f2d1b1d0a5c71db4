import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/storage/open.js';
import { type Store, StoreError } from '../../src/storage/types.js';
import { type Failing, failingStore } from '../helpers/failing-store.js';
import { useSignInPeers } from '../helpers/sign-in-peers.js';

const ANA = { subject: 'terminal:ana', server: 'files' };
const FAILED = {
  kind: 'ended',
  state: { result: { kind: 'failed', failure: { code: 'store-unavailable' } } },
};
const CONNECTED = { kind: 'ended', state: { result: { kind: 'connected' } } };
const peers = useSignInPeers();

async function rigOnFailingStore() {
  let fails: Failing = () => false;
  const opened = await openStore({ kind: 'memory' });
  const store = failingStore(opened.store, (...asked) => fails(...asked));
  const rig = await peers.rig({ shared: { ...opened, store } });
  return {
    rig,
    failWhen: (next: Failing) => {
      fails = next;
    },
  };
}

describe('a store that fails', () => {
  it('is a failure of beginning, not an exception', async () => {
    const { rig, failWhen } = await rigOnFailingStore();
    failWhen(() => true);
    expect(await rig.signIns.begin(rig.request('files'))).toMatchObject({
      kind: 'failed',
      failure: { code: 'store-unavailable' },
    });
  });

  it('before anything is taken leaves the sign-in as it was: the same callback works later', async () => {
    const { rig, failWhen } = await rigOnFailingStore();
    const { callback, browser } = await peers.goThrough(rig);
    for (const operation of ['get', 'lock'] as const) {
      failWhen((asked) => asked === operation);
      await expect(rig.signIns.finish(callback, browser)).rejects.toMatchObject({ name: 'StoreError' });
    }
    failWhen(() => false);
    expect(peers.provider.counts.token).toBe(0);
    expect(await rig.signIns.finish(callback, browser)).toMatchObject({
      state: { result: { kind: 'connected' } },
    });
  });

  it('when the new credential is to be kept fails the sign-in, and the old one stays', async () => {
    const { rig, failWhen } = await rigOnFailingStore();
    const first = await peers.goThrough(rig);
    await rig.signIns.finish(first.callback, first.browser);
    const old = await rig.credentials.get(ANA);
    const { link, callback, browser } = await peers.goThrough(rig);
    failWhen((operation, name) => operation === 'set' && name === 'credentials');
    expect(await rig.signIns.finish(callback, browser)).toMatchObject(FAILED);
    expect(await rig.credentials.get(ANA)).toEqual(old);
    expect(await rig.signIns.look(link.id)).toMatchObject(FAILED.state);
  });

  it('when the outcome is to be written denies nothing that was kept, and the sweeper tells it', async () => {
    const { rig, failWhen } = await rigOnFailingStore();
    const { link, callback, browser } = await peers.goThrough(rig);
    failWhen((operation, name) => operation === 'set' && name === 'ended');
    expect(await rig.signIns.finish(callback, browser)).toMatchObject(CONNECTED);
    const kept = await rig.credentials.get(ANA);
    expect(kept).toMatchObject({ kind: 'oauth', signIn: link.id });
    failWhen(() => false);
    rig.advance(60_001);
    await rig.signIns.sweep();
    expect(await rig.signIns.look(link.id)).toMatchObject({
      kind: 'ended',
      result: { kind: 'connected', interrupted: true },
    });
    await expect.poll(() => rig.told).toHaveLength(1);
    expect(await rig.credentials.get(ANA)).toEqual(kept);
    expect(await rig.signIns.lastFailure(ANA.subject, ANA.server)).toBeUndefined();
  });

  it('though it has written the credential makes no failure of it', async () => {
    const opened = await openStore({ kind: 'memory' });
    let isLate = true;
    const records: Store['records'] = <T>(name: string) => {
      const these = opened.store.records<T>(name);
      const set: typeof these.set = async (...asked) => {
        await these.set(...asked);
        if (name === 'credentials' && isLate) throw new StoreError('store_unavailable', 'no answer in time');
      };
      return { ...these, set };
    };
    const rig = await peers.rig({ shared: { ...opened, store: { ...opened.store, records } } });
    const { callback, browser } = await peers.goThrough(rig);
    expect(await rig.signIns.finish(callback, browser)).toMatchObject(CONNECTED);
    isLate = false;
    expect(await rig.keeper.accessToken(ANA)).toMatchObject({ kind: 'token' });
    expect(await rig.signIns.lastFailure(ANA.subject, ANA.server)).toBeUndefined();
  });

  it('has why a sign-in failed before it has that it failed: who reads the one may ask for the other', async () => {
    const { rig, failWhen } = await rigOnFailingStore();
    const { callback, browser } = await peers.goThrough(rig);
    const written: string[] = [];
    failWhen((operation, name) => {
      if (operation === 'set' && ['failures', 'ended'].includes(name)) written.push(name);
      return false;
    });
    const { code: _, ...answer } = callback;
    await rig.signIns.finish({ ...answer, error: 'access_denied' }, browser);
    expect(written).toEqual(['failures', 'ended']);
  });

  it('when leftovers are to be cleared changes no outcome', async () => {
    const { rig, failWhen } = await rigOnFailingStore();
    const { callback, browser } = await peers.goThrough(rig);
    failWhen((operation) => operation === 'delete');
    expect(await rig.signIns.finish(callback, browser)).toMatchObject({
      state: { result: { kind: 'connected' } },
    });
    failWhen(() => false);
    await rig.signIns.sweep();
    expect(await rig.store.records('finishing').keys()).toEqual([]);
    expect(await rig.store.records('open').keys()).toEqual([]);
  });
});
