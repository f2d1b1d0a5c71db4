import { describe, expect, it } from 'vitest';
import { useSignInPeers } from '../helpers/sign-in-peers.js';

const peers = useSignInPeers({ iss: false });

describe('a provider that does not send its issuer back', () => {
  it('is accepted without one, as its metadata promised none, and refused with a foreign one', async () => {
    const rig = await peers.rig();
    const { callback, browser } = await peers.goThrough(rig);
    expect(callback).not.toHaveProperty('iss');
    const foreign = { ...callback, iss: 'https://evil.example' };
    expect(await rig.signIns.finish(foreign, browser)).toEqual({ kind: 'bad-request' });
    expect(peers.provider.counts.token).toBe(0);
    expect(await rig.signIns.finish(callback, browser)).toMatchObject({
      state: { result: { kind: 'connected' } },
    });
  });
});
