import { describe, expect, it } from 'vitest';
import type { Verify } from '../../src/auth/types.js';
import { consent } from '../helpers/consent.js';
import { useSignInPeers } from '../helpers/sign-in-peers.js';
import { callbackOf, linkOf, pressButton, type Rig, verifyByConnecting } from '../helpers/sign-in-rig.js';

const ANA = 'terminal:ana';
const CREDENTIAL = { subject: ANA, server: 'files' };
const TOKEN_LIFE_MS = 30_000;
const peers = useSignInPeers({ accessTokenTtlSeconds: TOKEN_LIFE_MS / 1000 });

/** Another browser came back: its tokens wait for the code. */
async function digitsShown(rig: Rig): Promise<string> {
  const link = linkOf(await rig.signIns.begin(rig.request('files', ANA)));
  const { location } = await pressButton(rig.signIns, link);
  const outcome = await rig.signIns.finish(
    callbackOf(await consent(location, { login: 'ana' })),
    'another browser',
  );
  if (outcome.kind !== 'code') throw new Error(`no code: ${JSON.stringify(outcome)}`);
  return outcome.digits;
}

function watched() {
  const tried: string[] = [];
  const verify: Verify = (server, subject, access) => {
    if (access.kind === 'token') tried.push(access.accessToken);
    return verifyByConnecting(server, subject, access);
  };
  return { tried, verify };
}

describe('a code that is given when the access token has expired', () => {
  it('connects: the tokens are refreshed before the server is asked', async () => {
    const { tried, verify } = watched();
    const rig = await peers.rig({ verify });
    const digits = await digitsShown(rig);
    rig.advance(TOKEN_LIFE_MS + 10_000);
    expect(await rig.signIns.confirm(ANA, digits)).toMatchObject({
      kind: 'ended',
      state: { result: { kind: 'connected', tools: 13 } },
    });
    expect(peers.provider.counts.token).toBe(2);
    expect(await rig.keeper.accessToken(CREDENTIAL)).toMatchObject({
      kind: 'token',
      accessToken: tried[0],
    });
    expect(tried).toHaveLength(1);
  });

  it('keeps the sign-in, unchecked, where the provider cannot be reached for the refresh', async () => {
    const { tried, verify } = watched();
    const rig = await peers.rig({ verify });
    const digits = await digitsShown(rig);
    rig.advance(TOKEN_LIFE_MS + 10_000);
    await peers.provider.close();
    const outcome = await rig.signIns.confirm(ANA, digits);
    expect(outcome).toMatchObject({ kind: 'ended', state: { result: { kind: 'connected' } } });
    expect(outcome).not.toHaveProperty('state.result.tools');
    expect(tried).toEqual([]);
  });
});

it('a code that is given in time costs no refresh', async () => {
  const rig = await peers.rig();
  const digits = await digitsShown(rig);
  expect(await rig.signIns.confirm(ANA, digits)).toMatchObject({
    state: { result: { kind: 'connected' } },
  });
  expect(peers.provider.counts.token).toBe(1);
});
