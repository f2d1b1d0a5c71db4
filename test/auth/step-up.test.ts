import { describe, expect, it } from 'vitest';
import type { OAuthCredential, VerifyOutcome } from '../../src/auth/types.js';
import { consent } from '../helpers/consent.js';
import { useSignInPeers } from '../helpers/sign-in-peers.js';
import { callbackOf, linkOf, pressButton, type Rig } from '../helpers/sign-in-rig.js';

const KEY = { subject: 'terminal:ana', server: 'files' };
const peers = useSignInPeers();

/** A whole sign-in: which scope it asked for, and how it ended. */
async function signIn(rig: Rig): Promise<{ scopes: readonly string[]; result: unknown }> {
  const link = linkOf(await rig.signIns.begin(rig.request('files')));
  const { location, browser } = await pressButton(rig.signIns, link);
  const scopes = (new URL(location).searchParams.get('scope') ?? '').split(' ');
  const returned = await rig.signIns.finish(callbackOf(await consent(location)), browser);
  const result = returned.kind === 'ended' ? returned.state.result : returned;
  return { scopes, result };
}

/** A server that answers each new credential as told. */
function answering(...outcomes: readonly VerifyOutcome[]) {
  const left = [...outcomes];
  return async (): Promise<VerifyOutcome> => left.shift() ?? { kind: 'works', tools: 1, proven: true };
}

const wants = (...scopes: readonly string[]): VerifyOutcome => ({ kind: 'needs-scope', scopes });

describe('a server that asks for more access (403 insufficient_scope)', () => {
  it('after a sign-in: the credential is kept, and the next sign-in asks for all of it together (SEP-2350)', async () => {
    const rig = await peers.rig({ verify: answering(wants('openid')) });
    const first = await signIn(rig);
    expect(first.scopes).toContain('tools');
    expect(first.scopes).not.toContain('openid');
    expect(first.result).toEqual({ kind: 'connected', wants: { scopes: ['openid'], exhausted: false } });
    expect(await rig.keeper.accessToken(KEY)).toMatchObject({ kind: 'token' });
    const second = await signIn(rig);
    expect(second.scopes).toEqual(expect.arrayContaining(['tools', 'openid']));
    expect(second.result).toMatchObject({ kind: 'connected', tools: 1 });
  });

  it('works with a provider that limits a client to what it registered with: it is registered anew', async () => {
    const rig = await peers.rig({ verify: answering(wants('openid')) });
    await signIn(rig);
    const { registration } = peers.provider.counts;
    expect((await signIn(rig)).result).toMatchObject({ kind: 'connected', tools: 1 });
    expect(peers.provider.counts.registration).toBe(registration + 1);
    await signIn(rig);
    expect(peers.provider.counts.registration).toBe(registration + 1);
  });

  it('is asked for again with each later sign-in', async () => {
    const rig = await peers.rig();
    await signIn(rig);
    await rig.challenges.insufficientScope(KEY, ['openid']);
    await signIn(rig);
    await rig.keeper.signOut(KEY);
    expect((await signIn(rig)).scopes).toContain('openid');
  });

  it('is asked for beside all that was asked for before, also what the provider did not give', async () => {
    const rig = await peers.rig();
    const credential = {
      kind: 'oauth',
      accessToken: 'a',
      issuedAtMs: 1,
      issuer: 'https://p.example',
    } as const;
    const client = { kind: 'dynamic', clientId: 'c' } as const;
    const narrow = { ...credential, client, tokenEndpoint: 'https://p.example/token', scope: 'read' };
    await rig.keeper.keep(KEY, { ...narrow, requestedScope: 'read write' });
    await rig.challenges.insufficientScope(KEY, ['admin']);
    expect((await rig.challenges.wanted(KEY))?.split(' ').toSorted()).toEqual(['admin', 'read', 'write']);
  });

  it('and goes on asking for what was given is told so twice, and then not offered a sign-in any more', async () => {
    const rig = await peers.rig({ verify: answering(wants('tools'), wants('tools'), wants('tools')) });
    const exhausted = async () => (await signIn(rig)).result;
    expect(await exhausted()).toMatchObject({ wants: { scopes: ['tools'], exhausted: false } });
    expect(await exhausted()).toMatchObject({ wants: { exhausted: true } });
  });

  it('is counted by sign-ins, not by how often somebody looks, nor by refreshes', async () => {
    const rig = await peers.rig({ verify: answering(wants('tools')) });
    await signIn(rig);
    const token = await rig.keeper.accessToken(KEY);
    for (let looks = 0; looks < 10; looks += 1)
      expect(await rig.challenges.insufficientScope(KEY, ['tools'])).toMatchObject({ exhausted: false });
    await rig.keeper.accessToken(KEY, token.kind === 'token' ? token.accessToken : '');
    expect(await rig.challenges.insufficientScope(KEY, ['tools'])).toMatchObject({ exhausted: false });
  });

  it('and asks for something else each time is given up after six sign-ins; a day later it may ask again', async () => {
    const rig = await peers.rig();
    const credential = (at: number): OAuthCredential => ({
      kind: 'oauth',
      accessToken: 'a',
      issuedAtMs: at,
      grantedAtMs: at,
      client: { kind: 'dynamic', clientId: 'c' },
      issuer: 'https://p.example',
      tokenEndpoint: 'https://p.example/token',
    });
    const ask = (at: number) => rig.challenges.insufficientScope(KEY, [`s${at}`], credential(at));
    for (let at = 1; at < 6; at += 1) expect(await ask(at)).toMatchObject({ exhausted: false });
    expect(await ask(6)).toMatchObject({ exhausted: true });
    rig.advance(25 * 3_600_000);
    expect(await ask(7)).toMatchObject({ exhausted: false });
  });

  it('for a scope that the provider does not have: the next sign-in goes without it', async () => {
    const rig = await peers.rig();
    await rig.challenges.insufficientScope(KEY, ['no-such-scope']);
    const begun = linkOf(await rig.signIns.begin(rig.request('files')));
    const { location, browser } = await pressButton(rig.signIns, begun);
    const url = new URL(location);
    expect(url.searchParams.get('scope')).toContain('no-such-scope');
    const refused = {
      state: url.searchParams.get('state') ?? '',
      error: 'invalid_scope',
      iss: peers.provider.issuer,
    };
    expect(await rig.signIns.finish(refused, browser)).toMatchObject({
      state: { result: { kind: 'failed', failure: { error: 'invalid_scope', rfc: 'RFC 6749 §4.1.2.1' } } },
    });
    expect((await signIn(rig)).scopes).not.toContain('no-such-scope');
  });
});
