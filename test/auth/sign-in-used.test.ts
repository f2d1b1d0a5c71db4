import { expect, it } from 'vitest';
import { openStore } from '../../src/storage/open.js';
import { failingStore } from '../helpers/failing-store.js';
import { useSignInPeers } from '../helpers/sign-in-peers.js';

const peers = useSignInPeers();

it('a callback that is loaded again after its sign-in has ended takes no lock and writes nothing', async () => {
  const reading = new Set(['get', 'keys']);
  let onlyReading = false;
  const opened = await openStore({ kind: 'memory' });
  const store = failingStore(opened.store, (operation) => onlyReading && !reading.has(operation));
  const rig = await peers.rig({ shared: { ...opened, store } });
  const { callback, browser } = await peers.goThrough(rig);
  await rig.signIns.finish(callback, browser);
  onlyReading = true;
  expect(await rig.signIns.finish(callback, browser)).toMatchObject({
    kind: 'used',
    state: { kind: 'ended', result: { kind: 'connected' } },
  });
});
